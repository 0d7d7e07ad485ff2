"""The names in certificates, beside a library that reads them whole."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from app.enrichment.http.certificates import Certificate, read_certificate
from tests.fakes.authority import Authority

END = "-----END CERTIFICATE-----"


def der_of(path: Path) -> bytes:
    pem = path.read_text().partition(END)
    return ssl.PEM_cert_to_DER_cert(pem[0] + END)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("CN=Zscaler Root,O=Zscaler Inc.", "Zscaler Root, Zscaler Inc."),
        ("CN=DigiCert Global G2,O=DigiCert", "DigiCert Global G2"),
        ("O=Nur Organisation", "Nur Organisation"),
        ("CN=Prüfstelle für Öle", "Prüfstelle für Öle"),
        ("CN=evil\u202etxt.exe", "evil‹U+202E›txt.exe"),
        ("C=DE", ""),
        ("", ""),
    ],
)
def test_the_issuer_has_the_name_that_people_know(name: str, shown: str, tmp_path: Path) -> None:
    authority = Authority("file", tmp_path, subject=name)
    assert read_certificate(der_of(authority.file)) == Certificate(shown, shown)


def test_issuer_and_subject_are_two(tmp_path: Path) -> None:
    authority = Authority("Root", tmp_path)
    authority.issue(names=(x509.DNSName("a.example"),))
    (leaf,) = tmp_path.glob("[0-9]*.pem")
    assert read_certificate(der_of(leaf)) == Certificate("Root", "a.example")


# Some of the oldest authorities have numbers that the standard does not allow any more.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_every_certificate_of_the_usual_authorities_is_read() -> None:
    """As the reference library reads them."""
    pems = Path(DEFAULT_CA_BUNDLE_PATH).read_text(encoding="utf-8").split(END)
    found = 0
    for pem in pems[:-1]:
        whole = pem[pem.index("-----BEGIN") :] + END
        issuer = x509.load_pem_x509_certificate(whole.encode()).issuer
        names = issuer.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)
        shown = read_certificate(ssl.PEM_cert_to_DER_cert(whole)).issuer
        assert shown
        if names:
            assert shown.startswith(str(names[0].value)[:100].strip())
        found += 1
    assert found > 50


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        read_certificate(data)


def test_a_certificate_that_ends_anywhere_is_refused(tmp_path: Path) -> None:
    der = der_of(Authority("Root", tmp_path).file)
    for end in range(len(der)):
        with pytest.raises(ValueError, match=r"."):
            read_certificate(der[:end])
