"""Finders of single words: hashes, wallets, CVEs, AS numbers, techniques of ATT&CK."""

from __future__ import annotations

import re
import string

from app.pipeline import classifier
from app.pipeline.finders.wrapped_hashes import may_have_label, wrapped_hash
from app.pipeline.hits import Hits
from app.pipeline.labels import Labels
from app.pipeline.long_runs import canonical, is_costly, is_ethereum_text
from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.refanged_text import RefangedText, byte_table

_RUN_TABLE = byte_table({"a": string.ascii_letters + string.digits}, spaceless=False)
# From the shortest Bitcoin address to the longest hash, a SHA-512.
_SHORTEST_RUN = b"a" * 26
_LONGEST_RUN = 128

_HASHES = classifier.HASH_BY_LENGTH
_HASH_RULES = {length: kind.value for length, kind in _HASHES.items()}
# Checksums that cost a millisecond are computed for so many runs in a block of the text.
_MAX_COSTLY = 100
_NEXT_IN_LIST = 5
_TLSH_LENGTH = 70
_TLSH_LABEL = re.compile(r"(?<![a-z])tlsh[^0-9a-z]{1,6}$", re.IGNORECASE)

# In the classes; a search for one character is the fastest.
_CVE_ANCHOR = re.compile(rb"v(?<=cv)(?=e)")
# Between the parts stands any hyphen or dash that a word processor makes of "-", or a space.
# CVE numbers have four digits or more since 2014; the pattern stops at seven.
_CVE = re.compile(
    r"cve[ ._:\u2010-\u2015\u2212-]{0,2}((?:19|20)[0-9]{2})"
    r"[ ._\u2010-\u2015\u2212-]([0-9]{4,7})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_ODD_CVE = re.compile(
    r"cve[ _:\u2010-\u2015\u2212-]{1,2}[0-9]{1,4}[ _\u2010-\u2015\u2212-][0-9]{1,12}(?!\w)",
    re.IGNORECASE,
)
_CODE_TABLE = byte_table(
    {
        "x": string.ascii_letters,
        **{"c": "cC", "v": "vV", "e": "eE"},
        **{"A": "AT", "S": "S"},
        "0": string.digits,
    },
    spaceless=False,
)
_GAP = ord(" ")
_WRAPS = frozenset("\r\n |<-\\")
_NUMBER_ANCHOR = re.compile(rb"A(?=S|A?0000)")
# A technique, or a tactic.
_TECHNIQUE = re.compile(r"T(?:[01][0-9]{3}(?:\.[0-9]{3})?|A0[01][0-9]{2})(?![0-9A-Za-z]|\.[0-9])")
_AS_NUMBER = re.compile(r"AS(?:(?:N[ :]|:) ?|N)?([0-9]{2,10})(?![0-9A-Za-z]|\.[0-9])")
_ODD_CODE = re.compile(r"(?:T[01][0-9]{3,7}(?:\.[0-9]{1,6}){0,2}|ASN?[0-9]{2,16})(?!\w|\.[0-9])")
# A number in JSON, from the quote behind its key on. The first two conditions are the quickest.
_JSON_NUMBER = re.compile(
    r"\"(?<=[mnrs]\")(?=[ :])"
    r"(?:(?<=[\"_]asn\")|(?<=\"as\")|(?<=\"as_num\")|(?<=\"as_number\")"
    r"|(?<=autonomous_system_number\"))"
    r" ?: ?(?:\{ ?\"number\" ?: ?)?\"?([1-9][0-9]{1,9})(?![\w.-])"
)
_PRODUCTS = frozenset({"400"})  # IBM's AS400
_TACTIC = "ATT&CK tactic"
_NUMBERS = {
    "T": (_TECHNIQUE, IOCType.ATTACK, "ATT&CK technique", Objection.NO_TECHNIQUE),
    "A": (_AS_NUMBER, IOCType.ASN, "AS number", Objection.NO_AS_NUMBER),
}
_MAX_AS_NUMBER = 2**32 - 1  # four octets (RFC 6793)


def find_long_runs(refanged: RefangedText, hits: Hits) -> None:
    """Find hashes and Bitcoin addresses: 26 to 128 letters and digits in a row."""
    text = refanged.text
    classes = refanged.classes(_RUN_TABLE)
    judge = _RunJudge(text, hits).judge
    end = 0
    anchor = classes.find(_SHORTEST_RUN)
    while anchor >= 0:
        start = classes.rfind(b" ", end, anchor) + 1
        end = classes.find(b" ", anchor)
        if end - start > _LONGEST_RUN or not judge(start, end):
            refanged.long_runs.append((start, end))
        anchor = classes.find(_SHORTEST_RUN, end)


