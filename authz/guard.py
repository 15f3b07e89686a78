"""How a route says which guard it stands behind; a house test holds that each one says it exactly once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

Kind = Literal["public", "bearer", "session", "session+csrf"]
View = TypeVar("View", bound=Callable[..., object])


def mark(kind: Kind) -> Callable[[View], View]:
    """Note on a view which guard protects it: public by specification, bearer, session, or session with CSRF."""

    def note(view: View) -> View:
        view.guard = kind  # type: ignore[attr-defined]
        return view

    return note
