"""What stands still beside the rounds: one password hash on this machine, and one start of our command."""

from __future__ import annotations

import subprocess  # nosec B404 # our own command
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from argon2 import PasswordHasher


@dataclass(frozen=True)
class Yardsticks:
    """CPU of one password hash, and how long the command takes to say what it can do."""

    hash_cpu_us: float
    help_seconds: float


_ROOT = Path(__file__).parents[1]
_TIMES = 5


def take() -> Yardsticks:
    """Measure both."""
    return Yardsticks(_hash_cpu_us(), _help_seconds())


def _hash_cpu_us() -> float:
    """Return the CPU of one argon2id check at the parameters everybody here uses."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    stored = hasher.hash("benchmark")
    spent = []
    for _ in range(_TIMES):
        began = process_time()
        hasher.verify(stored, "benchmark")
        spent.append(process_time() - began)
    return median(spent) * 1e6


def _help_seconds() -> float:
    """Return how long `appairage --help` takes, as a person waits for it."""
    took = []
    for _ in range(_TIMES):
        began = perf_counter()
        subprocess.run([sys.executable, "-m", "authz.cli", "--help"], cwd=_ROOT, capture_output=True, check=True)  # nosec B603
        took.append(perf_counter() - began)
    return median(took)
