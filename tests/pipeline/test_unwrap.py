from __future__ import annotations

import time
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline import extract, extract_iocs

TARGET = "https://badshop.com/a_b-c/?x=1&y=2"
ENCODED = quote(TARGET, safe="")
BASE64 = b64encode(TARGET.encode()).decode()
V2 = "https-3A__badshop.com_a-5Fb-2Dc_-3Fx-3D1-26y-3D2"


@pytest.mark.parametrize(
    "wrapper",
    [
        f"https://eur01.safelinks.protection.outlook.com/?url={ENCODED}&data=05%7C01&reserved=0",
        f"https://gcc02.safelinks.protection.outlook.com/ap/w-59?url={ENCODED}&data=05",
        f"https://nam.safelink.emails.azure.net/redirect/?destination={ENCODED}&p=bT",
        f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={ENCODED}",
        f"https://urldefense.proofpoint.com/v1/url?u={ENCODED}&k=oIvRg1",
        f"https://urldefense.proofpoint.com/v2/url?u={V2}&d=DwMFaQ&c=x",
        f"https://urldefense.com/v3/__{TARGET}__;!!N3hqHg43uw!sS$",
        f"https://secure-web.cisco.com/1aB-c_D/{ENCODED}",
        f"https://linkprotect.cudasvc.com/url?a={ENCODED}&c=E,1,x&typo=1",
        f"https://eu-west-1.protection.sophos.com?d=badshop.com&u={BASE64}&i=NWU&t=x&h=0&s=A",
        f"https://eu-west-1.protection.sophos.com/?d=badshop.com&u={quote(BASE64, safe='')}&i=N",
        f"https://ddec1-0-en-ctp.trendmicro.com:443/wis/clicktime/v1/query?url={ENCODED}&umid=1",
        f"https://protect2.fireeye.com/v1/url?k=1-2&q=1&e=3&u={ENCODED}",
        f"https://protect.fireeye.com/url?k=1&u={ENCODED}",
        f"https://clicktime.symantec.com/3Pcx?u={ENCODED}",
        f"https://mail.example.org/fmlurlsvc/?fewReq=:B:JVE0&url={ENCODED}",
        f"https://192.0.2.7:8443/fmlurlsvc/?url={ENCODED}",
        f"https://www.google.com/url?sa=t&source=web&url={ENCODED}&ved=2",
        f"https://www.google.co.uk/url?q={ENCODED}&sa=D",
        f"https://l.facebook.com/l.php?u={ENCODED}&h=AT0",
        f"https://www.youtube.com/redirect?event=video&q={ENCODED}&v=x",
        f"https://www.linkedin.com/redir/redirect?url={ENCODED}&urlhash=1",
        f"https://slack-redir.net/link?url={ENCODED}&v=3",
        f"https://www.bing.com/ck/a?!&&p=1&u=a1{urlsafe_b64encode(TARGET.encode()).decode()}&ntb=1",
        f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={ENCODED}/RK=2/RS=x-",
        f"https://duckduckgo.com/l/?uddg={ENCODED}&rut=1",
        f"https://vk.com/away.php?to={ENCODED}",
        f"hxxps://eur01[.]safelinks[.]protection[.]outlook[.]com/?url={ENCODED}&data=x",
        f"eur01.safelinks.protection.outlook.com/?url={ENCODED}&data=x",
        f"https://www.google.com/url?q={quote(TARGET.replace('https', 'hxxps'), safe='')}&sa=D",
        f"https://www.google.com/url?q={quote(ENCODED, safe='')}&sa=D",
    ],
)
def test_target_of_a_known_wrapper_is_an_ioc_too(wrapper: str) -> None:
    text = f"click\n <{wrapper}> now"
    outer, inner = extract(text).found
    assert inner.ioc.value == TARGET
    assert inner.unwrapped_from == outer.ioc.value
    assert outer.unwrapped_from is None
    assert inner.rule == "target of a link-protection or redirecting URL"
    assert text[inner.offset : inner.end] == inner.ioc.raw_match
    assert outer.offset < inner.offset
    assert inner.end <= outer.end
    assert inner.line == 2
    assert extract_iocs(text) == [outer.ioc, inner.ioc]


