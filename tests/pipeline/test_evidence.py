from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from app.pipeline import IOC, Evidence, IOCType, extract, extract_iocs
from tests.pipeline.test_properties import PASTES


def only(text: str) -> Evidence:
    (evidence,) = extract(text).found
    return evidence


@pytest.mark.parametrize(
    ("text", "raw_match", "line", "defanged"),
    [
        ("see evil-shop.com", "evil-shop.com", 1, False),
        ("see evil-shop[.]com now", "evil-shop[.]com", 1, True),
        ("\n\n evil-shop [.] com", "evil-shop [.] com", 3, True),
        ("a\r\nb\r\nhxxp://evil-shop.com/x\r\n", "hxxp://evil-shop.com/x", 3, True),
        ("http://evil-shop.com/x", "http://evil-shop.com/x", 1, False),
        ("HTTP://evil-shop.com/x", "HTTP://evil-shop.com/x", 1, False),
        ("evil-shop.com/x?u=http://a", "evil-shop.com/x?u=http://a", 1, False),
        ("\U0001f600\U0001f600 10.9.8.7", "10.9.8.7", 1, False),
        ("\U0001f600[.] &amp; 10&#46;9.8.7", "10&#46;9.8.7", 1, True),
        ("\ufeff10.9.8.7", "10.9.8.7", 1, False),
        ("ivan at evil-shop dot com", "ivan at evil-shop dot com", 1, True),
        ("a\n\n\nb\ncve\u20112024\u20113400", "cve\u20112024\u20113400", 5, False),
        ("<x>\nb\u00fccher-shop.de", "b\u00fccher-shop.de", 2, False),
        ("2001[:]db8[:][:]7", "2001[:]db8[:][:]7", 1, True),
        ("http:\\/\\/evil-shop.com\\/x", "http:\\/\\/evil-shop.com\\/x", 1, True),
    ],
)
def test_evidence_gives_the_place_in_the_pasted_text(
    text: str, raw_match: str, line: int, defanged: bool
) -> None:
    evidence = only(text)
    assert evidence.ioc.raw_match == raw_match
    assert (evidence.offset, evidence.end) == (
        text.index(raw_match),
        text.index(raw_match) + len(raw_match),
    )
    assert evidence.line == line
    assert evidence.defanged is defanged


@pytest.mark.parametrize(
    ("pasted", "rule"),
    [
        ("10.9.8.7", "four numbers"),
        ("10.9.8.0/24", "address and prefix length"),
        ("2001:db8::7", "groups of hexadecimal digits between colons"),
        ("evil-shop.com", "host name with a known top-level domain"),
        ("http://evil-shop.com", "scheme and host"),
        ("evil-shop.com/x", "host with a path or query, no scheme"),
        ("ivan@evil-shop.com", "mailbox and host name around an at-sign"),
        ("0a" * 16, "32 hexadecimal digits"),
        ("0a" * 20, "40 hexadecimal digits"),
        ("0a" * 32, "64 hexadecimal digits"),
        ("0a" * 64, "128 hexadecimal digits"),
        ("CVE-2024-3400", "CVE, year and number"),
        ("AS13335", "AS and a number"),
        ("T1059.001", "T and the number of a technique"),
        ("attack.t1059", "attack. and the number of a technique"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "Bitcoin address with a correct checksum"),
    ],
)
def test_evidence_names_the_rule_in_words(pasted: str, rule: str) -> None:
    assert only(f"see {pasted} there").rule == rule


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("evil-shop.com evil-shop[.]com EVIL-shop.com.", [3]),
        ("(evil-shop.com) (evil-shop.com) (evil-shop.com)", [3]),
        ("10.9.8.7:1 10.9.8.7 10.9.8.7:2 10.9.8.7 10.9.8.7", [5]),
        ("10.9.8.0/24 10.9.8.0 10.9.8.0 10.9.8.0/24", [2, 2]),
        ("evil-shop.com/x evil-shop.com evil-shop.com/x evil-shop.com", [2, 2]),
        ("2001:db8::7 2001:db8:0::7 2001:db8::7", [3]),
        (f"{'0a' * 16} {'0A' * 16} {'0a' * 16} {'0a' * 16}", [4]),
        ("attack.T1059 T1059 T1059.001", [2, 1]),
        ("CVE-2024-3400 cve 2024 3400", [2]),
        ("9.9.9.1-9.9.9.2 9.9.9.1-9.9.9.2 9.9.9.1-9.9.9.2", [3, 3]),
        ("ivan@evil-shop.com ivan[@]evil-shop.com", [2]),
    ],
)
def test_every_occurrence_is_counted(text: str, counts: list[int]) -> None:
    assert [evidence.count for evidence in extract(text).found] == counts


