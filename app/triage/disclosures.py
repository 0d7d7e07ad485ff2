"""Disclosures in URLs: passwords, mail addresses, tokens.

Asking about a URL hands the provider the access that the URL grants. The lists HELD and ASKED of
`tests/triage/corpus.py` say which URLs are held back and which must be asked.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode
from binascii import Error
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote, unquote_plus, urlsplit

from app.pipeline.tlds import TLDS
from app.pipeline.words import word_set

MAIL = re.compile(r"[\w.+'-]{1,64}@((?:[a-z0-9-]+\.)+([a-z][a-z0-9-]+))", re.IGNORECASE)
JWT = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
# Runs of the characters of hexadecimal and base64, with the variant for URLs (RFC 4648, 5).
RUN = re.compile(r"[A-Za-z0-9+_-]{8,}={0,2}")
HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
LOWER = re.compile("[a-z]+")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Scripts, styles and images carry a digest in their names, by which browsers cache them.
ASSET = re.compile(r"\.(css|gif|ico|jpe?g|js|map|mjs|png|svg|webp|woff2?)$", re.IGNORECASE)

PASSWORDS = frozenset(("password", "passwd", "passphrase", "passcode", "pwd", "pass"))
SECRETS = word_set(
    """
    accesstoken apikey aspsessionid auth authorization authtoken bearer credential credentials hmac
    idtoken jsessionid jwt otp phpsessid refreshtoken sas secret sess sessid session sessionid
    sessionkey sessiontoken sig signature token
    """
)
# Words that often name something harmless: their value must look like a secret.
AMBIGUOUS = frozenset(("code", "key", "sid", "pin", "nonce", "hash", "ticket"))
# Words in the path of a link that grants access to everyone who has the link.
GRANTING_WORDS = word_set(
    """
    activate activation auth confirm confirmation invitation invite join login magic oauth
    onetime optin optout password recover recovery register reset session share shared signin
    sso token unsubscribe verification verify
    """
)
# The parameters of advertisers and their clicks: random, but they open nothing.
TRACKING = word_set(
    """
    _ga _gl _hsenc _hsmi dclid epik fbclid gad_source gbraid gclid igsh igshid irclickid li_fat_id
    mc_cid mc_eid mkt_tok msclkid rdt_cid s_kwcid sccid ttclid twclid wbraid yclid
    """
)
LEAST_RUN = 20
LEAST_WORD = 3
LEAST_SECRET = 3
LEAST_AMBIGUOUS = 6
# Bits per character: 20 characters of random hexadecimal have 3.3, a repeated word has less.
LEAST_ENTROPY = 2.8
# In random base64, six of ten neighbours are of different kinds (letter case, digit); in words
# hardly any are.
LEAST_CHANGES = 0.25
# Small letters follow each other in runs of 1.7 in random base64, of four in WordsLikeThese.
LONGEST_MEAN_RUN = 2.7


def disclosure(url: str) -> str | None:
    """Return the end of the sentence "carries …", for example "a password"; None if harmless."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    tail = f"{parts.path}?{parts.query}#{parts.fragment}"
    found = _user(parts.netloc) or _mail(tail)
    return found or _secret(parts.path, parts.query, parts.fragment)


def _user(netloc: str) -> str | None:
    """Find a user name or password in front of the host, also one written with escapes."""
    if "@" not in netloc and "%" not in netloc:
        return None
    user, at, _ = _decoded(netloc).rpartition("@")
    if not at or not user:
        return None
    return "a password" if ":" in user.strip(":") else "a user name"


def _mail(text: str) -> str | None:
    plain = _decoded(text)
    if "@" in plain and any(_is_mail(found) for found in MAIL.finditer(plain)):
        return "a mail address"
    # Base64 of a mail address has capital letters. A run without any
    # is a word of the path and is not decoded.
    runs = (run for run in BASE64.findall(plain) if not run.islower())
    return "a mail address in base64" if any(map(_hides_mail, runs)) else None


def _is_mail(found: re.Match[str]) -> bool:
    """Return whether the domain can exist: in react@18.2.0 it cannot."""
    return found[2].lower() in TLDS


def _hides_mail(run: str) -> bool:
    """Return whether the run, or a part of it between slashes, is a mail address in base64."""
    # The slash is a character of base64 and separates the segments of a path: both readings count.
    return any(
        (found := MAIL.search(text)) is not None and _is_mail(found)
        for part in {run, *run.split("/")}
        if (text := _from_base64(part))
    )


