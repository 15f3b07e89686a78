"""How a route says which guard it stands behind; a house test holds that each one says it exactly once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

Kind = Literal["public", "bearer", "session", "session+csrf", "signed"]
View = TypeVar("View", bound=Callable[..., object])


def mark(kind: Kind) -> Callable[[View], View]:
    """Note on a view which guard protects it: public by specification, bearer, session, session with CSRF, or
    the signature of a provider of ours."""

    def note(view: View) -> View:
        view.guard = kind  # type: ignore[attr-defined]
        return view

    return note


def mark_act(act: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Note on a view what its caller must be allowed to do in the health space that is open."""

    def note(view: Callable[..., Any]) -> Callable[..., Any]:
        view.act = act  # type: ignore[attr-defined]
        return view

    return note
