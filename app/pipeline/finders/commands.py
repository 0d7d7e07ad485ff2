"""Where a URL ends in a command line: separators of the shell end it, which in prose are a part.

A command line is seen from the command that takes the URL, or from the one behind the separator.
"""

from __future__ import annotations

import re

_TAKES_URL = (
    "wget|curl|fetch|aria2c|axel|lynx|lwp-download|tftp|ftpget|mshta|certutil|bitsadmin|regsvr32"
    "|rundll32|msiexec|iwr|irm|invoke-webrequest|invoke-restmethod|start-bitstransfer|powershell"
    "|pwsh|busybox|nohup|xargs|wmic|cscript|wscript|xdg-open"
)
_ENDS = r"(?=\s|[;&|+%$>\"'`)]|\\[nr])"
_COMMAND = re.compile(
    r"(?:[\s+]|%20|\$\{?IFS\}?)*+(?:"
    rf"(?:{_TAKES_URL}|python[23]?|perl|ruby|start|sudo|nc|telnet|sh|bash|ash|dash|zsh|ksh|su|chmod|chown|cd|rm|mv|cp|cat|ls|echo|printf|exit"
    r"|mkdir|touch|tar|unzip|gzip|gunzip|base64|sed|awk|grep|kill|killall|pkill|sleep|history|export"
    r"|unset|set|eval|exec|disown|crontab|systemctl|service|iptables|ps|id|uname|whoami|del|copy"
    r"|move|attrib|schtasks|reg|net|taskkill|timeout|ping|php|java|exit|true|false|wait|done|fi)"
    rf"(?:\.exe)?{_ENDS}"
    r"|\./|/(?:bin|usr|tmp|var|dev|etc|sbin|opt)/|[$({]|%[A-Za-z]{2,20}%|[A-Za-z]:\\"
    r"|[\w.-]{1,40}\.(?:exe|sh|bat|cmd|ps1|vbs|js)(?![\w.]))",
    re.IGNORECASE,
)
_WINDOW = 200
_TAKER = re.compile(rf"(?<![\w.-])(?:{_TAKES_URL})(?:\.exe)?(?=[\s+%$\"'{{])", re.IGNORECASE)
_GAP = re.compile(r"(?:[\s+]|%20|\$\{?IFS\}?(?:\$9)?)+", re.IGNORECASE)
_NO_PROSE = re.compile(r"[-/$%<>{\"'`@]|.*[./\\:=_0-9]")
_PARAMETER = re.compile(r"[\w.-]{1,40}=[\w.%+-]*(?![;&|\w])")
_ENCODED_END = re.compile(r"\+|%(?:20|22|27|26|3b|60|7c|0a|0d)|;|&", re.IGNORECASE)
_QUOTES = frozenset("\"'`<")


def separator_ends(text: str, begin: int, at: int) -> bool:
    """Return whether the semicolon at a position ends a command, and with it the URL."""
    if text[begin - 1] in _QUOTES:
        return False
    if _COMMAND.match(text, at + 1):
        return True
    return not _PARAMETER.match(text, at + 1) and _is_argument(text, begin)


def command_end(text: str, begin: int, path: int, end: int) -> int:
    """Return where a URL ends that holds an `&`, or stands behind an encoded space."""
    if text[begin - 1] in _QUOTES:
        return end
    if text[begin - 1] == "+" or text.startswith("%20", begin - 3):
        if _is_argument(text, begin) and (stop := _ENCODED_END.search(text, path, end)):
            return stop.start()
        return end
    at = text.find("&", path, end)
    is_argument: bool | None = None
    while at >= 0:
        is_double = text[at + 1] == "&"
        after = at + 1 + is_double
        is_path = text.find("?", path, at) < 0
        if (is_double or is_path) and _COMMAND.match(text, after):
            return at
        if is_path or after >= end or (is_double and not _PARAMETER.match(text, after)):
            if is_argument is None:
                is_argument = _is_argument(text, begin)
            if is_argument:
                return at
        at = text.find("&", after, end)
    return end


def _is_argument(text: str, begin: int) -> bool:
    """Return whether a command takes the URL: only options stand between the two."""
    start = max(text.rfind("\n", max(0, begin - _WINDOW), begin), begin - _WINDOW, 0)
    before = text[start:begin]
    takers = list(_TAKER.finditer(before))
    if not takers:
        return False
    is_option = False
    for word in _GAP.split(before[takers[-1].end() :]):
        if word and not _NO_PROSE.match(word) and not is_option:
            return False
        is_option = word[:1] in "-/"
    return True