class _RunJudge:
    """Adds the hits and misses of the long runs in one text, from left to right."""

    def __init__(self, text: str, hits: Hits) -> None:
        self._text = text
        self._hits = hits
        self._label = Labels(text).judge
        self._costly = 0
        self._wrapped_end = 0
        self._last_ethereum = -_NEXT_IN_LIST
        self._known: dict[str, IOCType | Objection] = {}

    def judge(self, start: int, end: int) -> bool:
        """Add the hit or miss of a run; return whether it is a hit."""
        if start < self._wrapped_end:
            return True  # a later part of a hash that is known
        text, kind = self._text, _HASHES.get(end - start)
        if text[end] in _WRAPS and may_have_label(text, start) and self._add_wrapped(start, end):
            return True
        run = text[start:end]
        if kind and classifier.is_hash(run):
            outcome = self._label(start, end)
            if outcome is None:
                self._hits.add_hit((start, end, kind, run.lower(), _HASH_RULES[end - start]))
                return True
        else:
            outcome = self._other(run, start, end)
        if isinstance(outcome, Objection):
            self._hits.add_miss(outcome, start, end, "hash or Bitcoin address")
            return False
        if outcome is IOCType.BTC:
            # Base58 addresses depend on capitals; bech32 ones do not (BIP 173).
            value, rule = run if run[0] in "13" else run.lower(), "Bitcoin address"
        elif outcome is IOCType.TLSH and end - start == _TLSH_LENGTH:
            value, rule = f"T1{run.upper()}", "tlsh"
        else:
            value, rule = canonical(outcome, run), outcome.value
        self._hits.add_hit((start, end, outcome, value, rule))
        return True

    def _other(self, run: str, start: int, end: int) -> IOCType | Objection:
        """Judge a run that is no hash of a usual length; each is classified once."""
        outcome = self._known.get(run)
        if outcome is None:
            outcome = self._known[run] = self._classify(run)
        if outcome is Objection.ETHEREUM_UNSURE and self._is_ethereum(start, end):
            return IOCType.ETH
        if len(run) == _TLSH_LENGTH and self._is_tlsh(start, outcome):
            return IOCType.TLSH
        return outcome

    def _add_wrapped(self, start: int, end: int) -> bool:
        wrapped = wrapped_hash(self._text, start, end)
        if wrapped is None:
            return False
        kind, digits, self._wrapped_end = wrapped
        self._hits.add_hit((start, self._wrapped_end, kind, digits, "parts of a hash"))
        return True

    def _classify(self, run: str) -> IOCType | Objection:
        if is_costly(run):
            if self._costly == _MAX_COSTLY:
                return Objection.NO_HASH_LENGTH
            self._costly += 1
        return classifier.classify_long_run(run)

    def _is_tlsh(self, start: int, outcome: IOCType | Objection) -> bool:
        is_refused = isinstance(outcome, Objection)
        return is_refused and _TLSH_LABEL.search(self._text, start - 16, start) is not None

    def _is_ethereum(self, start: int, end: int) -> bool:
        is_next = start - self._last_ethereum < _NEXT_IN_LIST
        if not is_next and not is_ethereum_text(self._text, start, end):
            return False
        self._last_ethereum = end
        return True


def find_codes(refanged: RefangedText, hits: Hits) -> None:
    """Find CVEs, ATT&CK techniques and tactics, and AS numbers."""
    text, classes = refanged.text, refanged.classes(_CODE_TABLE)
    for anchor in _CVE_ANCHOR.finditer(classes):
        start = anchor.start() - 1
        match = _CVE.match(text, start) if classes[start - 1] == _GAP else None
        if match:
            value = f"CVE-{match[1]}-{match[2]}"
            hits.add_hit((start, match.end(), IOCType.CVE, value, "CVE"))
        elif odd := _ODD_CVE.match(text, start):
            _miss_whole_word(hits, text, Objection.BAD_CVE, odd)
    _find_numbers(text, classes, hits)
    _find_json_numbers(text, hits)


def _find_json_numbers(text: str, hits: Hits) -> None:
    """Find AS numbers without their letters, in fields that hold nothing else."""
    for match in _JSON_NUMBER.finditer(text):
        number = match[1]
        if int(number) <= _MAX_AS_NUMBER:
            hits.add_hit((*match.span(1), IOCType.ASN, f"AS{number}", "AS number"))


def _find_numbers(text: str, classes: bytearray, hits: Hits) -> None:
    for anchor in _NUMBER_ANCHOR.finditer(classes):
        start = anchor.start()
        # "AML.T0043" is a technique of another matrix, MITRE ATLAS.
        if classes[start - 1] != _GAP or text.startswith("AML.", max(0, start - 4)):
            continue
        pattern, kind, rule, objection = _NUMBERS[text[start]]
        match = pattern.match(text, start)
        if match and (value := _code_value(match, kind)):
            hits.add_hit((*match.span(), kind, value, _TACTIC if value[1] == "A" else rule))
        elif odd := _ODD_CODE.match(text, start):
            _miss_whole_word(hits, text, objection, odd)


def _miss_whole_word(hits: Hits, text: str, reason: Objection, match: re.Match[str]) -> None:
    """Note a near miss, unless it is a part of a longer word."""
    if not text[match.start() - 1].isalnum():
        hits.add_miss(reason, *match.span(), "code")


def _code_value(match: re.Match[str], kind: IOCType) -> str | None:
    """Return the canonical technique or AS number; None if no such number exists."""
    if kind is IOCType.ATTACK:
        return match[0]
    number = match[1].lstrip("0")
    # One digit is too little to tell, with zeros before it as without.
    if len(number) < 2 or number in _PRODUCTS or int(number) > _MAX_AS_NUMBER:
        return None
    return f"AS{number}"
