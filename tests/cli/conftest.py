from __future__ import annotations

from pathlib import Path

import pytest

TEXT = "hxxp://evil[.]example[.]com/a\nevil.net 1.2.3[.]4 evil.net setup.exe\n"


@pytest.fixture
def alert(tmp_path: Path) -> str:
    path = tmp_path / "alert.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)
