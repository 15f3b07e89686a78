"""The command: which servers, which operations, how long; a table on the terminal, the figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from benchmarks import document, postgres, processes, report, timing, yardsticks
from benchmarks.load import LoadFailed
from benchmarks.postgres import Cluster
from benchmarks.rounds import Measurement, Plan, measure
from benchmarks.subject import Subject
from benchmarks.subjects import django, oidc_provider, ours

Serve = Callable[[Cluster, Path], AbstractContextManager[Subject]]

SUBJECTS: dict[str, Serve] = {
    "ours-sqlite": ours.serve_on_sqlite,
    "ours-postgresql": ours.serve_on_postgresql,
    "oidc-provider": oidc_provider.serve,
    "django-oauth-toolkit": django.serve,
}
OPERATIONS = ("jwks", "client_credentials", "introspect", "refresh", "authorize_to_tokens", "push", "sign_in")
SMOKE = Plan(seconds=0.3, rounds=1, warm_up=0.1, connections=4)


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 0 when it ran, 1 when a server failed."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["timing"]:
        return timing.main(given[1:])
    options = _options(given)
    plan = SMOKE if options.smoke else Plan(options.seconds, options.rounds, options.warm_up, options.connections)
    try:
        with ExitStack() as stack:
            subjects = _start(stack, options.servers or list(SUBJECTS))
            measurements: list[Measurement] = []
            for operation in options.operations or OPERATIONS:
                measurements += measure(subjects, operation, plan)
            memory = {subject.name: processes.memory(subject.process) for subject in subjects}
            run = report.Run(plan, subjects, measurements, memory, yardsticks.take())
    except (LoadFailed, processes.StartFailed) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    print(report.as_text(run))
    if options.docs:
        document.write(run)
    if options.json:
        options.json.write_text(json.dumps(report.as_json(run), indent=2) + "\n")
    return 0


def _start(stack: ExitStack, names: list[str]) -> list[Subject]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="appairage-bench-")))
    cluster = stack.enter_context(postgres.cluster())
    return [stack.enter_context(SUBJECTS[name](cluster, folder)) for name in names]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure our server beside its peers.")
    parser.add_argument("operations", nargs="*", metavar="NAME", help=f"any of: {', '.join(OPERATIONS)}")
    parser.add_argument(
        "--server", dest="servers", action="append", choices=list(SUBJECTS), help="only this server; repeatable"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    parser.add_argument("--docs", action="store_true", help="put the figures into docs/performance.md")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one window")
    parser.add_argument("--rounds", type=int, default=3, help="windows for each server and operation")
    parser.add_argument("--warm-up", type=float, default=1.5, help="seconds of load that are not counted")
    parser.add_argument("--connections", type=int, default=8, help="kept-alive connections, at most 8")
    parser.add_argument(
        "--smoke", action="store_true", help="show within a minute that everything runs; figures mean nothing"
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.operations) - set(OPERATIONS))
    if unknown:
        parser.error(f"no such operation: {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