@pytest.mark.parametrize(
    ("host", "is_mixed"),
    [
        ("b\u00fccher-shop.de", False),
        ("p\u0430ypal.com", True),
        ("xn--pypal-4ve.com", True),
        ("\u0430\u0440\u0440\u04cf\u0435.com", True),
        ("\u043f\u0440\u0438\u043c\u0435\u0440.com", False),
        ("\u4f8b\u3048-shop.com", False),
        ("xn--999999999.com", False),
        ("evil-shop.com", False),
    ],
)
def test_deceptive_hosts_are_marked(host: str, is_mixed: bool) -> None:
    assert only(f"see {host} there").mixed_scripts is is_mixed
    assert only(f"see https://{host}:80/x there").mixed_scripts is is_mixed
    assert only(f"see ivan@{host} there").mixed_scripts is is_mixed


@given(PASTES)
def test_evidence_has_the_same_iocs_at_the_offsets_that_it_gives(text: str) -> None:
    extraction = extract(text)
    iocs = extract_iocs(text)
    assert extraction.iocs == iocs
    assert [ioc.raw_match for ioc in extraction.iocs] == [ioc.raw_match for ioc in iocs]
    for evidence in extraction.found:
        assert text[evidence.offset : evidence.end] == evidence.ioc.raw_match
        assert evidence.line == text.count("\n", 0, evidence.offset) + 1
        assert evidence.count >= 1
    for miss in extraction.near_misses:
        assert text[miss.offset : miss.end][:200] == miss.text
        assert miss.line == text.count("\n", 0, miss.offset) + 1


@given(PASTES, PASTES, PASTES)
@settings(max_examples=50)
def test_counts_add_up_and_places_shift_over_blank_lines(
    before: str, text: str, after: str
) -> None:
    parts = [before, text, after]
    around = extract("\n\n".join(parts))
    counts: dict[str, int] = {}
    first: dict[str, tuple[int, int, int, str, bool]] = {}
    offset, line = 0, 0
    for part in parts:
        for each in extract(part).found:
            value = each.ioc.value
            counts[value] = counts.get(value, 0) + each.count
            place = each.offset + offset, each.end + offset, each.line + line
            first.setdefault(value, (*place, each.rule, each.defanged))
        offset += len(part) + 2
        line += part.count("\n") + 2
    # Once a name is known, it counts also where a path or a version stands before it.
    assert counts.keys() == {each.ioc.value for each in around.found}
    assert all(counts[each.ioc.value] <= each.count for each in around.found)
    assert {
        each.ioc.value: (each.offset, each.end, each.line, each.rule, each.defanged)
        for each in around.found
    } == first


def test_a_long_text_keeps_count_place_and_line() -> None:
    lines = [f"\U0001f600 10.0.{i % 7}.9 and host{i}-x[.]net" for i in range(9000)]
    text = "\r\n".join(lines)
    extraction = extract(text)
    by_value = {evidence.ioc.value: evidence for evidence in extraction.found}
    assert by_value["10.0.3.9"].count == 1286
    assert by_value["host8000-x.net"].line == 8001
    for evidence in extraction.found:
        assert text[evidence.offset : evidence.end] == evidence.ioc.raw_match


def test_each_near_miss_is_listed_once_and_their_number_is_bounded() -> None:
    extraction = extract("\n".join(f"10.0.{i}.{i // 300}.999" for i in [*range(300, 2300)] * 2))
    assert len(extraction.near_misses) == 1000
    assert extraction.near_misses_left_out == 1000


@pytest.mark.parametrize(
    "piece",
    ["http://", "http://a/ ", "setup.exe ", "1.2.3.4.5 ", "-aaaa", "a::", "Win32/A.B ", "T1000000 "]
    + ["10.9.8.7 ", "a.com/x ", "cve-1-1 ", "aa:" * 7 + "aa ", "x%3A%2F%2Fa.com "],
)
def test_time_of_the_evidence_grows_with_the_text(piece: str) -> None:
    def seconds(size: int) -> float:
        """Return the best time of four: a garbage collection may fall into any one of them."""
        times = []
        for _ in range(4):
            begin = time.process_time()
            extract((piece * size)[:size])
            times.append(time.process_time() - begin)
        return min(times)

    assert seconds(80_000) <= 24 * max(seconds(10_000), 0.002)


def test_the_same_iocs_are_found_with_and_without_evidence() -> None:
    text = "setup.exe and 8.8.4.4\u4f2b\ub323setup.exe"
    assert extract(text).iocs == extract_iocs(text) == [IOC(IOCType.IPV4, "8.8.4.4")]
