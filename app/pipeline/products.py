"""The names of products before numbers: what follows is a version, and no address."""

from __future__ import annotations

import re

from app.pipeline.words import word_set

_WINDOW = 24
_HEADER_WINDOW = 140
# Products with such versions, and things of which each has one.
_PRODUCTS = word_set(
    """
    acrobat adc airwave anyconnect anydesk big-ip chrome db2 edition esxi expressway filezilla
    firefox forticlient ftd globalprotect itunes junos moveit netscaler openssh openssl plug-in
    plugin putty quicktime safari sdk teamviewer thunderbird tomcat vcenter weblogic websphere
    wildfly winrar wireshark
    """
)
# "Adobe Acrobat Reader 11.0.23.5": a maker, and words with capitals that name no machine.
_MAKERS = (
    r"(?:Adobe|Apache|Apple|Atlassian|Broadcom|Cisco|Citrix|Fortinet|Google|IBM|Ivanti|Microsoft|Mozilla|Oracle"
    r"|Palo Alto|SAP|SolarWinds|Sophos|Symantec|Trend Micro|VMware|Veeam|Zoho)"
)
_NO_PRODUCTS = (
    r"(?:Azure|Cloud|CDN|DNS|Corp(?:oration)?|Inc|LLC|Ltd|Host(?:ing)?|Hosts|IPs?|Address|Network|Networks|Proxy"
    r"|Server|Servers|Router|Switch|Firewall|Gateway|Node|Umbrella|Range|AS|ISP)\b"
)
_MADE_BY = re.compile(
    rf"\b{_MAKERS}(?: (?!{_NO_PRODUCTS})(?:[A-Z]\w{{0,20}}|v[A-Z]\w{{1,20}}|&)){{1,4}} $"
)
_MAKER_WINDOW = 64
PRODUCT_ENDS = frozenset(product[-2:] for product in _PRODUCTS)
_AGENTS = (
    *("http/", "curl/", "urllib/", "requests/", "wget/", "axios/", "libwww-perl/", "nginx/"),
    *("openresty/", "lighttpd/", "openssl/", "php/", "tengine/"),
)
_AGENT_WORD = re.compile(
    r"(?:^|[^\w-])(?:[\w-]{0,12}(?:http|curl|urllib|requests)|wget|axios|libwww-perl|nginx"
    r"|openresty|lighttpd|openssl|php|tengine)/$",
    re.IGNORECASE,
)
_AGENT_FIELD = re.compile(r"(?:user[-_ ]?agent\W{1,5}|Mozilla/[0-9])[^\n\"]{0,100}$", re.IGNORECASE)
_PRODUCT = re.compile(r"[A-Z]\w*[a-z]\w*/$")
SHOUTED = re.compile(r"\b(?:[A-Z]+_[A-Z_]+|DIRECT)/$")
"""A word of a log before a host, as in "HIER_DIRECT/" of Squid."""


def begins_small(text: str, start: int) -> bool:
    """Return whether the first number is below 30: that of most versions is, of few addresses."""
    return text[start + 1] == "." or (text[start] in "12" and text[start + 2] == ".")


def follows_product(text: str, start: int) -> bool:
    if text[start - 3 : start - 1].lower() not in PRODUCT_ENDS:
        return False
    words = text[max(0, start - _WINDOW) : start - 1].split()
    return bool(words) and words[-1].lower() in _PRODUCTS and begins_small(text, start)


def follows_maker(text: str, start: int) -> bool:
    """Return whether a maker and the name of a product stand before a space and a number."""
    word = text.rfind(" ", max(0, start - _WINDOW), start - 1) + 1
    is_name = text[word].isupper() or (text[word] == "v" and text[word + 1].isupper())
    return is_name and _MADE_BY.search(text, max(0, start - _MAKER_WINDOW), start) is not None


def is_product_version(text: str, start: int, end: int) -> bool:
    """Return whether `Chrome/1.2.3.4` or `x/119.0.0.0` stands there, as in a User-Agent."""
    if text.endswith(".0.0.0", start, end):
        return True
    before = text[max(0, start - _WINDOW) : start]
    if text[start - 2].isupper() and "_" in before:
        word = before[before.rfind(" ") + 1 :]
        if "_" in word and word.isupper():  # "HIER_DIRECT/" of Squid
            return False
    if _PRODUCT.search(before):
        return True
    # The patterns are slow, so each is asked only if one of its words is there.
    if before.lower().endswith(_AGENTS) and _AGENT_WORD.search(before):
        return True
    header = text[max(0, start - _HEADER_WINDOW) : start]
    return (
        ("agent" in header.lower() or "Mozilla/" in header)
        and not SHOUTED.search(before)
        and _AGENT_FIELD.search(header) is not None
    )
