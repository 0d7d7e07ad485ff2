from __future__ import annotations

import codecs
import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.cli.conftest import TEXT

Captured = pytest.CaptureFixture[str]


def test_the_text_format_has_one_ioc_a_line(alert: str, capsys: Captured) -> None:
    assert main(["extract", alert]) == 0
    assert capsys.readouterr() == ("http://evil.example.com/a\nevil.net\n1.2.3.4\n", "")


def test_a_table_groups_by_type(alert: str, capsys: Captured) -> None:
    assert main(["extract", "-f", "table", "--defang", alert]) == 0
    table = "ipv4    1[.]2[.]3[.]4\ndomain  evil[.]net\nurl     hxxp://evil[.]example[.]com/a\n"
    assert capsys.readouterr().out == table


def test_json_lines_name_type_and_value(alert: str, capsys: Captured) -> None:
    assert main(["extract", "--format", "jsonl", "--types", "ipv4, DOMAIN", alert]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [
        {"type": "domain", "value": "evil.net"},
        {"type": "ipv4", "value": "1.2.3.4"},
    ]


def test_json_is_one_array(alert: str, tmp_path: Path, capsys: Captured) -> None:
    main(["extract", "--format", "json", "--defang", alert])
    values = [found["value"] for found in json.loads(capsys.readouterr().out)]
    assert values == ["hxxp://evil[.]example[.]com/a", "evil[.]net", "1[.]2[.]3[.]4"]
    assert main(["extract", "--format", "json", os.devnull]) == 1
    assert json.loads(capsys.readouterr().out) == []


def test_csv_holds_no_formula(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "mail.txt"
    path.write_text("from =cmd@evil.com and a.com\n", encoding="utf-8")
    assert main(["extract", "--format", "csv", "--explain", str(path)]) == 0
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header[:4] == ["type", "value", "raw_match", "file"]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert main(["extract", "--format", "csv", os.devnull]) == 1
    assert capsys.readouterr().out == "type,value\r\n"


def test_types_that_are_off_by_default_are_found_if_they_are_named(
    alert: str, capsys: Captured
) -> None:
    main(["extract", "--also", "filename", alert])
    assert "setup.exe" in capsys.readouterr().out.splitlines()
    assert main(["extract", "--types", "filename", alert]) == 0
    assert capsys.readouterr().out == "setup.exe\n"
    main(["extract", "--types", "ipv4", "--also", "filename", alert])
    assert capsys.readouterr().out.splitlines() == ["1.2.3.4", "setup.exe"]
    with pytest.raises(SystemExit):
        main(["extract", "--also", "ipv4", alert])
    assert "'ipv4' is none of filename, user_agent" in capsys.readouterr().err
    main(["extract", alert])
    assert "setup.exe" not in capsys.readouterr().out


def explained(capsys: Captured, *arguments: str) -> list[dict[str, Any]]:
    main(["extract", "--explain", "--format", "jsonl", *arguments])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_explained_iocs_have_their_places_in_the_text(alert: str, capsys: Captured) -> None:
    url, domain, address, miss = explained(capsys, alert)
    for row in (url, domain, address, miss):
        assert TEXT[row["offset"] : row["end"]] == row["raw_match"]
        assert row["file"] == alert
    assert (domain["count"], domain["line"], domain["defanged"]) == (2, 2, False)
    assert (address["count"], address["raw_match"]) == (1, "1.2.3[.]4")
    assert (miss["type"], miss["value"]) == ("near_miss", "setup.exe")
    assert miss["reason"]


def test_a_table_lists_near_misses_below_the_iocs(alert: str, capsys: Captured) -> None:
    main(["extract", "--explain", "--format", "table", alert])
    table = capsys.readouterr().out
    assert "2 times from line 2" in table
    assert "written as 1.2.3[.]4" in table
    assert "Not treated as IOCs:\n  setup.exe: " in table
    main(["extract", "--explain", alert])
    assert "setup.exe" not in capsys.readouterr().out


def test_an_ioc_of_several_files_is_written_once(alert: str, capsys: Captured) -> None:
    main(["extract", alert, alert])
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert len(explained(capsys, alert, alert)) == 8


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
    ],
)
def test_the_encoding_follows_from_the_byte_order_mark(
    encoding: str, mark: bytes, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "alert.txt"
    path.write_bytes(mark + "evil.com bücher.de\n".encode(encoding))
    assert [row["offset"] for row in explained(capsys, str(path))] == [0, 9]


def test_each_unreadable_file_gives_one_sentence(
    alert: str, tmp_path: Path, capsys: Captured
) -> None:
    missing = str(tmp_path / "none\x1b[31m.txt")
    assert main(["extract", missing, alert]) == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    (sentence,) = err.splitlines()
    assert sentence.startswith("telltale: cannot read ")
    assert sentence.endswith("none‹U+001B›[31m.txt: No such file or directory")


def test_a_path_below_a_file_gives_one_sentence(alert: str, capsys: Captured) -> None:
    assert main(["extract", f"{alert}/inside"]) == 2
    assert capsys.readouterr().err == f"telltale: cannot read {alert}/inside: Not a directory\n"


@pytest.mark.parametrize(
    "arguments",
    [["extract", "--format", "xml"], ["extract", "--types", "ipv4,\x1bhost"], ["find"], []],
)
def test_wrong_usage_gives_one_sentence(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.isprintable()
    assert "--help" in sentence


@pytest.mark.parametrize("command", [[], ["extract"], ["defang"], ["refang"], ["serve"]])
def test_help_gives_examples(command: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "example" in capsys.readouterr().out
