"""The load generator: kept-alive connections on one epoll loop, each running one unit of work after another.

A unit is a generator that yields request bytes and is sent the reply; what it takes from the first byte sent to the
last byte read is the unit's latency. One thread and no framework, so that the generator takes little from the cores it
shares with the server.
"""

from __future__ import annotations

import gc
import selectors
import socket
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from time import perf_counter, process_time

from benchmarks.wire import Reply, cut

Unit = Generator[bytes, Reply, None]
Worker = Callable[[], Unit]

_PATIENCE = 15.0


class LoadFailed(Exception):
    """The server answered what the unit did not expect, or not at all."""


@dataclass
class Window:
    """What one stretch of load showed."""

    seconds: float = 0.0
    generator_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Return how many units were finished."""
        return len(self.latencies)


class _Lane:
    """One kept-alive connection and the unit it is busy with."""

    def __init__(self, address: tuple[str, int], worker: Worker) -> None:
        self.address = address
        self.worker = worker
        self.buffer = bytearray()
        self.socket = _connect(address)
        self.unit: Unit | None = None
        self.began = 0.0

    def start(self) -> None:
        self.unit = self.worker()
        self.began = perf_counter()
        self.socket.sendall(next(self.unit))

    def receive(self) -> float | None:
        """Read what has come; return the latency when that finished the unit."""
        data = self.socket.recv(262144)
        if not data:
            raise LoadFailed("the server closed a connection in the middle of a unit")
        self.buffer += data
        reply = cut(self.buffer)
        if reply is None or self.unit is None:
            return None
        if reply.closes:
            self.socket.close()
            self.socket = _connect(self.address)
        try:
            self.socket.sendall(self.unit.send(reply))
        except StopIteration:
            self.unit = None
            return perf_counter() - self.began
        return None


def _connect(address: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(address, timeout=_PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def run(address: tuple[str, int], workers: list[Worker], seconds: float) -> Window:
    """Keep every worker busy on its own connection for that long, then let the units under way finish."""
    lanes = [_Lane(address, worker) for worker in workers]
    gc.collect()
    gc.disable()
    try:
        return _drive(lanes, seconds)
    finally:
        gc.enable()
        for lane in lanes:
            lane.socket.close()


def _drive(lanes: list[_Lane], seconds: float) -> Window:
    window = Window()
    cpu, began = process_time(), perf_counter()
    deadline = began + seconds
    with selectors.DefaultSelector() as selector:
        for lane in lanes:
            lane.start()
            selector.register(lane.socket, selectors.EVENT_READ, lane)
        busy = len(lanes)
        while busy:
            ready = selector.select(_PATIENCE)
            if not ready:
                raise LoadFailed(f"no answer for {_PATIENCE:.0f} s")
            for key, _ in ready:
                busy -= _advance(selector, key.data, window, deadline)
    window.seconds = perf_counter() - began
    window.generator_cpu = process_time() - cpu
    return window


def _advance(selector: selectors.BaseSelector, lane: _Lane, window: Window, deadline: float) -> int:
    """Move one lane on; return 1 when it has retired."""
    before = lane.socket
    latency = lane.receive()
    if lane.socket is not before:
        selector.unregister(before)
        selector.register(lane.socket, selectors.EVENT_READ, lane)
    if latency is None:
        return 0
    window.latencies.append(latency)
    if perf_counter() < deadline:
        lane.start()
        return 0
    selector.unregister(lane.socket)
    return 1
