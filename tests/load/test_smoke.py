"""The whole benchmark, shortly: every server starts, does every operation it can, and ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_benchmark_runs_every_server_through_every_operation(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--smoke", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    measured = {(one["subject"], one["operation"]) for one in json.loads(figures.read_text())["measurements"]}
    shared = {"jwks", "client_credentials", "introspect", "refresh", "authorize_to_tokens"}
    wanted = {
        "ours-sqlite": shared | {"push", "sign_in"},
        "ours-postgresql": shared | {"push", "sign_in"},
        "oidc-provider-postgresql": shared,
        "django-oauth-toolkit-postgresql": shared | {"sign_in"},
    }
    assert measured == {(subject, operation) for subject, operations in wanted.items() for operation in operations}
