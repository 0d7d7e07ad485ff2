"""What the text around a name expects there: a host, or the name of a user.

The rules read a bounded number of characters on each side, and only `names` calls them, for
a name that it would refuse, or for one that a user could have.
"""

from __future__ import annotations

import re

from app.pipeline import words
from app.pipeline.host_lists import HostLists, is_sure_host
from app.pipeline.words import word_set

_WINDOW = 64
# Letters of any script, for "домен:".
_KEY = re.compile(r"[\w.&-]++$")
_MOST_WORDS = 4
_CELL_BEGINS = frozenset("\n,;{|\t([")
_CELL_MARKS = frozenset(",;\t|")
_MOST_CELLS = 40
_SEPARATORS = re.compile(r"[\W_]+")
_HOST_KEYS = (
    *("host", "hostname", "domain", "domainname", "fqdn", "rrname", "queryname", "questionname"),
    *("qname", "dnsname", "dnsquery", "sni", "servername", "servernameindication", "nameserver"),
    *("commonname", "cname", "authority", "hostheader", "rdata", "rrdata", "subjectcn"),
    *("remoteurl", "dnsquerystring", "destname", "sslserver", "clientname", "mailfrom"),
    *("domänen", "domäne", "domaine", "dominio", "domínio", "domeniu", "домен"),
)
_EXACT_HOST_KEYS = word_set(
    """
    query answer answers cn san ns mx ptr c2 dns c2server
    mname headerd headerfrom relay helo ehlo c&c cnc ccserver commandandcontrol cncserver
    """
)
# Before or behind the key, in a label of several words: "Contacted domains:".
_QUALIFIERS = word_set(
    """
    and associated attacker bad blocked c2 c&c cnc command contacted control de delivery dest
    destination dns download exfiltration external identified internal landing main malicious
    malware name names nom observed of payload phishing primary queried related remote requested
    resolved rogue server servers source src staging suspicious target
    """
)
_USER_KEYS = (
    *("username", "user", "suser", "duser", "login", "loginname", "accountname", "logonname"),
    *("samaccountname", "uid", "upn", "userprincipalname", "usr", "usrname", "principal", "actor"),
    *("benutzer", "usernamehint"),
)
# Matched at the beginnings of words only: a search would try each character, and take six times
# as long.
_WORD_BEGIN = re.compile(r"\b\w|\n")
_BEFORE_HOST = re.compile(
    r"(?:CONNECT |(?:nslookup|dig(?: \+\w{1,12})?)(?: -\S{1,8})? "
    r"|SNI |QNAME |DNS Name[=:] ?"
    r"|query: |query\[[A-Z]{1,6}\] |(?:local-)?zone:? \""
    r"|\n(?:0\.0\.0\.0|127\.0\.0\.1|::1?)[ \t]{1,8}"
    r"|(?:domain|host ?name|FQDN)s?(?: name)?(?: (?:was|is|named|called))? [\"'`(]?"
    r"|(?:C2|C&C|CnC|phishing|malicious|malware)[ -](?:server|host|site|domain) [\"'`(]?"
    r"|Received: from |(?:HELO|EHLO) |(?:ENOTFOUND|EAI_AGAIN) |subdomains? of |resolved "
    r"|DNS (?:request|query|lookup|name)s? for "
    r"|(?:A|AAAA|CNAME|MX|NS|PTR|TXT) records? (?:for|of) "
    # The rules of Suricata name what the next content is looked for in.
    r"|(?:dns[._]query(?:[._]name)?|tls[._]sni|http[._]host);[^;\n]{0,20} content: ?!?\""
    # Of a query in KQL: `DomainName in ("a.com", "`.
    r"|\w{0,30}?(?:domain|host|fqdn|url|query)(?:_?name)?s? "
    r"(?:in~? ?\(|has(?:_any)?(?: \()?|contains|=~|startswith|endswith) ?"
    r"(?:\"[\w.-]{1,63}\", ?){0,8}\""
    r"|(?:beacon(?:s|ed|ing)?|traffic|resolve[sd]?|resolving|connect(?:s|ed|ing)?) to [\"'`]?"
    r"|resolve host:? |UnknownHostException: |lookup |pointer |Dom(?:äne|aine|inio) ?:? "
    r"|(?:whois|ping6?|telnet|tracert|traceroute|Resolve-DnsName|Test-NetConnection|ncat|nc) "
    # Of curl and wget, but not the file behind "-o", "-O", "-i", "-K" or "-T"; case is ignored.
    r"|(?:curl|wget)(?: -[a-hjl-np-su-z]{1,8}){0,3} "
    r"|(?:irm|iwr|Invoke-(?:WebRequest|RestMethod))(?: -use\w{1,16}| -uri){0,2} [\"']?)$",
    re.IGNORECASE,
)
# "Domain" in Chinese, Japanese and Korean, before a name that stands without a space behind it.
_SPACELESS_LABEL = re.compile(
    r"(?:域名|網域|主机名?|主機名?|ドメイン(?:名)?|ホスト名?|通信先|도메인|호스트)[:： ]{0,2}$"
)
# `<Data Name="QueryName">` of the events of Windows, and `<domain>`.
_TAG = re.compile(r"<(?:\w{1,20}:)?(\w{1,24})(?: Name=[\"']([\w-]{1,32})[\"'])?>$", re.IGNORECASE)
# The type of an object or a row: `"type": "domain"`, and a cell that says "domain".
_VALUE_KEYS = word_set("value indicator ioc observable iocvalue indicatorvalue")
_TYPED = re.compile(
    r"type[\"']\s?:\s?[\"'](?:domain(?:[-_ ]?name)?|domain\|ip|host(?:[-_ ]?name)?|fqdn)[\"']", re.I
)
_TYPE_CELLS = frozenset(
    ("domain", "domain name", "domain-name", "domainname", "domain|ip", "hostname", "host", "fqdn")
)
_OBJECT_WINDOW = 300
_HOST_MARKS = (
    *("dns:", "dns:*.", "dns name:", "dns name=", "||", "address=/", "server=/", "local=/"),
    *("include:", "/dev/tcp/", "helo=<", "domain-name:value = '", "domain-name:value='"),
    *(":authority: ", "> host: ", "tcp:"),
)
# The last word of each of these; the first characters of an option of nslookup and dig, and of
# "query[A]".
_LAST_WORDS = word_set(
    """
    connect nslookup dig sni qname name name: name= query: zone zone: 0.0.0.0 127.0.0.1 ::1 ::
    domain domains host hosts host: hostname hostnames fqdn fqdns was is named called domain(
    server site c2 to lookup pointer domäne domäne: domaine dominio unknownhostexception: whois ping
    ping6 telnet tracert traceroute resolve-dnsname test-netconnection nc ncat curl wget (
    helo ehlo enotfound eai_again resolved content: has contains =~ startswith endswith
    irm iwr invoke-webrequest invoke-restmethod
    """
)
# Words that stand before most names: another word must stand before them.
_COMMON_WORDS = frozenset(("from", "of", "for"))
_BEFORE_COMMON = ("received:", "subdomain", "record", "dns ")
_LAST_BEGINS = ("-", "+", "query[", "local-zone", "name=", "name:", "content:", "(", "has_any")
_BEHIND_HOST = re.compile(
    r"\.?[ \t]{1,20}(?:[0-9]{1,10}[ \t]{1,8})?IN[ \t]{1,8}[A-Z]{1,6}\b"
    r"|\.?[ \t]{1,20}CNAME[ \t]|\s1\s{1,4}C_INTERNET\s| resolve[sd] to [0-9]"
    r"| ?\[(?:[0-9]{1,3}\.){3}[0-9]{1,3}\]| \((?:[\w.-]{1,253} )?\[[0-9]"
    r"|[ \t]{0,8}\r?\n[ \t]{0,8}Address(?:es)?:|\"; ?(?:nocase; ?)?(?:http_host|dns_query|tls_sni);"
    r"| (?:has (?:IPv6 )?address|is an alias for|mail is handled by) "
    r"| ?(?:[-=]>|\u2192|\() ?(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b"
    r"| is (?:0\.0\.0\.0|127\.0\.0\.1|::)(?![0-9:.])"
)
# Line numbers of program files are small, too; a known port is the better guess.
_PORT = re.compile(r":(?:80|443|8080|8443|8000|8888)(?![\w:.-])")
# {"host": {"name": "
_PARENT = re.compile(r"[\"'](\w{1,24})[\"']\s?:\s?\{\s{0,8}$")
# "hosts: a.com, b.zip, "
_ITEMS = re.compile(r"(?<=[:=\s])(?:[\"']?[\w.-]{1,63}[\"']?, ?){1,8}[\"']?$")
_PARTS = ("name", "id")
# Of a field in a Sigma rule: "DestinationHostname|endswith:".
_MODIFIER = re.compile(r"(?:\|[a-z0-9]{2,16}){1,3}$")
_HOST_LEFT = re.compile(r"([a-z0-9][a-z0-9.-]{2,60}[a-z])(?:, ?|; ?| / | \| )$")
_HOST_RIGHT = re.compile(r"(?:, ?|; ?| / | \| )([a-z0-9][a-z0-9.-]{2,60}[a-z])(?![\w/])")
_LOGGED_IN = re.compile(
    r"(?:\b(?:Accepted|Failed) [\w/-]{1,24} for (?:invalid user )?|\b(?:[Ii]nvalid|for) user "
    r"|\blogged in as |\b[Ll]ogin (?:for|as) |\bsudo: {1,4}|\bUSER )[\"']?$"
)
_USER_WORDS = (" for", "user", " as", "udo:", "USER")
# The user in the logs of web servers: `192.0.2.5 - anna [01/Mar/2024:…`.
_AUTH_USER = re.compile(r"[0-9a-f] - $")
_EVENT_USER = re.compile(r"Name=[\"'](?:Target|Subject)?UserName[\"']>$")
_SQUID_PEER = re.compile(r" (?:HIER_[A-Z]|DIRECT/|NONE/|[A-Z]+_PARENT/)")


