"""Does the time of an answer tell whether an account is there? Known against unknown, interleaved, and a test of ranks.

A server of its own on loopback, behind a made-up proxy: each sample comes from another network, so that no budget is
spent. Pairs are asked in an order that is drawn; what is compared is ranks (Mann-Whitney), which a slow moment of the
machine hardly moves. The effect is the chance that a known one took longer: one half where nothing is told.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from authz import entropy
from benchmarks import processes
from benchmarks.subjects import ours
from benchmarks.visitor import Visitor

PEOPLE, SPACES = 24, 60
LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
CODE = re.compile(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}")
Sample = Callable[[bool], float]


@dataclass(frozen=True)
class Comparison:
    """How long known and unknown ones took, in milliseconds, and whether that could be chance."""

    name: str
    pairs: int
    known: float
    unknown: float
    effect: float
    p: float

    def told(self) -> str:
        """One row of a table."""
        return (
            f"{self.name:<24}{self.pairs:>6}{self.known:>10.2f}{self.unknown:>10.2f}{self.effect:>9.3f}{self.p:>9.3f}"
        )


class Site:
    """The server at work, its people, and a fresh network for each visitor."""

    def __init__(self, port: int, work: Callable[[], object], codes: Sequence[str]) -> None:
        self.port, self.work, self.codes = port, work, codes
        self._count = 0

    def visitor(self) -> Visitor:
        """Somebody who was never here."""
        self._count += 1
        return Visitor(self.port, f"10.{self._count >> 16 & 255}.{self._count >> 8 & 255}.{self._count & 255}")

    def identifier(self, is_known: bool) -> str:
        """An identifier of somebody, or one of the same form that is nobody's."""
        return f"person.number{self._count % PEOPLE:03d}" if is_known else f"nobody.atall{self._count % PEOPLE:03d}"


def sign_in(site: Site, is_known: bool) -> float:
    """A wrong password."""
    visitor = site.visitor()
    visitor.get("/login")
    typed = {"identifier": site.identifier(is_known), "password": "un mot de passe faux"}
    return visitor.post(visitor.path, **typed)


def recovery(site: Site, is_known: bool, begun: list[tuple[bool, Visitor]]) -> float:
    """A recovery begun; the browser is kept for its code."""
    visitor = site.visitor()
    visitor.get("/recover/password")
    seconds = visitor.post("/recover/password", identifier=site.identifier(is_known), channel="email")
    begun.append((is_known, visitor))
    return seconds


def activation(site: Site, is_known: bool) -> float:
    """A letter's code, or one that no letter has, with facts of somebody else."""
    visitor = site.visitor()
    visitor.get("/activate")
    code = site.codes[site._count % len(site.codes)] if is_known else _code()
    return visitor.post("/activate", code=code, nir=_nir(999), card="99999999999", birthdate="01/02/1960", request="")


def activation_by_facts(site: Site, is_known: bool) -> float:
    """All facts of somebody whose space is prepared, or well-formed ones of nobody, with a code that no letter has."""
    visitor = site.visitor()
    visitor.get("/activate")
    number = site._count % SPACES + (0 if is_known else 500)
    facts = {"nir": _nir(number), "card": f"{number:011d}", "birthdate": "12/04/1958"}
    return visitor.post("/activate", code=_code(), request="", **facts)


def compare(name: str, sample: Sample, pairs: int) -> Comparison:
    """Take pairs of samples, whichever first, and compare."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for is_known in (True, False) * 5:
        sample(is_known)  # caches are warm now
    for _ in range(pairs):
        first = int(entropy.new_digits(1)) % 2 == 0
        for is_known in (first, not first):
            taken[is_known].append(sample(is_known) * 1000)
    return judged(name, taken[True], taken[False])


def judged(name: str, known: Sequence[float], unknown: Sequence[float]) -> Comparison:
    """Compare two samples by ranks: Mann and Whitney's U with the normal approximation, two-sided."""
    ranked = sorted([(value, True) for value in known] + [(value, False) for value in unknown])
    ranks = sum(rank for rank, (_, is_known) in enumerate(ranked, 1) if is_known)
    m, n = len(known), len(unknown)
    u = ranks - m * (m + 1) / 2
    z = (u - m * n / 2) / math.sqrt(m * n * (m + n + 1) / 12)
    return Comparison(name, min(m, n), median(known), median(unknown), u / (m * n), math.erfc(abs(z) / math.sqrt(2)))


