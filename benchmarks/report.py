"""The figures for people (a table) and for programs (JSON), with the targets beside them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks import targets
from benchmarks.processes import Memory
from benchmarks.rounds import Measurement, Plan, ratio
from benchmarks.subject import Subject
from benchmarks.yardsticks import Yardsticks

OURS = "ours-postgresql"
COLUMNS = ("operation", "server", "units/s", "p50 ms", "p95 ms", "p99 ms", "CPU us", "DB CPU us")
MACHINE_COLUMNS = ("server", "software", "up after s", "RSS MiB", "PSS MiB")
AGAINST_COLUMNS = ("operation", "ours over", "throughput", "CPU", "milestone", "goal", "verdict")


@dataclass(frozen=True)
class Run:
    """Everything one run measured."""

    plan: Plan
    subjects: Sequence[Subject]
    measurements: Sequence[Measurement]
    memory: dict[str, Memory]
    yardsticks: Yardsticks


def as_json(run: Run) -> dict[str, Any]:
    """Return the whole run as plain data."""
    return {
        "machine": {
            "cores": psutil.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "load_after": psutil.getloadavg()[0],
        },
        "plan": vars(run.plan),
        "yardsticks": vars(run.yardsticks),
        "subjects": [_subject(subject, run.memory) for subject in run.subjects],
        "measurements": [measurement.as_dict() for measurement in run.measurements],
        "ratios": [
            {
                "operation": ours.operation,
                "peer": peer.subject,
                "ratio": ratio(ours, peer),
                "cpu": _cpu_ratio(ours, peer),
            }
            for ours, peer in _pairs(run.measurements)
        ],
        "findings": findings(run),
    }


def _subject(subject: Subject, memory: dict[str, Memory]) -> dict[str, Any]:
    held = memory.get(subject.name)
    return {
        "name": subject.name,
        "software": subject.software,
        "start_seconds": subject.start_seconds,
        "memory": vars(held) if held else None,
    }


def _pairs(measurements: Sequence[Measurement]) -> Iterable[tuple[Measurement, Measurement]]:
    """Pair ours on PostgreSQL with every peer's figure of the same operation."""
    for ours in measurements:
        if ours.subject == OURS:
            for peer in measurements:
                if peer.operation == ours.operation and not peer.subject.startswith("ours"):
                    yield ours, peer


def _cpu_ratio(ours: Measurement, peer: Measurement) -> float:
    """Return the peer's CPU for each unit over ours, server and database together: above 1 is better."""
    return (peer.server_cpu_us + peer.database_cpu_us) / max(ours.server_cpu_us + ours.database_cpu_us, 1e-9)


def findings(run: Run) -> list[str]:
    """List the limits that ours does not keep, one sentence each."""
    found = [
        f"{ours.operation} against {peer.subject}: {ratio(ours, peer):.2f}x, "
        f"wanted {targets.AGAINST[peer.subject][ours.operation].milestone}x"
        for ours, peer in _pairs(run.measurements)
        if _verdict(ours, peer) in ("below", "defect")
    ]
    for one in run.measurements:
        if one.subject.startswith("ours"):
            found += _limits(one, run.yardsticks)
    for subject in run.subjects:
        if subject.name.startswith("ours"):
            found += _house_limits(subject, run.memory.get(subject.name))
    if run.yardsticks.help_seconds > targets.HELP_SECONDS:
        found.append(f"--help takes {run.yardsticks.help_seconds:.2f} s, at most {targets.HELP_SECONDS}")
    return found


