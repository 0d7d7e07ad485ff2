"""make demo: online mode with invented answers, in a folder of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.fakes.demo import DATA_DIR
from tests.patience import PATIENCE_S
from tests.programs import PROJECT, environment

pytestmark = pytest.mark.slow


def test_the_demo_answers_online_without_a_key_and_says_that_it_is_one(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.demo"],
        cwd=PROJECT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[3]
            form = {"text": "files[.]example[.]net", "mode": "online"}
            answer = requests.post(
                address + "/analyze",
                data=form,
                headers={"Accept": "application/json"},
                timeout=PATIENCE_S,
            ).json()
            page = requests.get(address + answer["results_url"], timeout=PATIENCE_S).text
            assert "invented" in page
            assert verdict(address + answer["status_url"]) == "malicious"
        finally:
            process.kill()
    assert DATA_DIR.is_relative_to(PROJECT)
    assert (tmp_path / "data" / "telltale.db").exists()


def verdict(status_url: str) -> object:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        status = requests.get(status_url, timeout=PATIENCE_S).json()
        if status["complete"]:
            return status["results"][0]["verdict"]
    raise AssertionError("the demo did not answer")