def run(site: Site, pairs: int) -> list[Comparison]:
    """Compare at every door that takes an identifier or a code."""
    begun: list[tuple[bool, Visitor]] = []
    found = [compare("sign-in", lambda is_known: sign_in(site, is_known), pairs)]
    found.append(compare("recovery, begun", lambda is_known: recovery(site, is_known, begun), min(pairs, 8 * PEOPLE)))
    for _ in range(2 + len(begun) // 50):
        site.work()
    waiting = {kind: [visitor for is_known, visitor in begun if is_known is kind] for kind in (True, False)}
    for kind in waiting:
        for visitor in waiting[kind]:
            visitor.get("/recover/password/code")
    codes = compare_waiting("recovery, wrong code", waiting)
    found += [codes, compare("activation, wrong facts", lambda is_known: activation(site, is_known), pairs)]
    return [*found, compare("activation, wrong code", lambda is_known: activation_by_facts(site, is_known), pairs)]


def compare_waiting(name: str, waiting: dict[bool, list[Visitor]]) -> Comparison:
    """Compare what each of two rows of browsers is answered to a wrong code."""
    left = {kind: iter(visitors) for kind, visitors in waiting.items()}
    pairs = min(map(len, waiting.values())) - 5
    return compare(name, lambda kind: next(left[kind]).post("/recover/password/code", code="000000"), pairs)


@contextmanager
def serving() -> Iterator[Site]:
    """Lay and start a server with people and prepared spaces, on the embedded database."""
    with tempfile.TemporaryDirectory(prefix="appairage-timing-") as name:
        home, port = Path(name), processes.free_port()
        env = ours.environment(port, "", home) | {"APPAIRAGE_TRUSTED_PROXIES": "1"}
        ours.run(env, "migrate")
        files = [_written(home / f"person{number}.json", _person(number)) for number in range(PEOPLE)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda file: ours.run(env, "account", "add", "--from", file), files))
        ours.run(
            env, "account", "import", "--by", "email", _written(home / "spaces.json", list(map(_space, range(SPACES))))
        )
        ours.run(env, "worker", "--once")
        letters = "\n".join(path.read_text() for path in (home / "mail").glob("*.json"))
        command = [*ours.command(), "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
        log = home / "server.log"
        with processes.running(command, log=log, env=env, cwd=ours.ROOT) as process:
            processes.wait_until(process, lambda: processes.answers(port, "/healthz"), log=log)
            yield Site(port, lambda: ours.run(env, "worker", "--once"), CODE.findall(letters))


def main(arguments: list[str] | None = None) -> int:
    """Take the samples and print the table."""
    parser = argparse.ArgumentParser(prog="bench timing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=300, help="pairs of samples at each door")
    options = parser.parse_args(arguments)
    print(f"{'door':<24}{'pairs':>6}{'known ms':>10}{'unknown':>10}{'effect':>9}{'p':>9}")
    with serving() as site:
        for comparison in run(site, options.pairs):
            print(comparison.told(), flush=True)
    return 0


def _person(number: int) -> dict[str, object]:
    name: dict[str, object] = {"given_name": f"Personne{number}", "family_name": "Essai", "birthdate": "1960-02-01"}
    who: dict[str, object] = {"identifier": f"person.number{number:03d}", "password": "sept girafes jouent aux dames"}
    return who | {"email": f"person{number}@example.org", "profiles": [name | {"relation": "self"}]}


def _space(number: int) -> dict[str, object]:
    name: dict[str, object] = {"given_name": f"Personne{number}", "family_name": "Essai", "birthdate": "1958-04-12"}
    return name | {"nir": _nir(number), "card_serial": f"{number:011d}", "email": f"space{number}@example.org"}


def _code() -> str:
    """A provisional code that no letter has."""
    drawn = "".join(LETTERS[int(entropy.new_digits(4)) % len(LETTERS)] for _ in range(12))
    return f"{drawn[:4]}-{drawn[4:8]}-{drawn[8:]}"


def _nir(number: int) -> str:
    """A social security number of nobody, with its key."""
    thirteen = f"2580469{number // 1000:03d}{number % 1000:03d}"
    return f"{thirteen}{97 - int(thirteen) % 97:02d}"


def _written(path: Path, content: object) -> str:
    path.write_text(json.dumps(content))
    return str(path)


if __name__ == "__main__":
    sys.exit(main())
