"""How our drawings are written: elements, escaped words, fixed decimals, and where the plot's corners are.

Each shape carries a class, which a page's style sheet paints, and the same paint as presentation attributes, which
print uses: no style attribute and no style element, so a strict content policy has nothing to allow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

FONT: Final = "Atkinson Hyperlegible Next"

PAINT: Final[dict[str, dict[str, str]]] = {
    "zone": {"fill": "#cfe5e4", "opacity": "0.35"},
    "grid": {"stroke": "#ddd6cb", "stroke-width": "0.75"},
    "grid odd": {"stroke": "#ddd6cb", "stroke-width": "0.75"},
    "goal": {"stroke": "#2b7f7a", "stroke-width": "1"},
    "lim": {"stroke": "#57514a", "stroke-width": "0.75", "stroke-dasharray": "1.5 3"},
    "b1": {"fill": "#cfe5e4"},
    "b2": {"fill": "#97c6c4"},
    "edge": {"fill": "none", "stroke": "#2b7f7a", "stroke-width": "0.6"},
    "med": {"fill": "none", "stroke": "#0b4f57", "stroke-width": "2", "stroke-linejoin": "round"},
    "line": {"fill": "none", "stroke": "#0b5663", "stroke-width": "0.9", "stroke-linejoin": "round"},
    "over": {"fill": "#b37a12"},
    "under": {"fill": "#6d2a66"},
    "f-vlow": {"fill": "#6d2a66"},
    "f-low": {"fill": "#a97aa8"},
    "f-target": {"fill": "#2b7f7a"},
    "f-high": {"fill": "#b37a12"},
    "f-vhigh": {"fill": "#9c4a10"},
    "hatch": {"stroke": "#fffefc", "stroke-width": "2"},
    "cut": {"stroke": "#fffefc", "stroke-width": "1.5"},
    "": {"fill": "#57514a"},
    "odd": {"fill": "#57514a"},
    "strong": {"fill": "#1d1b18", "font-weight": "700"},
}


@dataclass(frozen=True)
class Labels:
    """The words of one drawing, in the reader's language. `ident` keeps element ids apart on one page."""

    title: str
    description: str = ""
    ident: str = "g"
    hour: str = "{} h"
    percent: str = "{} %"
    decimal: str = ","


@dataclass(frozen=True)
class Frame:
    """The plot's size. On a page shapes stretch with the column and words do not, so positions are in percent."""

    width: float
    height: float
    stretches: bool

    def across(self, fraction: float) -> str:
        """Return a horizontal position, as a share of the plot's width."""
        return f"{100 * fraction:.2f}%" if self.stretches else f"{self.width * fraction:.2f}"

    def down(self, fraction: float) -> str:
        """Return a vertical position, as a share of the plot's height."""
        return f"{100 * fraction:.2f}%" if self.stretches else f"{self.height * fraction:.2f}"


def element(name: str, *children: str, paint: str | None = None, **attributes: str | float) -> str:
    """Write one element; in attribute names an underscore stands for a hyphen."""
    told: dict[str, str | float] = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    if paint is not None:
        told = {**({"class": paint} if paint else {}), **told, **PAINT[paint]}
    written = "".join(f' {key}="{_value(value)}"' for key, value in told.items())
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def words(text: str, *, paint: str = "", **attributes: str | float) -> str:
    """Write a text element, its words escaped."""
    return element("text", escape(text), paint=paint, **attributes)


def named(labels: Labels) -> tuple[str, dict[str, str]]:
    """Return the title and description elements and the attributes that tie a drawing to them."""
    parts = [element("title", escape(labels.title), id=f"{labels.ident}-t")]
    if labels.description:
        parts.append(element("desc", escape(labels.description), id=f"{labels.ident}-d"))
    ids = " ".join(f"{labels.ident}-{mark}" for mark in ("t", "d")[: len(parts)])
    return "".join(parts), {"role": "img", "aria_labelledby": ids}


def shapes(frame: Frame, *children: str) -> str:
    """Write the part of a drawing that stretches, and clip it to the plot."""
    box = f"0 0 {_value(frame.width)} {_value(frame.height)}"
    if frame.stretches:
        return element("svg", *children, viewBox=box, preserveAspectRatio="none", width="100%", height="100%")
    return element("svg", *children, viewBox=box, width=frame.width, height=frame.height)


def printed(inner: str, *, size: tuple[float, float], at: tuple[float, float] = (0, 0), font_size: float = 7) -> str:
    """Write a drawing that stands alone on paper: a fixed size in points, the plot inside its margins."""
    moved = element("g", inner, transform=f"translate({_value(at[0])} {_value(at[1])})")
    font = {"font_family": FONT, "font_size": _value(font_size)}
    box = f"0 0 {_value(size[0])} {_value(size[1])}"
    return element("svg", moved, xmlns="http://www.w3.org/2000/svg", viewBox=box, width=size[0], height=size[1], **font)


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Write a path through points in whole units, each step relative to the last: days have hundreds of points."""
    path, last = "", (0, 0)
    for x, y in points:
        here = (round(x), round(y))
        path += _pair(*here, "M") if not path else _pair(here[0] - last[0], here[1] - last[1], "l")
        last = here
    return path


def _pair(x: int, y: int, command: str) -> str:
    return f"{command}{x}{'' if y < 0 else ' '}{y}"


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