@pytest.mark.parametrize(
    ("wrapper", "expected"),
    [
        (
            "https://urldefense.com/v3/__https://badshop.com/a*b**Bc__;wqHDqcOow7w!!N3!x$",
            "https://badshop.com/a%C2%A1b\u00e9\u00e8\u00fcc",
        ),
        (
            "https://urldefense.com/v3/__https:/badshop.com/a__;!!N3hqHg43uw!x$",
            "https://badshop.com/a",
        ),
        ("https://www.google.com/amp/s/badshop.com/x", "https://badshop.com/x"),
        ("https://www.google.com/url?q=www.badshop.com/x&sa=D", "http://www.badshop.com/x"),
        ("https://www.google.com/url?q=http://badshop.com/x&sa=D", "http://badshop.com/x"),
        (
            "https://l.facebook.com/l.php?u=http%3A%2F%2Fbadshop.com%2Fa%20%22b%22",
            "http://badshop.com/a%20%22b%22",
        ),
        (
            "https://slack-redir.net/link?url=http%3A%2F%2F%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.com",
            "http://xn--e1afmkfd.com",
        ),
        ("https://protect-us.mimecast.com/s/AbC?domain=badshop.com", "badshop.com"),
    ],
)
def test_odd_targets_are_decoded(wrapper: str, expected: str) -> None:
    _, inner = extract_iocs(f"see {wrapper} there")
    assert inner.value == expected


@pytest.mark.parametrize(
    "url",
    [
        f"https://tracker.example.net/?url={ENCODED}",
        f"https://www.google.com.badshop.com/url?q={ENCODED}",
        f"https://google.com@badshop.com/url?q={ENCODED}",
        f"https://notsafelinks-protection.outlook.com/?url={ENCODED}",
        "https://protect-eu.mimecast.com/s/AbCdEf0123",
        "https://lnkd.in/abc",
        "https://www.google.com/search?q=http",
        "https://www.google.com/url?q=/settings/http",
        "https://www.google.com/url?q=http%3A%2F%2F999.1.1.1%2Fx",
        "https://www.google.com/url?q=http%3A%2F%2F",
        "https://eu-west-1.protection.sophos.com/?d=a&u=aHR0!x",
        "https://eu-west-1.protection.sophos.com/?d=a&u=aHR0_w",
        "https://www.bing.com/ck/a?u=b1aHR0",
        "https://protect-us.mimecast.com/s/AbC?domain=setup.exe",
        "https://www.google.com/url#q=http",
    ],
)
def test_a_url_without_a_readable_target_is_just_a_url(url: str) -> None:
    assert [ioc.value for ioc in extract_iocs(f"see {url} there")] == [url]


def _wrap(url: str) -> str:
    return f"https://www.google.com/url?q={quote(url, safe='')}&sa=D"


def test_all_layers_of_a_wrapped_url_are_unwrapped() -> None:
    first = f"https://a.safelinks.protection.outlook.com/?url={quote(_wrap(TARGET), safe='')}&r=0"
    found = extract(f"{first} {first}").found
    assert [evidence.ioc.value for evidence in found] == [first, _wrap(TARGET), TARGET]
    assert [evidence.unwrapped_from for evidence in found] == [None, first, _wrap(TARGET)]
    assert [evidence.count for evidence in found] == [2, 2, 2]


def test_a_wrapper_that_is_encoded_itself_is_unwrapped() -> None:
    text = f"x {quote(_wrap(TARGET), safe='')} y"
    outer, inner = extract(text).found
    assert (outer.ioc.value, inner.ioc.value) == (_wrap(TARGET), TARGET)
    assert outer.defanged
    assert outer.rule == "percent-encoded scheme and host"
    assert text[inner.offset : inner.end] == inner.ioc.raw_match


def test_the_number_of_layers_is_bounded() -> None:
    url = TARGET
    for _ in range(9):
        url = _wrap(url)
    assert len(extract_iocs(url)) == 6


@given(st.text(max_size=30))
def test_any_target_is_found_and_can_be_found_again(tail: str) -> None:
    wrapper = _wrap(f"https://badshop.com/{tail}")
    iocs = extract_iocs(wrapper)
    assert extract_iocs("\n".join(ioc.value for ioc in iocs)) == iocs
    assert iocs[1].value.startswith("https://badshop.com")


@pytest.mark.parametrize("piece", ["%2541", "http%3A%2F%2F", "&u=http", "*", "__;", "/", "(", "&"])
@pytest.mark.parametrize(
    "start",
    [
        "https://www.google.com/url?q=http%3A%2F%2Fbadshop.com%2F",
        "https://urldefense.com/v3/__https://badshop.com/",
        "https://r.search.yahoo.com/http",
        "https://secure-web.cisco.com/http",
    ],
)
def test_time_grows_with_the_target(start: str, piece: str) -> None:
    def seconds(size: int) -> float:
        """Return the best time of four: a garbage collection may fall into any one of them."""
        text = start + (piece * size)[:size]
        times = []
        for _ in range(4):
            begin = time.process_time()
            extract_iocs(text)
            times.append(time.process_time() - begin)
        return min(times)

    assert seconds(80_000) <= 24 * max(seconds(10_000), 0.002)
