"""What looks like a URL without a scheme and is something else.

A slash behind a host may begin a protocol (`9.8.7.6:443/tcp`), an address (Java writes
`host/9.8.7.6:443`) or the name of a container image; behind a name in program text, a part of it.
"""

from __future__ import annotations

import re

from app.pipeline.classifier import is_octets
from app.pipeline.words import REVERSED_STARTS, word_set

_END = r"(?![\w/?#=&%@-]|[.:]\w)"
_PROTOCOL = re.compile(
    rf"(?:/[0-9]{{1,5}})?/(?:tcp|udp|sctp|dccp|quic|icmp|tls|ssl|https?)[46]?{_END}", re.IGNORECASE
)
_ADDRESS = re.compile(rf"/([0-9]{{1,3}}(?:[.\x01][0-9]{{1,3}}){{3}})(?::[0-9]{{1,5}})?{_END}")
_IMAGE = re.compile(
    r"(?:/[a-z0-9]++(?:[._-]{1,3}[a-z0-9]++)*+){1,6}+"
    rf"(?::(?P<tag>\w[\w.-]{{0,63}}))?(?P<digest>@sha256:[0-9a-f]{{64}})?{_END}"
)
_VERSION_TAG = re.compile(r"v?[0-9]+(?:[._-]\w[\w.-]*)?|latest|stable|edge|nightly")
_FILE = re.compile(r"\.[a-z][a-z0-9]{1,4}$")
_REGISTRIES = (
    *("docker.io", "gcr.io", "ghcr.io", "quay.io", "mcr.microsoft.com", "public.ecr.aws"),
    *("registry.k8s.io", "azurecr.io", "pkg.dev", "nvcr.io", "lscr.io", "registry.gitlab.com"),
)
"""Hosts that serve container images and no pages."""
_BEFORE_IMAGE = re.compile(
    r"""(?:\bimage(?:_?(?:name|id|ref|repo))?["']?[ ]?[:=][ ]?["']?
      |\bimage[ ]["']
      |\b(?:docker|podman|nerdctl|crictl)[ ](?:image[ ])?
        (?:pull|push|tag|rmi|inspect|save|scan|run(?:[ ]-{1,2}[\w-]{1,20}){0,6})[ ]
      |(?:^|\n)[ ]{0,8}FROM[ ](?:--platform=\S{1,40}[ ])?)$""",
    re.VERBOSE | re.IGNORECASE,
)
_IMAGE_WORDS = ("mage", "MAGE", "docker", "podman", "nerdctl", "crictl", "FROM")
_WINDOW = 120
_KUBERNETES = ("k8s.io", "kubernetes.io")
_SEGMENT = re.compile(r"/([A-Za-z0-9][\w.-]{0,62})(?![\w/?#%-])")
_PAGES = word_set("docs blog releases community training case-studies partners")
_API_KEY = re.compile(r"\bapi(?:Version|Groups?)[\"']?\s{0,4}[:=]\s{0,4}[\[\"']{0,2}$")
_API_VERSION = re.compile(
    r"/v[0-9]{1,2}(?:(?:alpha|beta)[0-9]{1,2})?[\"']?,?\s{1,8}[\"']?kind[\"']?:"
)
_LABELS = re.compile(r"\b(?:labels|annotations|matchLabels|nodeSelector|finalizers)[\"']?:")
_LABELS_WINDOW = 400
_KEY_WINDOW = 24
_LABEL_END = re.compile(r"[\"']?:(?:\s|[\"'])")
_APPLIED = re.compile(
    r" (?:created|configured|unchanged|deleted|patched|annotated|labeled)\b(?! (?:by|in|on|with))"
)
_ANDROID_CLASS = re.compile(r"/\.(?:[A-Za-z]\w{0,40}\.){0,6}[A-Z]\w{0,60}(?![\w/.?-])")
_MAC_PATH = re.compile(r"/(?:Applications|Users|Volumes|Library|System)/[^\n\"'<>|:*?]{0,100} $")


def is_host_alone(text: str, start: int, end: int, after: int) -> bool:
    """Return whether what follows a host (and its port, to `after`) is no path of a URL."""
    has_port = after > end
    if (has_port or text[end - 1].isdigit()) and _PROTOCOL.match(text, after):
        return True
    address = _ADDRESS.match(text, after)
    if address and is_octets(address[1].replace("\x01", ".").split(".")):
        return True
    image = _IMAGE.match(text, after)
    return image is not None and _is_image(text, start, end, image)


def _is_image(text: str, start: int, end: int, image: re.Match[str]) -> bool:
    if image["digest"] or text[start:end].endswith(_REGISTRIES):
        return True
    path, _, tag = image[0].partition(":")
    if _FILE.search(path):
        return False
    if tag and _VERSION_TAG.fullmatch(tag):
        return True
    before = text[max(0, start - _WINDOW) : start]
    # A look for a word is ten times as fast as the pattern, and finds none before most names.
    return any(word in before for word in _IMAGE_WORDS) and bool(_BEFORE_IMAGE.search(before))


def is_program_text(text: str, start: int, end: int) -> bool:
    """Return whether a name and what follows its slash belong to a program or its settings."""
    if text[end] != "/":
        return False
    name = text[start:end]
    if name.partition(".")[0] in REVERSED_STARTS and (
        _ANDROID_CLASS.match(text, end) or text.startswith(f"{name}.", end + 1)
    ):
        return True
    if name[-4:].lower() == ".app" and (
        text.startswith("/Contents", end)
        or _MAC_PATH.search(text, max(0, start - _WINDOW), start) is not None
    ):
        return True
    return _is_kubernetes(text, start, end, name)


def _is_kubernetes(text: str, start: int, end: int, name: str) -> bool:
    """Return whether an API group or a label of Kubernetes stands there."""
    segment = _SEGMENT.match(text, end)
    if segment is None:
        return False
    if name.endswith(_KUBERNETES):
        return segment[1] not in _PAGES
    before = text[max(0, start - _KEY_WINDOW) : start]
    if ("api" in before and _API_KEY.search(before)) or _API_VERSION.match(text, end):
        return True
    if _LABEL_END.match(text, segment.end()):
        return _LABELS.search(text, max(0, start - _LABELS_WINDOW), start) is not None
    return name.count(".") > 1 and _APPLIED.match(text, segment.end()) is not None
