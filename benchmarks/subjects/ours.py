"""Our own server under granian with two processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.postgres import Cluster
from benchmarks.subject import Subject


@contextmanager
def serve_on_sqlite(_cluster: Cluster, folder: Path) -> Iterator[Subject]:
    """Lay, start and hand over ours on the embedded database."""
    raise NotImplementedError
    yield


@contextmanager
def serve_on_postgresql(cluster: Cluster, folder: Path) -> Iterator[Subject]:
    """Lay, start and hand over ours on PostgreSQL."""
    raise NotImplementedError
    yield