def expects_host(text: str, start: int, end: int, lists: HostLists) -> bool:
    """Return whether a name stands where a host must stand; `lists` are those of the text."""
    before = text[max(0, start - _WINDOW) : start]
    if before[-1] in "/\\":  # of a path, mostly
        return before.lower().endswith(_HOST_MARKS)
    name = text[start:end].lower()
    if _stands_before_host(before):
        return not (before[-1] in " \"'`" and before[-2:].islower() and _is_typical_file(name))
    right = text[end]
    if right in '. \t(-=\u2192["\r\n' and _BEHIND_HOST.match(text, end):
        return True
    if _is_key(before, _HOST_KEYS, _EXACT_HOST_KEYS) or _is_of_host_type(text, start, end, before):
        return True
    if _is_typical_file(name):
        return False
    if before[-1] in "@_":
        return False
    has_port = right == ":" and _PORT.match(text, end) is not None
    return has_port or lists.hold(start, end) or _stands_between_hosts(text, start, end)


def _stands_between_hosts(text: str, start: int, end: int) -> bool:
    """Return whether a name stands between two hosts in one line: "a.com, b.zip, c.net"."""
    before = _HOST_LEFT.search(text, max(0, start - _WINDOW), start)
    behind = _HOST_RIGHT.match(text, end) if before else None
    return all(found is not None and is_sure_host(found[1]) for found in (before, behind))


