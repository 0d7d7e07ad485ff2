from __future__ import annotations

import pytest

from app.pipeline import extract
from tests.pipeline.found import found

SSDEEP = "1536:Wv3fK9cD5nYPYcPdZcGfQgYJYd:Wv3C9cDZYwcVZ0"
JA4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"
TLSH = "A1B2C3D4E5" * 7
EXTENSION = "cjpalhdlnbpafiamejdnhcphjbkeiagm"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"ssdeep: {SSDEEP}", [f"ssdeep {SSDEEP}"]),
        (f"SSDEEP\n{SSDEEP}", [f"ssdeep {SSDEEP}"]),
        (f'"ssdeep":"{SSDEEP}"', [f"ssdeep {SSDEEP}"]),
        ('ssdeep\n3:AAAA+b/c:BBBB,"x.exe"', ["ssdeep 3:AAAA+b/c:BBBB"]),
        (SSDEEP, []),
        ("ssdeep at 12:30:455 and 1500:aaaa:bbbb", []),
        ("ssdeep 3:ab:cd", []),
        (f"ssdeep x{SSDEEP}", []),
        (f"TLSH: {TLSH}", [f"tlsh T1{TLSH}"]),
        (f"T1{TLSH.lower()}", [f"tlsh T1{TLSH}"]),
        (f"tlsh={TLSH}", [f"tlsh T1{TLSH}"]),
        (TLSH, []),
        (f"T2{TLSH}", []),
        (f"ja4={JA4}", [f"ja4 {JA4}"]),
        (f'{{"JA4": "{JA4}"}}', [f"ja4 {JA4}"]),
        (JA4, []),
        (f"ja4 {JA4}0", []),
        (f"ja4 x{JA4}", []),
        (f"chrome-extension://{EXTENSION}/popup.html", [f"chrome_extension {EXTENSION}"]),
        (f"Extensions\\{EXTENSION}\\1.0", [f"chrome_extension {EXTENSION}"]),
        (EXTENSION[:-1] + "q", []),
        (EXTENSION.upper(), []),
        ("aaaaaaaaklmnaaaa" * 2, []),
    ],
)
def test_digest_fingerprint_or_extension_is_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use pkg:pypi/django@1.11.1.", ["purl pkg:pypi/django@1.11.1"]),
        ("(pkg:npm/%40angular/animation@12.3.1)", ["purl pkg:npm/%40angular/animation@12.3.1"]),
        (
            "pkg:golang/github.com/foo/bar@v1.2.3, next",
            ["purl pkg:golang/github.com/foo/bar@v1.2.3"],
        ),
        (
            "PURL pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie",
            ["purl pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie"],
        ),
        ("pkg:PyPI/Django", ["purl pkg:pypi/Django"]),
        ("pkg:config/x", []),
        ("pkg: npm/left-pad", []),
        ("mypkg:npm/left-pad", []),
        ("GHSA-jfh8-c2jp-5v3q", ["ghsa GHSA-jfh8-c2jp-5v3q"]),
        ("GHSA-JFH8-C2JP-5V3Q.", ["ghsa GHSA-jfh8-c2jp-5v3q"]),
        ("GHSA-jfh8-c2jp-5v3", []),
        ("GHSA-jfh8-c2jp-5v3qq", []),
        ("GHSA-aaaa-bbbb-cccc", []),
        ("XGHSA-jfh8-c2jp-5v3q", []),
        ("KB5034441, KB890830", ["kb KB5034441", "kb KB890830"]),
        ("10KB 1234567KB KB12345 KB12345678 KB5034441x KB5034441.5", []),
        ("TA0001 (TA0043)", ["attack TA0001", "attack TA0043"]),
        ("TA505 TA0999 TA00011 DATA0001", []),
        (
            "MITRE ATT&CK: S0154, G0016, M1036, C0024",
            ["attack S0154", "attack G0016", "attack M1036", "attack C0024"],
        ),
        ("S0154 G0016 M1036", []),
        ("MITRE S9999 S01545 XS0154 S0154.1 G2016 X0154", []),
        (
            "https://attack.mitre.org/software/S0154",
            ["url https://attack.mitre.org/software/S0154", "attack S0154"],
        ),
    ],
)
def test_package_advisory_or_attack_id_is_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 00:1A:2B:3C:4D:5E.", ["mac 00:1a:2b:3c:4d:5e"]),
        ("MAC:00:1A:2B:3C:4D:5E,", ["mac 00:1a:2b:3c:4d:5e"]),
        ("MAC 00-1A-2B-3C-4D-5E", ["mac 00:1a:2b:3c:4d:5e"]),
        ("Physical Address: 00-1A-2B-3C-4D-5E", ["mac 00:1a:2b:3c:4d:5e"]),
        ('"mac":"00-1a-2b-3c-4d-5e"', ["mac 00:1a:2b:3c:4d:5e"]),
        ("MAC 20-11-28-07-57-26", ["mac 20:11:28:07:57:26"]),
        ("at 20-11-28-07-57-26", []),
        ("x00-1A-2B-3C-4D-5E 00-1A-2B-3C-4D-5E-6F aa-00-1A-2B-3C-4D-5E", []),
        ("MAC address: 001a.2b3c.4d5e", ["mac 00:1a:2b:3c:4d:5e"]),
        ("00-1A-2B-3C-4D-5E", ["mac 00:1a:2b:3c:4d:5e"]),
        ("00:1A:2B:3C:4D", []),
        ("00:1A:2B:3C:4D:5E:6F", []),
        ("serial 00:1a:2b:3c:4d:5e:11:22:33:44", []),
        ("0:1a:2b:3c:4d:5e", []),
        ("MAC 00-1A-2B-3C-4D-5E-6F", []),
    ],
)
def test_hardware_address_is_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
NT = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rf"sets HKCU\{RUN} to x", rf"HKEY_CURRENT_USER\{RUN}"),
        (rf"under HKEY_CURRENT_USER\{RUN}.", rf"HKEY_CURRENT_USER\{RUN}"),
        (rf"reg add HKLM\{NT}\Winlogon /v Shell", rf"HKEY_LOCAL_MACHINE\{NT}\Winlogon"),
        (rf"Set-Item HKLM:\{NT}\x -Value 1", rf"HKEY_LOCAL_MACHINE\{NT}\x"),
        (
            r'"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\x"',
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\x",
        ),
        (
            rf"'HKLM\{NT}\Image File Execution Options'",
            rf"HKEY_LOCAL_MACHINE\{NT}\Image File Execution Options",
        ),
        (
            r"HKCR\CLSID\{0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f}\Server",
            r"HKEY_CLASSES_ROOT\CLSID\{0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f}\Server",
        ),
        (r"HKU\S-1-5-21-1-2-3-1001\Environment", r"HKEY_USERS\S-1-5-21-1-2-3-1001\Environment"),
        (rf"the (HKCU\{RUN}) key", rf"HKEY_CURRENT_USER\{RUN}"),
        (r"HKCU\Software\Evil and C:\Users\x", r"HKEY_CURRENT_USER\Software\Evil"),
        (r"HKCU\Software\A and then B\C", r"HKEY_CURRENT_USER\Software\A"),
    ],
)
def test_registry_key_is_found(text: str, expected: str) -> None:
    assert found(text) == [f"registry_key {expected}"]


@pytest.mark.parametrize(
    "text",
    [r"the HKLM hive", "HKEY_LOCAL_MACHINE", r"XHKLM\Software", r"HKLX\Software", "HKLM\\ x"],
)
def test_hive_alone_is_no_registry_key(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [f"ssdeep {SSDEEP}", "KB5034441", r"HKCU\Software\Evil", "MAC 00-1A-2B-3C-4D-5E", "TA0001"],
)
def test_evidence_tells_the_place(text: str) -> None:
    (evidence,) = extract(f"a\n{text}").found
    pasted = f"a\n{text}"[evidence.offset : evidence.end]
    assert (evidence.line, evidence.ioc.raw_match) == (2, pasted)
    assert text.endswith(pasted)
    assert not evidence.defanged
