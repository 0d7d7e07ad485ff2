"""What the label of a hash says it is: a fingerprint, an id, a commit, or no more than a hash.

The label stands before the hash (`imphash: …`, `"trace_id": "…"`) or behind it in brackets.
"""

from __future__ import annotations

import re

from app.pipeline.models import IOCType
from app.pipeline.objections import Objection
from app.pipeline.words import word_set

_WINDOW = 48
_GAP = " \t\r\n\"'`:=>|,;([{)]*\\_/-"
_LONGEST_GAP = 12
_FINGERPRINTS = {
    "imphash": IOCType.IMPHASH,
    "importhash": IOCType.IMPHASH,
    "ja3": IOCType.JA3,
    "ja3s": IOCType.JA3S,
    "authentihash": IOCType.AUTHENTIHASH,
    "authenticode": IOCType.AUTHENTIHASH,
}
_LENGTHS = {IOCType.AUTHENTIHASH: (32, 40, 64)}  # the others are MD5
# The algorithm may stand behind the name: "JA3 hash", "authentihash_sha256", {"ja3": {"hash":.
_FINGERPRINT = re.compile(
    r"(?<![a-z0-9])(imp(?:ort)?[ _-]?hash(?:es)?|ja3s?|authentihash(?:es)?|authenticode)"
    r"((?:[ _.(-]{1,2}|\"?[ ]?:[ ]?\{[ ]?\"?)"
    r"(?:hash|hashes|md5|sha1|sha256|digest|fingerprint|fingerprints|values?))?$"
)
_BEHIND = re.compile(r" ?[(\[] ?(imphash|ja3s?|authentihash)(?: hash)? ?[)\]]", re.IGNORECASE)
_JOINTS = re.compile("[ _-]")
_ALGORITHM = re.compile("md5|sha")

_OTHER_FINGERPRINTS = re.compile(
    r"(?<![a-z0-9])(?:hassh(?:[ _-]?server)?|vhash|pehash|symhash|permhash|impfuzzy|ja3n"
    r"|rich[ _-]?(?:pe[ _-]?)?(?:header[ _-]?)?(?:hash|md5)|rich[ _-]header)$"
)
_OTHER_ENDINGS = (
    *("hassh", "server", "vhash", "pehash", "symhash", "permhash", "impfuzzy", "ja3n"),
)
_NTLM_HASH = re.compile(r"(?<![a-z0-9])(?:ntlm|nt|lm)[ _-]?hash$|(?<![a-z0-9])ntlm$")
_INFO_HASH = re.compile(r"(?<![a-z0-9])(?:btih|(?:info|torrent)[ _-]?hash(?:es)?)$")
_COMMIT = re.compile(
    r"(?<![a-z0-9])(?:(?:git[ _-]?)?commits?|revision|rev|changeset|head is now at"
    r"|git (?:checkout|reset|show)|(?:git|commit|github|head|base|merge)[ _-]?(?:hash|id|sha1?))$"
)
# What the patterns above know before "hash".
_HASHED = (
    *("info", "torrent", "ntlm", "nt", "lm", "git", "commit", "github", "head", "base", "merge"),
)
# "uses: owner/name@<commit>"
_REPOSITORY = re.compile(r"(?<![\w.@/:-])[\w.-]{1,60}/[\w./-]{1,60}@$")
_COMMIT_PATH = re.compile("/(?:commit|blob|tree|raw)$")
_API_PATH = re.compile(r"/v[0-9](?:\.[0-9])?$")
_SECRET = re.compile(
    r"(?<![a-z0-9])(?:[a-z0-9]{0,16}(?:csrf|xsrf|token|nonce)|cookie|opaque|secret|sess(?:ion)?|tenant"
    r"|traces?|[aucsgtrdo]id|[ug]uid|udid|(?:api|session|access)[ _-]?key"
    r"|(?:x-amz-)?signature|serial(?:[ _-]?(?:number|no|nr))?|saddr|[a-z]{1,16}idstring"
    r"|docker|containerd|cri-o|boundary|cfduid)$"
)
# The last two characters of all these keys, and of `_ID`, rule most labels out, and those of the
# names of the fingerprints the most of the others.
_KEY_ENDINGS = word_set(
    "a1 al at br ce dr ds en er es et ev ey ha id ie ih it lm ng no nr nt on ow ra rd re rf rs sh"
    " ry ss ts ue ut -o"
)
_ENDINGS = _KEY_ENDINGS | word_set("56 3n 3s a3 d5 de er st zy")
_ID = re.compile(r"([A-Za-z]+)([ _.-]?|\"?[ ]?:[ ]?\{[ ]?\"?)([Ii][Dd])[Ss]?$")
# Nouns whose id may be written in one word, or as a key in the object of that name.
_ID_NOUNS = tuple(
    word_set(
        """
    account activity agent app application boot client cluster conn connection container context
    correlation customer device endpoint event flow host install installation instance invocation
    job license machine message msg node operation order organization org parent process product
    profile project req request resource run sensor sess session span subscription task tenant
    thread ticket trace tracking transaction user visitor
    """
    )
)
# At many services the id of a file is its hash; and "sample with id …" names no noun.
_FILE_NOUNS = (
    *("artifact", "attachment", "binary", "file", "hash", "indicator", "ioc", "malware", "md5"),
    *("object", "observable", "payload", "sample", "sha", "threat", "vt"),
)
_NO_NOUNS = word_set("a an and are by has in is its of or s the their this under unique whose with")
_REQUEST = re.compile(
    r"\breq(?:uest)?[ _-]?(?:id)?[ :=-]{1,2}[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$"
)
# A line of a dump of the passwords of Windows: name, number, LM hash, NT hash.
_PASSWORD_DUMP = re.compile(r":[0-9]{1,10}:(?:[0-9a-f]{32}:)?$", re.IGNORECASE)
_PARENT_AND_FLAGS = re.compile("-[0-9a-f]{16}-[0-9a-f]{2}(?![0-9A-Za-z])")

