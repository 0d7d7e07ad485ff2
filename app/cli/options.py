"""The commands and options of the command line, and their help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from app import __version__
from app.cli.backup import run_backup, run_restore
from app.cli.extraction import run_extract
from app.cli.filters import run_defang, run_refang
from app.cli.formats import FORMATS
from app.early_end import end_at_once
from app.pipeline.models import OFF_BY_DEFAULT, IOCType
from app.pipeline.visible import make_visible

_ABOUT = "Telltale finds indicators of compromise (IOCs) in any text."
_EXAMPLES = """\
examples:
  telltale extract alert.txt
  zcat proxy.log.gz | telltale extract --types domain,url
  telltale serve
"""
_EXTRACT = """\
Finds every IOC, undoes the defanging, and writes each one once, in the order in which they
were first seen. Texts of any size are read as a stream: UTF-8, UTF-16 or UTF-32. Documents
(mails, PDFs, Office files, archives and the like) are unpacked; folders are read to any depth."""
_EXTRACT_NOTES = """\
formats:
  table   grouped by type, for people; the default on a terminal
  text    one IOC a line; the default in a pipe or a file
  jsonl   one {"type": …, "value": …} a line, written as soon as it is found
  json    one array of the same
  csv     type and value; no cell can act as a formula in a spreadsheet

A table on a terminal is defanged, everything else is not; --defang and --raw decide.

With a document or a folder among the files, jsonl, json and csv list each place of an IOC:
document, part and line. The hashes of each document and of the files in it are IOCs as well.

With --explain each IOC comes with how often and where it stood first (line; offset and end in
characters), whether it was defanged, and the rule that found it; then come the near misses,
of type "near_miss", with the reason why they are none. Each file is explained by itself.

exit codes:
  0  something was found     2  wrong usage, or a file cannot be read whole (the others are)
  1  nothing was found     130  Ctrl-C        141  the reader of the output went away

examples:
  telltale extract report.txt
  telltale extract --format jsonl /var/log/*.log | jq -r .value
  zcat proxy.log.gz | telltale extract --types ipv4,domain,url > iocs.txt
  telltale extract --explain --format json alert.eml
  telltale extract --format jsonl case-17/
"""
_SERVE_NOTES = """\
The settings come from the environment or from a file .env in the working folder, see the README.

example:
  TELLTALE_PORT=8080 telltale serve
"""
_BACKUP_NOTES = """\
The server may go on meanwhile. The file is readable for this account alone, and takes the place of
an earlier backup of the same name when it is complete. API keys are not in it.

example:
  telltale backup telltale-monday.db
"""
_RESTORE_NOTES = """\
End the server first. The database that is replaced is kept beside the new one, as
telltale.db.replaced, until the next restore.

example:
  telltale restore telltale-monday.db
"""
_FILTER_NOTES = """\
Only the IOCs change, the rest of the text stays as it is, byte for byte. Where the output is
a terminal, control characters are shown by their number.

examples:
  telltale {name} < report.txt > {name}ed.txt
  {command}
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit with one sentence; the usage would be noise for a program that reads our output."""
        self.exit(2, f"{self.prog}: {make_visible(message)} (try {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets `run`, a function that returns the exit code."""
    top = _Parser(
        prog="telltale",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.set_defaults(is_filter=True)
    top.add_argument("--version", action="version", version=f"telltale {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_extract(_command(commands, "extract", "find the IOCs in files", _EXTRACT, _EXTRACT_NOTES))
    for name, run, command in (
        ("defang", run_defang, "git log -1 | telltale defang"),
        ("refang", run_refang, "pbpaste | telltale refang | telltale extract"),
    ):
        about = f"{name} the IOCs in a text"
        notes = _FILTER_NOTES.format(name=name, command=command)
        filtering = _command(
            commands, name, about, f"{name.capitalize()}s every IOC in a text.", notes
        )
        _add_files(filtering)
        filtering.set_defaults(run=run)
    serve = _command(commands, "serve", "start the web app", "Start the web app.", _SERVE_NOTES)
    serve.set_defaults(run=_run_serve, is_filter=False)
    _add_backup(commands)
    return top


def _add_backup(commands: argparse._SubParsersAction[_Parser]) -> None:
    for name, run, about, notes in (
        ("backup", run_backup, "write the database into a file", _BACKUP_NOTES),
        ("restore", run_restore, "put a backup in the place of the database", _RESTORE_NOTES),
    ):
        command = _command(commands, name, about, f"{about.capitalize()}.", notes)
        command.add_argument("file", type=Path, metavar="FILE", help="the backup")
        command.set_defaults(run=run)


def _command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    about: str,
    description: str,
    notes: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=about,
        description=description,
        epilog=notes,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_extract(command: argparse.ArgumentParser) -> None:
    _add_files(command)
    command.add_argument(
        "-f", "--format", choices=FORMATS, help="how to write them: %(choices)s", metavar="FORMAT"
    )
    command.add_argument(
        "-t",
        "--types",
        type=_types,
        metavar="TYPE,…",
        help=f"only these types: {', '.join(IOCType)}",
    )
    command.add_argument(
        "--also",
        type=_types_off_by_default,
        default=frozenset(),
        metavar="TYPE,…",
        help=f"also these types, which are off by default: {', '.join(sorted(OFF_BY_DEFAULT))}",
    )
    shape = command.add_mutually_exclusive_group()
    shape.add_argument("--defang", action="store_true", default=None, help="write them defanged")
    shape.add_argument(
        "--raw", action="store_false", dest="defang", help="write them as programs need them"
    )
    command.add_argument(
        "--explain", action="store_true", help="say where and why, and near misses"
    )
    command.set_defaults(run=run_extract)


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files",
        nargs="*",
        default=["-"],
        metavar="FILE",
        help="what to read; - or nothing: standard input",
    )


def _types(written: str) -> frozenset[IOCType]:
    names = [name.strip().lower() for name in written.split(",")]
    for name in names:
        if name not in set(IOCType):
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(IOCType)}")
    return frozenset(IOCType(name) for name in names)


def _types_off_by_default(written: str) -> frozenset[IOCType]:
    types = _types(written)
    for kind in types - OFF_BY_DEFAULT:
        raise argparse.ArgumentTypeError(
            f"{kind.value!r} is none of {', '.join(sorted(OFF_BY_DEFAULT))}"
        )
    return types


def _run_serve(options: argparse.Namespace) -> int:
    end_at_once()
    # Imported here: the other commands start without a web framework.
    from app.server import main

    return main()
