"""The finder of names decides on most addresses itself: it must agree with `VersionWatch`."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from app.pipeline import extract_iocs
from app.pipeline.contexts import VersionWatch

_BEFORE = st.lists(
    st.sampled_from(
        [
            *(
                "version",
                "v",
                "Chrome/",
                "FortiOS",
                "upgrade from",
                "from",
                "src",
                "版本",
                "\u00a7",
            ),
            *' \n,:=([<"\t|-./>x',
        ]
    ),
    max_size=5,
)
_NUMBERS = st.sampled_from(["9.8.7.6", "99.8.7.6", "2.5.4.3", "255.255.255.0", "0.0.0.255"])
_AFTER = st.sampled_from([" ", " and earlier", ", or later\n", "\n", ")", "]", '"', " x"])


@given(_BEFORE, _NUMBERS, _AFTER)
@example(["版本", "\n"], "9.8.7.6", "\n")
def test_an_address_is_found_unless_there_is_an_objection(
    before: list[str], numbers: str, after: str
) -> None:
    pasted = "".join(before)
    text = f"\n{pasted}{numbers}{after}\n"
    start = len(pasted) + 1
    objection = VersionWatch(text).objection(start, start + len(numbers))
    is_mask = numbers in ("255.255.255.0", "0.0.0.255")
    found = [ioc.value for ioc in extract_iocs(pasted + numbers + after)]
    stands_apart = not pasted[-1:].isalnum() and pasted[-1:] not in (".", "-", "/")
    if objection or is_mask:
        assert numbers not in found
    elif stands_apart and ":" not in pasted:
        assert numbers in found