def expects_user(text: str, start: int, end: int) -> bool:
    """Return whether a name stands in a field or column that names a user."""
    left = text[start - 1]
    has_word = left in " \"'" and text[max(0, start - 8) : start].rstrip(" \"'").endswith(
        _USER_WORDS
    )
    if has_word and _LOGGED_IN.search(text, max(0, start - 40), start):
        return True
    if left == " " and text[end : end + 2] == " [" and _AUTH_USER.search(text, start - 8, start):
        return True
    if left == ">":
        return _EVENT_USER.search(text, max(0, start - _WINDOW), start) is not None
    if left == " " and text[start - 2] not in ":=":
        return _SQUID_PEER.match(text, end) is not None
    return left in "\"'=: \t" and _is_key(text[max(0, start - _WINDOW) : start], _USER_KEYS)


def _stands_before_host(before: str) -> bool:
    """Return whether what stands directly before a name announces a host."""
    lowered = before.lower()
    if lowered.endswith(_HOST_MARKS):
        return True
    if not lowered.isascii() and _SPACELESS_LABEL.search(lowered):
        return True
    if lowered[-1] == ">" and (tag := _TAG.search(before)):
        return _names_host(tag[2] or tag[1], _HOST_KEYS, _EXACT_HOST_KEYS)
    if lowered[-1] not in " \t\"'`(":
        return False
    # The pattern is slow, so it is asked only if one of its last words is there.
    last = lowered.rstrip("\"'` \t").rpartition(" ")[2].rpartition("\n")[2]
    has_word = not _LAST_WORDS.isdisjoint((last, last.rpartition(".")[2])) or last.startswith(
        _LAST_BEGINS
    )
    if last in _COMMON_WORDS:
        has_word = any(word in lowered for word in _BEFORE_COMMON)
    return has_word and any(
        _BEFORE_HOST.match(before, word.start()) for word in _WORD_BEGIN.finditer(before)
    )