_NEXT_IN_LIST = re.compile(r"[\"'`]?(?:,| and|, and|;| or)[ \t]?[\"'`]?")
_NEXT_LINE = re.compile(r"[ \t]*,?\r?\n[ \t*-]{0,6}")
_NEXT_WORD = re.compile(" ")

Verdict = IOCType | Objection


class Labels:
    """Judges the hashes of a text by their labels; must be called from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last_end = -_WINDOW
        self._last: Verdict | None = None
        self._last_length = 0
        self._next = _NEXT_IN_LIST
        self._keys: dict[tuple[str, int], Verdict | None] = {}

    def judge(self, start: int, end: int) -> Verdict | None:
        """Return the type or the objection that the label gives; None without such a label."""
        gap = start - self._last_end
        self._last_end = end
        if self._last is None:
            if gap < 3:  # the next of a list without a label
                return None
        elif (
            gap <= _LONGEST_GAP
            and end - start == self._last_length
            # "imphash: a, b and c", or one a line under a line that is the label
            and self._next.fullmatch(self._text, start - gap, start)
        ):
            return self._last
        self._last_length = end - start
        self._last = self._labelled(start, end)
        return self._last

    def _labelled(self, start: int, end: int) -> Verdict | None:
        text, length = self._text, end - start
        self._next = _NEXT_IN_LIST
        if text[end] == ":" == text[start - 1] and _PASSWORD_DUMP.search(text, start - 48, start):
            return Objection.NTLM_HASH
        is_commit = length == 40 and text[start - 1] == "@"
        if is_commit and _REPOSITORY.search(text, max(0, start - 100), start):
            return Objection.COMMIT
        if text[end] in " ([" and (behind := _BEHIND.match(text, end)):
            return _fingerprint(behind[1].lower(), length)
        before = text[max(0, start - _WINDOW) : start]
        head = before.rstrip(_GAP)
        if head.endswith(" is"):  # "Imphash is …"
            head = head[:-3].rstrip(_GAP)
        gap = before[len(head) :]
        if head[-2:].lower() not in _ENDINGS and not _may_join_id(head, gap):
            return None
        if not head or len(gap) > _LONGEST_GAP:
            return None
        if "\n" not in gap:
            return self._in_line(head, gap, start, end)
        head = head[head.rfind("\n") + 1 :].lstrip(_GAP)
        # A line of several words above a hash is prose, or the head of a table.
        if head.count(" ") > 2 or "\t" in head or "|" in head or "," in head:
            return None
        self._next = _NEXT_LINE
        return _fingerprint_of(head.lower(), length, is_own_line=True) or _objection(head, length)

    def _in_line(self, head: str, gap: str, start: int, end: int) -> Verdict | None:
        text, length = self._text, end - start
        if gap[0] == '"' and ":" in gap and (key := _key_of_object(head)):
            if (key, length) not in self._keys:
                lowered = key.lower()
                found = _fingerprint_of(lowered, length) or _objection(key, length)
                self._keys[key, length] = found
            return self._keys[key, length]
        lowered = head.lower()
        if found := _fingerprint_of(lowered, length):
            return found
        if "," in gap:
            return None
        if gap == "-" and head.endswith("00") and _PARENT_AND_FLAGS.match(text, end):
            return Objection.IDENTIFIER  # a `traceparent` of W3C Trace Context
        if gap == " " and head[-1] in "0123456789abcdef" and _REQUEST.search(lowered):
            # OpenStack writes the ids of the user and the project behind that of the request.
            self._next = _NEXT_WORD
            return Objection.IDENTIFIER
        if gap == "/":
            if head.endswith("/containers") and length == 64:  # of Docker
                return Objection.IDENTIFIER
            if _API_PATH.search(lowered):
                return Objection.IDENTIFIER
            if length == 40 and _COMMIT_PATH.search(lowered):
                return Objection.COMMIT
        return _objection(head, length)


def _may_join_id(head: str, gap: str) -> bool:
    """Return whether a path, a trace or a GUID stands before a hash, which may make it an id."""
    return (
        gap == "/" or (gap == "-" and head.endswith("00")) or (gap == " " and head[-13:-12] == "-")
    )


def _key_of_object(head: str) -> str:
    """Return the key at the end of a text if another field stands before it; else ""."""
    before, quote, key = head.rpartition('"')
    return key if quote and before.rstrip(" ").endswith(",") else ""


def _fingerprint_of(head: str, length: int, is_own_line: bool = False) -> Verdict | None:
    """Return the type or the objection if the text before a hash ends in such a label."""
    has_name = "imp" in head or "ja3" in head or "authenti" in head
    if has_name and (match := _FINGERPRINT.search(head)):
        # "imphash md5" in a line of its own is the head of a table, and the MD5 stands first.
        is_table = is_own_line and match[2] and _ALGORITHM.search(match[2])
        return None if is_table else _fingerprint(match[1], length)
    has_other = head.endswith(_OTHER_ENDINGS) or "rich" in head
    if has_other and _OTHER_FINGERPRINTS.search(head):
        return Objection.OTHER_FINGERPRINT
    return None


def _fingerprint(name: str, length: int) -> IOCType | None:
    kind = _FINGERPRINTS[_JOINTS.sub("", name).removesuffix("es")]
    return kind if length in _LENGTHS.get(kind, (32,)) else None


def _objection(head: str, length: int) -> Objection | None:
    """Return why a hash is none of a file, if the text before it ends in such a key."""
    lowered = head.lower()
    if lowered[-2:] not in _KEY_ENDINGS:
        return None
    if lowered.endswith("hash") and not lowered[:-4].rstrip(" _-").endswith(_HASHED):
        return None
    if length == 40 and _COMMIT.search(lowered):
        return Objection.COMMIT
    if _INFO_HASH.search(lowered):
        return Objection.INFO_HASH
    if length == 32 and _NTLM_HASH.search(lowered):
        return Objection.NTLM_HASH
    if _SECRET.search(lowered) or (lowered.endswith(("id", "ids")) and _is_id(head)):
        return Objection.IDENTIFIER
    return None


def _is_id(head: str) -> bool:
    """Return whether a text ends in the id of a thing that is no file."""
    match = _ID.search(head)
    if match is None:
        return False
    noun, joint, written = match.groups()
    is_camel = not joint and written[0] == "I" and noun[-1].islower()
    noun = noun.lower()
    if noun.endswith(_FILE_NOUNS) or noun in _NO_NOUNS:
        return False
    return is_camel or joint in tuple(" _.-") or noun.endswith(_ID_NOUNS)
