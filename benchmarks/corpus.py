"""Texts as analysts meet them, invented line by line from a seed."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator

SEED = 20_260_101


def _listed(words: str) -> list[str]:
    return words.split()


_WORDS = _listed(
    """
    the of and to a in on for with by that was from attack malware sample server command control
    loader payload victim campaign observed traffic phishing document macro download registry key
    scheduled task service process memory report version update vendor file name size actor group
    """
)
_TLDS = _listed("com net org info xyz top ru io co.uk com.br de site online dev")
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
    "curl/8.5.0",
    "python-requests/2.32.3",
)
_EXTENSIONS = _listed("php html js css png exe zip aspx json")


class Corpus:
    def __init__(self, seed: int = SEED) -> None:
        self._random = random.Random(seed)

    def text(self, kind: str, size: int) -> str:
        """As many characters as asked for, or a few more up to the end of a line."""
        return "".join(self.lines(kind, size))

    def lines(self, kind: str, size: int) -> Iterator[str]:
        makers = list(KINDS.values()) if kind == ALL_KINDS else [KINDS[kind]]
        written = 0
        while written < size:
            line = self._random.choice(makers)(self) + "\n"
            written += len(line)
            yield line

    def web_log(self) -> str:
        referrer = self._url() if self._random.random() < 0.5 else "-"
        return (
            f'{self._ipv4()} - - [{self._time()}] "GET {self._path()} HTTP/1.1" 200 '
            f'{self._number(99_999)} "{referrer}" "{self._random.choice(_AGENTS)}"'
        )

    def syslog(self) -> str:
        head = f"Mar {self._number(28):2} 10:{self._number(59):02}:07 srv{self._number(40):02}"
        tails = (
            f"kernel: IN=eth0 OUT= SRC={self._ipv4()} DST={self._ipv4()} LEN=60 TTL=52 PROTO=TCP "
            f"SPT={self._number(65_535)} DPT=443",
            f"sshd[{self._number(65_535)}]: Failed password for {self._word()} from {self._ipv4()} "
            f"port {self._number(65_535)} ssh2",
            f"postfix/smtpd[{self._number(65_535)}]: reject: RCPT from {self._host()}"
            f"[{self._ipv4()}]: to=<{self._word()}@{self._host()}>",
            f"dhclient[811]: bound to {self._ipv6()} -- renewal in {self._number(9999)} seconds.",
        )
        return f"{head} {self._random.choice(tails)}"

    def json_event(self) -> str:
        url = self._url().replace("/", "\\/")
        return (
            f'{{"@timestamp":"2026-03-{self._number(28):02}T10:00:00Z","host":{{"name":'
            f'"{self._word()}","ip":["{self._ipv4()}","{self._ipv6()}"]}},"process":{{"executable":'
            f'"C:\\\\Windows\\\\System32\\\\{self._word()}.exe","hash":{{"sha256":"{self._hex(64)}"'
            f'}}}},"url":{{"full":"{url}"}}}}'
        )

    def report(self) -> str:
        words = self._random.choices(_WORDS, k=self._random.randint(25, 80))
        for _ in range(self._random.randint(0, 3)):
            words.insert(self._random.randint(0, len(words)), self._mention())
        return f"{' '.join(words).capitalize()}.\n"

    def plain_list(self) -> str:
        return self._random.choice(
            (self._ipv4, self._host, self._url, lambda: self._hex(32), lambda: self._hex(64))
        )()

    def defanged_list(self) -> str:
        plain = self._random.choice((self._ipv4, self._host, self._url))()
        dot = self._random.choice(("[.]", "(.)", "[dot]"))
        return plain.replace("http", "hxxp", 1).replace(".", dot)

    def _mention(self) -> str:
        return self._random.choice(
            (
                self.defanged_list,
                lambda: f"{self._word()}@{self._host()}",
                lambda: f"CVE-20{self._number(26):02}-{self._number(30_000):04}",
                lambda: f"T1{self._number(600):03}.{self._number(9):03}",
                lambda: f"{self._word()}.exe",
                lambda: f"version {self._number(9)}.{self._number(9)}.{self._number(99)}",
                lambda: self._hex(64),
            )
        )()

    def _number(self, most: int) -> int:
        return self._random.randint(1, most)

    def _word(self) -> str:
        return "".join(self._random.choices(string.ascii_lowercase, k=self._random.randint(3, 12)))

    def _hex(self, length: int) -> str:
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def _time(self) -> str:
        return f"{self._number(28):02}/Mar/2026:10:{self._number(59):02}:07 +0000"

    def _ipv4(self) -> str:
        return ".".join(str(self._number(254)) for _ in range(4))

    def _ipv6(self) -> str:
        return f"2001:db8:{self._number(65_535):x}::{self._number(65_535):x}"

    def _host(self) -> str:
        labels = [self._word() for _ in range(self._random.choice((1, 1, 2, 3)))]
        return ".".join([*labels, self._random.choice(_TLDS)])

    def _path(self) -> str:
        folders = "".join(f"/{self._word()}" for _ in range(self._random.randint(0, 3)))
        query = f"?{self._word()}={self._word()}" if self._random.random() < 0.3 else ""
        return f"{folders}/{self._word()}.{self._random.choice(_EXTENSIONS)}{query}"

    def _url(self) -> str:
        return f"{self._random.choice(('http', 'https'))}://{self._host()}{self._path()}"


KINDS: dict[str, Callable[[Corpus], str]] = {
    "web log": Corpus.web_log,
    "firewall and syslog": Corpus.syslog,
    "JSON events": Corpus.json_event,
    "reports in prose": Corpus.report,
    "IOC list, plain": Corpus.plain_list,
    "IOC list, defanged": Corpus.defanged_list,
}


ALL_KINDS = "all of these, mixed"

HOSTILE = {
    "`a.` again and again": "a.",
    "dots": ".",
    "`1.1.`": "1.1.",
    "`[`": "[",
    "`a[.]`": "a[.]",
    "`a@`": "a@",
    "`http://`": "http://",
    "colons": "1:",
    "hexadecimal digits": "deadbeef01234567",
    "`%41/` in a URL": "%41/",
    "spaces": " ",
    "one endless line of IOCs": "",
}


def hostile(name: str, size: int) -> str:
    piece = HOSTILE[name]
    if not piece:
        return Corpus().text("IOC list, defanged", size).replace("\n", " ")[:size]
    head = "http://example.com/" if piece == "%41/" else ""
    return (head + piece * (size // len(piece) + 1))[:size]
