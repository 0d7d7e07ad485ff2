"""The rules that hold for every text from which IOCs are extracted."""

from __future__ import annotations

from app.pipeline import extract, extract_iocs
from app.pipeline.defang import defang
from app.pipeline.joins import JOIN
from app.pipeline.models import IOC, OFF_BY_DEFAULT, IOCType
from app.pipeline.rules import RULES

# Whether one of these ends a URL depends on the text around it: on the row of a table, or on the
# command of a shell. A mailbox may have an equals sign in angle brackets only.
DELIMITERS = frozenset(",;&")


def is_read_anywhere(ioc: IOC) -> bool:
    """Return whether an IOC is read the same in any surroundings."""
    is_field = ioc.type is IOCType.EMAIL and "=" in ioc.value
    return DELIMITERS.isdisjoint(ioc.value) and not is_field


def check_invariants(text: str) -> None:
    """Raise AssertionError, or the error that the extractor should not have raised."""
    extraction = extract(text)
    iocs = extraction.iocs
    assert iocs == extract_iocs(text), "evidence changes what is found"
    assert len(set(iocs)) == len(iocs), "an IOC stands twice"
    for evidence in extraction.found:
        assert text[evidence.offset : evidence.end] == evidence.ioc.raw_match, "a wrong place"
        assert evidence.count >= 1
        assert evidence.line == text.count("\n", 0, evidence.offset) + 1, "a wrong line"
    for evidence in extract(text, OFF_BY_DEFAULT).found:
        assert text[evidence.offset : evidence.end] == evidence.ioc.raw_match, "a wrong place"
    for miss in extraction.near_misses:
        assert text[miss.offset : miss.end].startswith(miss.text[:-1]), "a near miss is elsewhere"
    # Marks such as "(at)" are not looked for in what was joined.
    joined = RULES[JOIN]
    exported = [e.ioc for e in extraction.found if is_read_anywhere(e.ioc) and e.rule != joined]
    text_again = "\n\n".join(defang(ioc) for ioc in exported)
    assert set(extract_iocs(text_again)) == set(exported), "a defanged export is read differently"
    surrounded = f"Some words.\n\n{text}\n\nMore words."
    assert extract_iocs(surrounded) == iocs, "blank lines around a text change it"
