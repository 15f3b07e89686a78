"""Time, chance, the network, the commit and each library come in by one door."""

from __future__ import annotations

import ast
import re

from tests.house.sources import Source, product, python

CLOCK = ("authz/clock.py", "connectors/kit/doors.py")
ENTROPY = ("authz/entropy.py", "connectors/kit/doors.py")
DATABASE = ("authz/db.py", "authz/sqlite.py")
EXCHANGE = "authz/tokens/exchange.py"
HOT = ("authz/audit.py", "authz/identity/sessions.py", "authz/interaction/remembered.py", "authz/pairing/holdings.py",
       "authz/pairing/pairings.py", "authz/tokens/", "connectors/records/sql/inserting.py")  # fmt: skip
# The partner's kit is installed alone on another machine: it brings its own doors.
LIBRARIES = {
    "authlib": ("authz/protocol/", "authz/grants/", "authz/clients/models.py", "authz/tokens/models.py"),
    "joserfc": ("authz/keys.py", "authz/identity/federation.py", "connectors/kit/"),
    "argon2": ("authz/identity/passwords.py",),
    # The key of a social security number, with the two departments of Corsica: checked as its authority says.
    "stdnum": ("authz/identity/nir.py",),
    "pyotp": ("authz/identity/totp.py",),
    "segno": ("consent_ui/qr.py",),
    "webauthn": ("authz/identity/passkeys.py",),
    "twilio": ("authz/notifications/channels/sms.py",),
    "requests": ("authz/outbound.py", "connectors/kit/"),
    "smtplib": ("authz/notifications/channels/email.py",),
    "typst": ("connectors/cgm/report.py", "connectors/paper.py"),  # two layouts: curves, and facts
    # Certificates: what the TLS front hands over is read by the one module that believes it.
    "cryptography": ("authz/crypto.py", "authz/keys.py", "authz/protocol/certificates.py"),
    "redis": ("authz/ratelimit.py",),
    "granian": ("authz/",),
}
READS_CLOCK = re.compile(r"^(time\.(time|time_ns|localtime|gmtime)|(datetime\.)*(datetime|date)\.(now|utcnow|today))$")
DRAWS = ("secrets", "random", "uuid", "os.urandom")
WRITES = re.compile(r"\.(commit|rollback|flush)$")


def _outside(doors: tuple[str, ...], sources: tuple[Source, ...] | None = None) -> list[Source]:
    return [s for s in sources or product() if not any(s.path == door or s.path.startswith(door) for door in doors)]


def _imports(source: Source, library: str) -> list[str]:
    return [
        f"{source.path}:{line} {name}"
        for name, line in source.imports()
        if name == library or name.startswith(f"{library}.")
    ]


def test_only_the_clock_reads_the_time() -> None:
    """Whoever wants the time asks the clock or is told, so that tests and replays agree with the server."""
    sources = product() + python("benchmarks")
    read = [
        f"{s.path}:{line} {name}"
        for s in _outside(CLOCK, sources)
        for name, line in s.calls()
        if READS_CLOCK.match(name)
    ]
    assert read == []


def test_only_entropy_draws_randomness() -> None:
    """One place decides how secrets are made."""
    drawn = [
        hit for s in _outside(ENTROPY, product() + python("benchmarks")) for name in DRAWS for hit in _imports(s, name)
    ]
    drawn += [f"{s.path}:{line}" for s in _outside(ENTROPY) for name, line in s.calls() if name == "os.urandom"]
    assert drawn == []


def test_only_the_database_door_ends_transactions() -> None:
    """Services never commit, roll back or flush: the edge does, once."""
    ended = [f"{s.path}:{line} {name}" for s in _outside(DATABASE) for name, line in s.calls() if WRITES.search(name)]
    assert ended == []


def test_only_exchanges_are_units_by_themselves() -> None:
    """A statement that is kept whatever comes of its request is the exception that docs/decisions/0022 allows."""
    alone = [
        f"{s.path}:{line}"
        for s in _outside((EXCHANGE, "authz/prepared.py"))
        for name, line in s.calls()
        if name.endswith(".alone")
    ]
    assert alone == []


def test_only_hot_paths_prepare_statements() -> None:
    """What a page or a command executes goes through SQLAlchemy; docs/decisions/0023 says why these do not."""
    prepared = [s.path for s in _outside(HOT) for name, _line in s.imports() if name.startswith("authz.prepared")]
    assert prepared == []


def test_each_library_has_one_door() -> None:
    """What replaces a library is one module, and a trap in it is closed in one place."""
    strays = [
        hit for library, doors in LIBRARIES.items() for source in _outside(doors) for hit in _imports(source, library)
    ]
    assert strays == []


def test_twilio_is_imported_where_it_is_used() -> None:
    """It brings an HTTP stack of its own: whoever sends no message through it does not pay for that."""
    eager = []
    for source in product():
        outside = [node for node in source.tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
        eager += _imports(Source(source.path, [], ast.Module(body=outside, type_ignores=[])), "twilio")
    assert eager == []


def test_domain_code_catches_no_fault() -> None:
    """A fault is logged and shown as one at the edge: a broad `except` in between would hide it."""
    # A passkey's answer goes through parsers of JSON, CBOR and certificates, each of which raises what it likes.
    loops = (
        "authz/notifications/worker.py",
        "authz/app.py",
        "authz/cli.py",
        "authz/db.py",
        "authz/identity/passkeys.py",
    )
    broad = [
        f"{source.path}:{number}"
        for source in _outside(loops)
        for number, line in enumerate(source.lines, 1)
        if re.match(r"\s*except( (Base)?Exception)?( as \w+)?:", line)
    ]
    assert broad == []