def _limits(one: Measurement, yardsticks: Yardsticks) -> Iterable[str]:
    where = f"{one.operation} on {one.subject}"
    if one.p99_ms > targets.P99_MS and one.operation not in targets.P99_EXEMPT:
        yield f"{where}: p99 {one.p99_ms:.1f} ms, at most {targets.P99_MS:.0f}"
    limit = targets.CPU_US.get(one.operation)
    if limit is not None and one.server_cpu_us > limit:
        yield f"{where}: {one.server_cpu_us:.0f} us of CPU, at most {limit:.0f}"
    beyond = one.server_cpu_us - yardsticks.hash_cpu_us
    if one.operation == "sign_in" and beyond > targets.SIGN_IN_CPU_BEYOND_HASH_US:
        yield f"{where}: {beyond:.0f} us of CPU beyond the hash, at most {targets.SIGN_IN_CPU_BEYOND_HASH_US:.0f}"


def _house_limits(subject: Subject, held: Memory | None) -> Iterable[str]:
    if held and held.pss_mib > targets.MEMORY_MIB:
        yield f"{subject.name}: {held.pss_mib:.0f} MiB, at most {targets.MEMORY_MIB:.0f}"
    if subject.start_seconds > targets.START_SECONDS:
        yield f"{subject.name}: up after {subject.start_seconds:.2f} s, at most {targets.START_SECONDS}"


def _verdict(ours: Measurement, peer: Measurement) -> str:
    wanted = targets.AGAINST.get(peer.subject, {}).get(ours.operation)
    return wanted.verdict(ratio(ours, peer)) if wanted else ""


def as_text(run: Run) -> str:
    """Return the tables for a terminal."""
    plan, yardsticks = run.plan, run.yardsticks
    head = (
        f"{plan.connections} connections, {plan.rounds} rounds of {plan.seconds} s, turn by turn; CPU is for one unit"
    )
    lines = [head, "", *_table(COLUMNS, map(measured_row, run.measurements))]
    lines += ["", *_table(MACHINE_COLUMNS, machine_rows(run))]
    ratios = list(ratio_rows(run))
    if ratios:
        lines += ["", *_table(AGAINST_COLUMNS, ratios)]
    hashed, helped = yardsticks.hash_cpu_us / 1000, yardsticks.help_seconds
    lines += ["", f"one password hash {hashed:.1f} ms of CPU; appairage --help {helped:.2f} s"]
    found = findings(run)
    lines += ["", *(found and ["Not kept:", *(f"  {line}" for line in found)])]
    return "\n".join(lines).rstrip()


def measured_row(one: Measurement) -> tuple[str, ...]:
    """Return a line of the first table."""
    latencies = (f"{value:.1f}" for value in (one.p50_ms, one.p95_ms, one.p99_ms))
    cpu = f"{one.server_cpu_us:.0f}", f"{one.database_cpu_us:.0f}"
    return one.operation, one.subject, f"{one.rate:.0f}", *latencies, *cpu


def machine_rows(run: Run) -> Iterable[tuple[str, ...]]:
    """Return a line for each server: what it is, how fast it was up, what it holds."""
    for one in run.subjects:
        held = run.memory.get(one.name, Memory(0, 0))
        yield one.name, one.software, f"{one.start_seconds:.2f}", f"{held.rss_mib:.0f}", f"{held.pss_mib:.0f}"


def ratio_rows(run: Run) -> Iterable[tuple[str, ...]]:
    """Return a line for each operation that a peer did too."""
    for ours, peer in _pairs(run.measurements):
        wanted = targets.AGAINST.get(peer.subject, {}).get(ours.operation)
        milestone = f"{wanted.milestone}x" if wanted else ""
        goal = f"{wanted.goal}x" if wanted and wanted.goal else ""
        figures = f"{ratio(ours, peer):.2f}x", f"{_cpu_ratio(ours, peer):.2f}x"
        yield (ours.operation, peer.subject, *figures, milestone, goal, _verdict(ours, peer))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lay out columns: words to the left, figures to the right."""
    body = [head, *rows]
    widths = [max(len(row[column]) for row in body) for column in range(len(head))]
    return ["  ".join(_cell(text, width) for text, width in zip(row, widths, strict=True)).rstrip() for row in body]


def _cell(text: str, width: int) -> str:
    return text.rjust(width) if text[:1].isdigit() else text.ljust(width)
