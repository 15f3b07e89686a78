"""What the commands read and print: files of JSON in; lines for people, or JSON for programs, out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from authz.errors import Refusal

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
from_file = click.option("--from", "source", required=True, metavar="FILE", help="File of JSON; - for standard input.")


class Refused(click.ClickException):
    """A command that was refused: one sentence on standard error, exit status 1."""

    def show(self, file: Any = None) -> None:
        """Print the sentence."""
        click.echo(f"appairage: {self.message}", err=True)


class FileUnfit(Refusal):
    """A file that was given does not hold what it should."""

    code = "unfit_file"


def read_object(source: str) -> dict[str, Any]:
    """Read one JSON object from a file, or from standard input for `-`."""
    name = "Standard input" if source == "-" else source
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        found = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise FileUnfit(f"{name} is not UTF-8 text.") from error
    except RecursionError as error:
        raise FileUnfit(f"{name} is nested too deeply.") from error
    except ValueError as error:
        raise FileUnfit(f"{name} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise FileUnfit(f"{name} does not hold a JSON object.")
    return found


def show(facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: a line for each of its members, or a JSON object."""
    if as_json:
        return _dump(facts)
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {_plain(value)}")
    return None


def table(rows: Iterable[Mapping[str, Any]], *columns: str, as_json: bool) -> None:
    """Print a list: some columns of each row, or a JSON array with all of them."""
    listed = list(rows)
    if as_json:
        return _dump(listed)
    cells = [[name.upper() for name in columns], *([_plain(row[name]) for name in columns] for row in listed)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells if listed else []:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return None


def _plain(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return " ".join(value) or "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _dump(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