def _is_key(before: str, endings: tuple[str, ...], exact: frozenset[str] = frozenset()) -> bool:
    """Return whether a name is the value of a key that ends so."""
    written, is_phrase = _key_before(before)
    if is_phrase and " " in written:  # "on this host: setup.sh" is prose
        return _letters(written) in (*endings, *exact) or _is_label(written, endings, exact)
    return bool(written) and _names_host(written, endings, exact)


def _is_label(written: str, endings: tuple[str, ...], exact: frozenset[str]) -> bool:
    """Return whether a phrase names a host: "Contacted domains", but not "the other domains"."""
    named = [word for word in written.lower().split() if word not in _QUALIFIERS]
    words_of_hosts = named or written.lower().split()[-1:]
    return bool(exact) and all(_names_host(word, endings, exact) for word in words_of_hosts)


def _letters(written: str) -> str:
    key = written.lower()
    return key if key.isalnum() else _SEPARATORS.sub("", key)


def _names_host(written: str, endings: tuple[str, ...], exact: frozenset[str]) -> bool:
    """Return whether a key ends so, in the singular or the plural."""
    key = _letters(written)
    is_plural = key[-1:] == "s" and key[:-1].endswith(endings)
    return is_plural or key.endswith(endings) or key in exact


def _is_of_host_type(text: str, start: int, end: int, before: str) -> bool:
    """Return whether the object or the row in which a name stands is said to be a domain."""
    least, most = max(0, start - _OBJECT_WINDOW), end + _OBJECT_WINDOW
    key, _ = _key_before(before)
    if _letters(key) in _VALUE_KEYS:
        opening, closing = text.rfind("{", least, start), text.find("}", end, most)
        begin = opening if opening >= 0 else least
        return _TYPED.search(text, begin, closing if closing >= 0 else most) is not None
    marks = {before.rstrip(" \"'`")[-1:], text[end:most].lstrip(" \"'`\r")[:1]} - {"\n"}
    if len(marks) != 1 or marks.isdisjoint(_CELL_MARKS):
        return False
    line_begin, line_end = text.rfind("\n", least, start), text.find("\n", end, most)
    line = text[line_begin + 1 if line_begin >= 0 else least : line_end if line_end >= 0 else most]
    cells = line.split(marks.pop())[:_MOST_CELLS]
    return any(cell.strip(" \"'`\r").lower() in _TYPE_CELLS for cell in cells)


def _key_before(before: str) -> tuple[str, bool]:
    """Return the key of `"key": "`, `"key": ["a", "`, `key=` and, at the begin of a cell, `Key: `.

    The second value is true for the last form. The key is empty if there is none.
    """
    head = before.rstrip(" \t\"'")
    if head[-1:] in (",", "[") and "[" in before:
        head = before[: before.rfind("[")].rstrip(" \t")
        if not head.endswith((":", "=")):
            return "", False
    elif head[-1:] == "," and (items := _ITEMS.search(before)):
        head = before[: items.start()].rstrip(" \t\"'")
    mark, name = head[-1:], head[:-1].rstrip(" \t=")
    if mark not in (":", "="):
        return "", False
    if "|" in name:
        name = _MODIFIER.sub("", name)
    if name[-1:] in ("'", '"'):
        opening = name.rfind(name[-1], 0, -1)
        key = name[opening + 1 : -1]
        parent = _PARENT.search(name, 0, opening) if key in _PARTS else None
        return (f"{parent[1]}{key}" if parent else key), False
    begin = len(name)
    for _ in range(_MOST_WORDS if mark == ":" else 1):
        word = _KEY.search(name, name.rfind(" ", 0, begin) + 1, begin)
        if word is None:
            break
        begin = word.start()
        if name[begin - 1 : begin] != " ":
            break
        begin -= 1
    key = name[begin:].strip()
    if mark == "=":
        return key, False
    rest = name[:begin].rstrip(" ")
    return (key, True) if rest and rest[-1] in _CELL_BEGINS else ("", False)


def _is_typical_file(name: str) -> bool:
    labels = name.split(".")
    stem = labels[-2]
    return len(labels) == 2 and (stem in words.FILE_STEMS or stem.startswith("lib"))
