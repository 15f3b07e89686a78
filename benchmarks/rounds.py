"""The run itself: warm up, then round after round, every subject in turn in each, so that drift hits all alike."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks import load, processes
from benchmarks.load import LoadFailed, Window, Worker
from benchmarks.subject import Subject


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    seconds: float = 3.0
    rounds: int = 3
    warm_up: float = 1.5
    connections: int = 8


@dataclass
class Measurement:
    """What one subject showed in one operation; CPU is in microseconds for each unit."""

    subject: str
    operation: str
    rates: list[float] = field(default_factory=list)
    units: int = 0
    server_cpu_us: float = 0.0
    database_cpu_us: float = 0.0
    generator_cpu_us: float = 0.0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    latencies: list[float] = field(default_factory=list, repr=False)

    @property
    def rate(self) -> float:
        """Return units for each second, the median of the rounds."""
        return median(self.rates)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        figures = asdict(self)
        del figures["latencies"]
        return {**figures, "rate": self.rate}


def measure(subjects: Sequence[Subject], operation: str, plan: Plan) -> list[Measurement]:
    """Measure one operation on every subject that can do it."""
    ready: list[tuple[Subject, list[Worker], Measurement]] = []
    for subject in subjects:
        if operation in subject.prepare:
            workers = [subject.prepare[operation](lane) for lane in range(plan.connections)]
            _attempt(subject, operation, workers, plan.warm_up)
            ready.append((subject, workers, Measurement(subject.name, operation)))
    for _ in range(plan.rounds):
        for subject, workers, measurement in ready:
            _one_round(subject, workers, measurement, plan.seconds)
    for _, _, measurement in ready:
        _close(measurement)
    return [measurement for _, _, measurement in ready]


def _attempt(subject: Subject, operation: str, workers: list[Worker], seconds: float) -> Window:
    try:
        return load.run(subject.address, workers, seconds)
    except (LoadFailed, OSError, ValueError) as error:
        raise LoadFailed(f"{subject.name}, {operation}: {error}") from error


def _one_round(subject: Subject, workers: list[Worker], into: Measurement, seconds: float) -> None:
    server, database = processes.cpu_seconds(subject.process), _database_cpu(subject)
    window = _attempt(subject, into.operation, workers, seconds)
    into.server_cpu_us += (processes.cpu_seconds(subject.process) - server) * 1e6
    into.database_cpu_us += (_database_cpu(subject) - database) * 1e6
    into.generator_cpu_us += window.generator_cpu * 1e6
    into.rates.append(window.units / window.seconds)
    into.units += window.units
    into.latencies += window.latencies
    print(f"  {into.operation:20} {into.subject:34} {into.rates[-1]:9.1f}/s", file=sys.stderr, flush=True)


def _database_cpu(subject: Subject) -> float:
    return processes.cpu_seconds(subject.cluster.process) if subject.cluster else 0.0


def _close(measurement: Measurement) -> None:
    """Turn totals into figures for each unit."""
    measurement.server_cpu_us /= measurement.units
    measurement.database_cpu_us /= measurement.units
    measurement.generator_cpu_us /= measurement.units
    measurement.p50_ms, measurement.p95_ms, measurement.p99_ms = (
        percentile(measurement.latencies, share) * 1000 for share in (0.50, 0.95, 0.99)
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ratio(ours: Measurement, peer: Measurement) -> float:
    """Return ours over the peer's throughput: the median over the rounds, each compared with its neighbour in time."""
    return median(a / b for a, b in zip(ours.rates, peer.rates, strict=True))
