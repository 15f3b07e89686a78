"""Structured logs: one JSON object a line, with the request's id, and never a secret or a person's data.

Loggers of libraries that print tokens, parameters or addresses at debug are held above it (Authlib logs whole token
dictionaries, SQLAlchemy its parameters, urllib3 its addresses); a mask over our own prefixes is the last net.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="-")

QUIET = ("authlib", "sqlalchemy", "urllib3", "twilio", "werkzeug", "alembic", "requests", "_granian", "babel", "flask")
SECRET = re.compile(r"\b(ap[a-z]{1,2}_)[A-Za-z0-9_-]{16,}")
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Lines(logging.Formatter):
    """Renders a record as one JSON line; a fault carries its traceback's places, never its values."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "request_id": request_id.get(),
        }
        entry |= {key: value for key, value in vars(record).items() if key not in PLAIN}
        if record.exc_info and record.exc_info[0]:
            entry["fault"] = record.exc_info[0].__name__
            entry["trace"] = _places(record)
        return SECRET.sub(r"\1…", json.dumps(entry, default=str, ensure_ascii=False))


def _places(record: logging.LogRecord) -> list[str]:
    trace = record.exc_info[2] if record.exc_info else None
    found = []
    while trace:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found


def configure(level: str) -> None:
    """Send everything to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def get(name: str) -> logging.Logger:
    """Return the logger of a module."""
    return logging.getLogger(name)
