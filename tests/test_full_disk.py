"""Uploads to a full disk, or to a data folder that is gone: an answer, and a server after."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import requests

from tests.disks import mounted
from tests.patience import PATIENCE_S
from tests.programs import forked

pytestmark = pytest.mark.slow

AS_JSON = {"Accept": "application/json"}


def upload(address: str, size: int) -> requests.Response:
    return requests.post(
        f"{address}/api/upload",
        data={"mode": "offline"},
        files={"files": ("a.txt", b"8.8.4.4 " * (size // 8))},
        headers=AS_JSON,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize("size", [900_000, 1_600_000, 8_000_000, 30_000_000])
def test_an_upload_that_a_full_disk_does_not_take_is_answered(tmp_path: Path, size: int) -> None:
    with (
        mounted(tmp_path / "data", "size=1500k,mode=700"),
        forked(tmp_path) as (_, address),
    ):
        answer = upload(address, size)
        assert answer.status_code in (503, 507)
        assert answer.json()["error"].endswith(".")
        assert "No space left" in answer.json()["error"] or "full" in answer.json()["error"]
        kept = requests.post(
            f"{address}/analyze",
            {"text": "8.8.4.4", "mode": "offline"},
            headers=AS_JSON,
            timeout=PATIENCE_S,
        )
        assert kept.status_code in (200, 202)
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("size", [8, 8_000_000])
def test_an_upload_into_a_data_folder_that_is_gone_is_answered(tmp_path: Path, size: int) -> None:
    with forked(tmp_path) as (_, address):
        shutil.rmtree(tmp_path / "data")
        answer = upload(address, size)
        assert answer.status_code in (503, 507)
        assert answer.json()["error"].endswith(".")
        pasted = requests.post(
            f"{address}/analyze",
            {"text": "8.8.4.4", "mode": "offline"},
            headers=AS_JSON,
            timeout=PATIENCE_S,
        )
        assert pasted.status_code == 503
        assert "while Telltale ran" in pasted.json()["error"]
    assert not (tmp_path / "data").exists()
    assert "Traceback" not in (tmp_path / "log").read_text()