def _from_base64(run: str) -> str:
    """Return the decoded text; empty if the run is not printable ASCII in base64."""
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = b64decode(run + "=" * (-len(run) % 4), validate=True).decode("ascii")
    except (Error, ValueError):
        return ""
    return text if text.isprintable() else ""


def _secret(path: str, query: str, fragment: str) -> str | None:
    for name, value in _parameters(path, query, fragment):
        if found := _parameter(name, value):
            return found
    segments = [_decoded(segment) for segment in path.split("/")]
    if any(JWT.search(segment) for segment in segments):
        return "a token"
    # Malware and its downloads have random names too, and are the reason for an analysis: a
    # random segment counts only in the path of a link that grants access.
    words = {word.lower() for segment in segments for word in WORD.findall(segment)}
    if GRANTING_WORDS.isdisjoint(words):
        return None
    return next((found for segment in segments if (found := _value(segment))), None)


def _parameters(path: str, query: str, fragment: str) -> Iterator[tuple[str, str]]:
    """Return the parameters of query, fragment and path (`;name=value`); a name may be empty."""
    after = fragment.rpartition("?")[2]
    for text in (query, after, *path.split(";")[1:]):
        for pair in re.split("[&;]", text):
            name, equals, value = pair.partition("=")
            yield (name, value) if equals else ("", name)


def _parameter(name: str, value: str) -> str | None:
    """Judge a parameter by its name, or by its value if the name says nothing."""
    value = unquote_plus(value)
    name = unquote_plus(name)
    words = [word.lower() for word in WORD.findall(name)]
    if words[-1:] == ["id"] and len(words) > 1:  # session_id
        words.pop()
    last = words[-1] if words else ""
    joined = "".join(words)
    if value and (last in PASSWORDS or joined.endswith(("password", "passwd"))):
        return f"a password (parameter {name})"
    is_secret = last in SECRETS or joined in SECRETS or joined.endswith(("apikey", "token"))
    if is_secret and len(value) >= LEAST_SECRET:
        return f"a secret (parameter {name})"
    is_opaque = len(value) >= LEAST_AMBIGUOUS and any(c.isdigit() for c in value)
    if last in AMBIGUOUS and (is_opaque or len(value) >= LEAST_RUN):
        return f"a secret (parameter {name})"
    if name.lower() in TRACKING or name.lower().startswith("utm_"):
        return None
    return _value(value)


def _value(text: str) -> str | None:
    """Judge a value or segment by its form; UUIDs are names of objects, not secrets."""
    if JWT.search(text):
        return "a token"
    if ASSET.search(text):
        return None
    is_secret = any(_is_random(run) for run in RUN.findall(UUID.sub("/", text)))
    return "what may be a secret" if is_secret else None


def _is_random(run: str) -> bool:
    """Return whether the run is long and looks like neither words nor a number."""
    parts = re.split("[+_=-]", run)
    if any(_is_random_hex(part) for part in parts):
        return True
    # A title in an address is words between hyphens, perhaps with a number after them.
    words = [part for part in parts if len(part) >= LEAST_WORD and WORD.fullmatch(part)]
    letters = "".join(part for part in parts if part not in words)
    length = len(run) - sum(len(word) + 1 for word in words)
    if length < LEAST_RUN or letters.isdigit() or (letters.isalpha() and letters.islower()):
        return False
    kinds = [c.isdigit() + 2 * c.isupper() for c in letters]
    changes = sum(one != other for one, other in pairwise(kinds)) / (len(kinds) - 1)
    is_mixed = not letters.islower() and not letters.isupper()
    if changes < LEAST_CHANGES or (is_mixed and _mean_run(letters) > LONGEST_MEAN_RUN):
        return False
    return _entropy(letters) >= LEAST_ENTROPY


def _mean_run(letters: str) -> float:
    """Return the mean length of the runs of small letters."""
    runs = LOWER.findall(letters)
    return sum(map(len, runs)) / len(runs) if runs else 0.0


def _is_random_hex(part: str) -> bool:
    is_mixed = not part.isdigit() and not part.isalpha()
    is_hex = len(part) >= LEAST_RUN and is_mixed and HEX.fullmatch(part) is not None
    return is_hex and _entropy(part) >= LEAST_ENTROPY


def _entropy(text: str) -> float:
    """Return the Shannon entropy in bits per character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def _decoded(text: str) -> str:
    """Return the text without percent-encoding."""
    # A link that is a parameter of a redirecting link is escaped twice.
    return unquote(unquote(text)) if "%" in text else text
