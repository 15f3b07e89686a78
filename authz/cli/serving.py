"""`appairage serve`: granian with one thread in each process, started only when everything is fit."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import socket
import sys
from functools import cache, partial
from typing import Any

import click
from flask import Flask

from authz import logs
from authz.cli.composition import compose
from authz.cli.fitness import examine, refuse_unfit
from authz.errors import Refusal
from authz.settings import Settings

PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
MMAP_THRESHOLD = -3  # of mallopt(3)
STOP_SECONDS = 8


class PortTaken(Refusal):
    """Somebody listens there already."""

    code = "port_taken"


class Address(click.ParamType[tuple[str, int]]):
    """HOST:PORT, the host in brackets when it is IPv6."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Return host and port."""
        host, _, port = str(value).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            self.fail(f"{value!r} is not HOST:PORT, such as 127.0.0.1:8000", param, ctx)
        return host.removeprefix("[").removesuffix("]"), int(port)


@click.command("serve")
@click.option("--bind", type=Address(), default="127.0.0.1:8000", show_default=True, help="Where to listen.")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=lambda: len(os.sched_getaffinity(0)),
    help="How many processes; one for each core by default.",
)  # fmt: skip
def command(bind: tuple[str, int], workers: int) -> None:
    """Run the server until told to stop; what it is doing then is finished first."""
    build = cache(compose)
    refuse_unfit(examine(build))
    check_free(*bind)
    settings = Settings.load()
    logs.configure(settings.log_level)
    _run(*bind, workers=workers, app=build(settings))


def check_free(host: str, port: int) -> None:
    """Refuse an address that somebody listens on: granian's sockets would share it without a word."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise PortTaken(f"Cannot listen on {host}:{port}: {error.strerror}.") from error


def _run(host: str, port: int, *, workers: int, app: Flask) -> None:
    """Serve an application from processes that are forked off this one, and so share what it holds in memory."""
    from granian.constants import HTTPModes, Interfaces
    from granian.server import Server

    multiprocessing.set_start_method("fork", force=True)  # later versions of Python have another by default
    _return_large_blocks()
    gc.collect()
    gc.freeze()  # else the first collection in each worker would copy every page that holds an object

    server = Server(
        "wsgi:app", host, port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=workers,
        blocking_threads=1,  # measured: more threads cost more than they bring, and SQLite has one writer anyway
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": True}}},
    )  # fmt: skip
    server.serve(target_loader=partial(_load, app))


def _load(app: Flask, _target: str) -> Flask:
    """Give a worker the application, and have it end with its parent even if that is killed."""
    if sys.platform == "linux":
        # Not SIGTERM: until granian has set its own handler, the parent's inherited one would swallow it.
        ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL)
        parent = multiprocessing.parent_process()
        if parent is None or os.getppid() != parent.pid:
            sys.exit(1)  # it died before it could be noticed
    return app


def _return_large_blocks() -> None:
    """Have the C library give back the 19 MiB of a password's hash: glibc would keep one such block a worker."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(MMAP_THRESHOLD, 1 << 20)
