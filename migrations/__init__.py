"""Every change of the database, in order, as Alembic revisions; numbered, so that the newest is the head."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
# By name and not by Alembic, whose import would cost every start of a server a tenth of a second.
HEAD = max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))
