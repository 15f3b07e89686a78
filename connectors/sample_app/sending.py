"""Importing an export and sending: the export itself, a weight, and reading a measure back."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import resources
from pathlib import PurePath
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from connectors import kit
from connectors.kit import doors, measures
from connectors.sample_app import desk, texts

bp = Blueprint("sending", __name__)
EXAMPLE = "synthetic-14d.libreview-fr-mgdl.csv"
ZONE = "Europe/Paris"
# What each measure of an export is called here, and with how many decimals people read it.
MEASURES = {"MED-969": ("mean", 0), "MED-972": ("gmi", 1)}
WEIGHT = "29463-7"
# Why one thing in an export was not kept, by the server's code.
REASONS = {"insufficient_scope": "no_consent", "value_refused": "value_refused"}


@bp.post("/import")
def bring_in() -> Response:
    """Keep an export file the user chose."""
    file = request.files.get("export")
    content = file.read() if file else b""
    if not content or file is None:
        desk.tell("no_file", is_bad=True)
    else:
        desk.ledger().add_import(PurePath(file.filename or "export.csv").name[:80], content)
        desk.tell("imported")
    return redirect(url_for("pages.home"), 303)


@bp.post("/import/example")
def bring_in_example() -> Response:
    """Keep the made-up export that ships with this app."""
    content = resources.files("connectors.sample_app").joinpath("data", EXAMPLE).read_bytes()
    desk.ledger().add_import(EXAMPLE, content)
    desk.tell("imported")
    return redirect(url_for("pages.home"), 303)


@bp.post("/send/<import_id>")
def send(import_id: str) -> Response:
    """Send an imported export to the health space."""
    found = desk.ledger().find_content(import_id)
    if found is None:
        desk.tell("no_file", is_bad=True)
        return redirect(url_for("pages.home"), 303)
    (name, content), was_live = found, desk.is_live()
    try:
        answer = kit.push_export(desk.partner(), desk.KEY, content, zone=ZONE, language=texts.language(), anew=True)
    except kit.KitError as trouble:
        return _refused("export", name, trouble)
    for item in _items(answer):
        _note_item(item)
    desk.ledger().note("export", name, result="created", detail={"readings": answer.get("readings")})
    desk.tell("sent", is_restored=not was_live)
    return redirect(url_for("pages.home"), 303)


@bp.post("/weight")
def send_weight() -> Response:
    """Send a weight the user typed."""
    kg, at = _kilograms(request.form.get("kg", "")), _instant(request.form.get("at", ""))
    if kg is None:
        desk.tell("not_a_weight", is_bad=True)
        return redirect(url_for("pages.home"), 303)
    about, was_live = f"{kg:g} kg", desk.is_live()
    try:
        link = kit.current(desk.partner(), desk.KEY, anew=True)
        taken = measures.Taken(link.subject, link.subject_system, at)
        answer = kit.push_measure(desk.partner(), desk.KEY, measures.weight(taken, kg=kg))
    except kit.KitError as trouble:
        return _refused("weight", about, trouble)
    desk.ledger().note("weight", about, result="created", detail=answer)
    desk.tell("sent", is_restored=not was_live)
    return redirect(url_for("pages.home"), 303)


@bp.post("/read-weight")
def read_weight() -> Response:
    """Read the latest weight the health space knows, whoever sent it."""
    was_live = desk.is_live()
    try:
        answer = kit.last_measure(desk.partner(), desk.KEY, WEIGHT, anew=True)
    except kit.KitError as trouble:
        return _refused("read", "", trouble)
    desk.ledger().note("read", _value(answer), result="read", detail=answer)
    desk.tell("read", is_restored=not was_live)
    return redirect(url_for("pages.home"), 303)


def _refused(what: str, about: str, trouble: kit.KitError) -> Response:
    """Keep a no, and show it in our words; the server's own are in the log, where it was asked at all."""
    is_final = not isinstance(trouble, kit.Unreachable)
    desk.ledger().note(what, about, result="refused" if is_final else "failed", text=sentence(trouble))
    was_asked = not isinstance(trouble, kit.NotPaired) and not getattr(trouble, "is_remembered", False)
    desk.tell(sentence(trouble), is_bad=True, is_logged=was_asked)
    return redirect(url_for("pages.home"), 303)


def sentence(trouble: kit.KitError) -> str:
    """Return which of our sentences says what went wrong."""
    if isinstance(trouble, kit.PairingOver):
        return f"link_{trouble.state}"
    named = {kit.NotPaired: "not_linked", kit.ConsentMissing: "no_consent", kit.Unreachable: "unreachable"}
    return named.get(type(trouble), "space_refused")


def _items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Read the answer to an export: each thing it held."""
    listed = answer.get("items")
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _note_item(item: dict[str, Any]) -> None:
    if item.get("kind") == "measure":
        what, decimals = MEASURES.get(str(item.get("measure")), ("measure", 2))
        about = f"{_rounded(item.get('value'), decimals)} {item.get('unit')}"
    else:
        what, about = "report", str(item.get("title"))
    status = item.get("status")
    result = str(status) if status in ("created", "existing") else "refused"
    why = REASONS.get(str(item.get("code")), "space_refused") if result == "refused" else ""
    desk.ledger().note(what, about, result=result, text=why, detail=item)


def _rounded(value: object, decimals: int) -> str:
    return f"{value:.{decimals}f}" if isinstance(value, int | float) else "–"


def _kilograms(text: str) -> float | None:
    try:
        kg = round(float(text.strip().replace(",", ".")), 1)
    except ValueError:
        return None
    return kg if 0 < kg < 1000 else None


def _instant(text: str) -> datetime:
    """Read the instant the form was shown, unless it is absent, naive or absurd."""
    now = doors.now()
    try:
        at = datetime.fromisoformat(text)
        return at if now - timedelta(days=1) < at <= now else now
    except (ValueError, TypeError):
        return now


def _value(answer: dict[str, Any]) -> str:
    entries = answer.get("entry") or []
    quantity = entries[0].get("resource", {}).get("valueQuantity", {}) if entries else {}
    return f"{quantity.get('value', '–')} {quantity.get('unit', '')}".strip()
