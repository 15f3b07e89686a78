"""`appairage cgm`: the glucose figures and the report of an export on this disk, without a server.

The command that carries these verbs (`authz.cli`) turns what they refuse into a sentence and an exit status.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import tzinfo
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from authz import clock

if TYPE_CHECKING:
    from connectors.cgm.goals import Population
    from connectors.cgm.readings import DateOrder, Export
    from connectors.cgm.summary import Summary

# The figures and typst are imported by the commands that need them: `--help` waits for neither.
Format = Literal["auto", "libreview", "clarity", "plain"]
FORMATS: tuple[Format, ...] = ("auto", "libreview", "clarity", "plain")
MOST_BYTES = 33 * 1024 * 1024

Command = TypeVar("Command", bound=Callable[..., object])


class Zone(click.ParamType[tzinfo]):
    """The name of a time zone."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """Find the zone, or call it wrong usage."""
        try:
            return ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value} is not a time zone; write it like Europe/Paris.", param, ctx)


def names_goals(command: Command) -> Command:
    """Add the option of every command that sets figures beside goals."""
    goals = click.option(
        "--goals", type=click.Choice(["adults", "older", "none"]), default="adults", show_default=True,
        help="Whose goals: adults, people of 65 or more or at high risk, or none, as for a child.",
    )  # fmt: skip
    return goals(command)


def reads_an_export(command: Command) -> Any:
    """Add the argument and the options of every command that reads an export, and hand it the export."""

    @wraps(command)
    def reading(*, file: Path, fmt: Format, dates: DateOrder | None, **rest: Any) -> object:
        return command(export=_read(file, fmt, dates), **rest)

    for option in (
        click.option("--dates", type=click.Choice(["dmy", "mdy"]), help="Order of dates that the file leaves open."),
        click.option(
            "--zone", type=Zone(), default="Europe/Paris", show_default=True, help="Zone of the file's clock."
        ),
        click.option("--format", "fmt", type=click.Choice(FORMATS), default="auto", show_default=True),
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    ):
        reading = option(reading)
    return reading


@click.group()
def cgm() -> None:
    """Figures and report of continuous glucose readings."""


@cgm.command()
@names_goals
@reads_an_export
@click.option("--window", type=click.Choice(["all", "14d"]), default="all", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def summary(*, export: Export, zone: tzinfo, goals: Population, window: str, as_json: bool) -> None:
    """Print the consensus figures of an export."""
    from connectors.cgm.summary import REPORT_DAYS, summarise

    figures = summarise(export, zone=zone, days=REPORT_DAYS if window == "14d" else None)
    click.echo(_as_json(figures, export) if as_json else _as_list(figures, export, goals))


@cgm.command()
@names_goals
@reads_an_export
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF to write.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--subject", default="", help="Whose readings these are, printed under the title.")
def report(*, export: Export, zone: tzinfo, goals: Population, out: Path, lang: str, subject: str) -> None:
    """Write the report of the last 14 dates of an export, as a PDF."""
    from connectors.cgm.report import make_report
    from connectors.cgm.report_data import origin_line
    from connectors.cgm.summary import REPORT_DAYS, summarise

    figures = summarise(export, zone=zone, days=REPORT_DAYS, traces=True)
    origin = origin_line(lang, source="", devices=export.devices)
    made_at = clock.now().astimezone(zone)
    content = make_report(figures, lang=lang, made_at=made_at, population=goals, subject=subject, origin=origin)
    out.write_bytes(content)
    click.echo(f"{out}: {len(content) // 1000} kB, {figures['start_date']} to {figures['end_date']}")


def _read(file: Path, fmt: Format, dates: DateOrder | None) -> Export:
    from connectors.cgm import payloads

    with file.open("rb") as stream:
        return payloads.read(stream.read(MOST_BYTES), fmt=fmt, dates=dates)


def _as_json(figures: Summary, export: Export) -> str:
    rejected = [{"line": row.line, "reason": row.reason} for row in export.rejected]
    origin = {"format": export.format, "devices": export.devices, "ignored_rows": export.ignored, "rejected": rejected}
    return json.dumps({**figures, **origin}, ensure_ascii=False, indent=2)


def _as_list(figures: Summary, export: Export, population: Population) -> str:
    from connectors.cgm.presentation import figure_rows, goal_rows, goals_note

    enough = "enough" if figures["sufficient_14d_70pct"] else "not enough"
    period = f"{figures['start_date']} to {figures['end_date']}"
    lines = [
        f"{period}, {figures['n']} readings, one every {figures['interval_min']} min ({export.format}, {export.unit})",
        f"{enough} data: the consensus asks for 14 dates and 70% of the time",
    ]
    for row in [
        *figure_rows(figures, "en", population=population),
        *goal_rows(figures, "en", population=population),
    ]:
        goal = "" if row.is_met is None else f"   goal {row.goal}: {'met' if row.is_met else 'not met'}"
        lines.append(f"  {row.name:<30}{row.value:>14}{goal}")
    lines.append(goals_note("en", population))
    if export.rejected:
        lines.append(f"{len(export.rejected)} rows could not be used; --json names them")
    return "\n".join(lines)
