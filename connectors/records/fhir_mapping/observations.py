"""An Observation as partners send it, read and judged: every problem found is named, none faults.

Pure. The rules are those of the French measures interface V1.5.2 (§2.2 to §2.4), which FHIR readers of ours share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.records import bounds, codes, outcomes
from connectors.records.codes import Kind
from connectors.records.contract import NewMeasure
from connectors.records.fhir_mapping import dates, shapes
from connectors.records.fhir_mapping.dates import When
from connectors.records.fhir_mapping.extensions import FAMILIES, MES, Extras, read_extras
from connectors.records.outcomes import Invalid, Issue

# What is kept of a resource as sent. Names of people, other references and contained resources are not.
KEPT = (
    "status",
    "category",
    "code",
    "effectiveDateTime",
    "valueQuantity",
    "component",
    "extension",
    "method",
    "bodySite",
    "interpretation",
    "note",
    "identifier",
)
STATUSES = {"registered", "preliminary", "final", "amended", "corrected"}


@dataclass(frozen=True)
class _Values:
    code: str
    value: float | None
    components: dict[str, float]
    extras: Extras


def read_observation(resource: Mapping[str, Any], *, now: datetime, oid: str) -> NewMeasure:
    """Read an Observation of the app whose root OID is given, or refuse it with every problem found."""
    problems: list[Issue] = []
    profiles = _read_profiles(resource, problems)
    source = _read_source(resource, oid, problems)
    _check_frame(resource, problems)
    kind = _read_kind(resource, profiles, problems)
    when = dates.read_when(shapes.text(resource, "effectiveDateTime"), now=now)
    if isinstance(when, str):
        problems.append(Issue(when, "value", "Observation.effectiveDateTime"))
    values = _read_values(resource, kind, problems) if kind else None
    if values is None or isinstance(when, str) or problems:
        raise Invalid(outcomes.OBSERVATION, problems)
    kept = {name: resource[name] for name in KEPT if name in resource} | {"meta": {"profile": profiles}}
    return _finished(values, when, kept, source=source)


def _finished(values: _Values, when: When, kept: Mapping[str, Any], *, source: str) -> NewMeasure:
    return NewMeasure(
        code=values.code,
        value=values.value,
        components=values.components,
        effective_at=when.at,
        effective_text=when.text,
        offset_minutes=when.offset_minutes,
        days=values.extras.days,
        days_code=values.extras.days_code,
        moment=values.extras.moment,
        comment=values.extras.comment,
        identifier=shapes.first_identifier(kept),
        source=source,
        resource=kept,
    )


def _read_profiles(resource: Mapping[str, Any], problems: list[Issue]) -> list[str]:
    profiles = shapes.texts(shapes.child(resource, "meta"), "profile")
    known = [profile for profile in profiles if profile.startswith(FAMILIES)]
    if not profiles:
        problems.append(Issue("meta.profile is missing.", "required", "Observation.meta.profile"))
    elif not known:
        problems.append(Issue("meta.profile names no profile known here.", "not-supported", "Observation.meta.profile"))
    return known


def _read_source(resource: Mapping[str, Any], oid: str, problems: list[Issue]) -> str:
    source = shapes.text(shapes.child(resource, "meta"), "source")
    plain = source.removeprefix("urn:oid:")
    if source and (not oid or not (plain == oid or plain.startswith((oid + ".", oid + "#", oid + "|")))):
        text = "meta.source is outside the root OID registered for this solution."
        problems.append(Issue(text, "business-rule", "Observation.meta.source"))
    return source


def _check_frame(resource: Mapping[str, Any], problems: list[Issue]) -> None:
    if shapes.text(resource, "status") not in STATUSES:
        problems.append(Issue("status is missing or not one that can be kept.", "required", "Observation.status"))
    categories = [pair for item in shapes.children(resource, "category") for pair in _pairs(item)]
    if not any(system and code for system, code in categories):
        problems.append(Issue("category.coding.system and code are missing.", "required", "Observation.category"))
    if shapes.subject(resource) is None:
        problems.append(Issue("subject.identifier is missing.", "required", "Observation.subject.identifier"))


def _pairs(concept: Mapping[str, Any]) -> list[tuple[str, str]]:
    return shapes.codings({"concept": concept}, "concept")


def _read_kind(resource: Mapping[str, Any], profiles: list[str], problems: list[Issue]) -> Kind | None:
    sent = [(system, code) for system, code in shapes.codings(resource, "code") if system and code]
    if not sent:
        problems.append(Issue("code.coding.system and code are missing.", "required", "Observation.code"))
        return None
    kind = next((kind for system, code in sent if (kind := codes.find_kind(code, system))), None)
    if kind is None:
        problems.append(Issue("code is not a measure of this interface.", "code-invalid", "Observation.code"))
        return None
    if kind.code == codes.BMI:
        problems.append(Issue("BMI cannot be created.", "business-rule", "Observation.code"))
        return None
    named = {profile.partition("|")[0] for profile in profiles if profile.startswith(MES)}
    if named and f"{MES}mes-observation-{kind.profile}" not in named:
        problems.append(Issue("meta.profile is not the one of this code.", "invalid", "Observation.meta.profile"))
    return kind


def _read_values(resource: Mapping[str, Any], kind: Kind, problems: list[Issue]) -> _Values:
    extras = read_extras(resource, kind, problems)
    value = None
    components: dict[str, float] = {}
    if kind.parts:
        components = _read_parts(resource, kind, problems)
    else:
        value = _read_quantity(resource, kind, kind.code, problems)
    others = [name for name in resource if name.startswith("value") and (name != "valueQuantity" or kind.parts)]
    if others:
        problems.append(Issue("value[x] is not of the kind this code has.", "invalid", "Observation.value"))
    return _Values(kind.code, value, components, extras)


def _read_parts(resource: Mapping[str, Any], kind: Kind, problems: list[Issue]) -> dict[str, float]:
    found: dict[str, float] = {}
    for component in shapes.children(resource, "component"):
        code = next((code for _system, code in shapes.codings(component, "code") if code in kind.parts), None)
        if code is None or code in found:
            text = "component has a code that is unknown here or given twice."
            problems.append(Issue(text, "code-invalid", "Observation.component"))
            continue
        value = _read_quantity(component, kind, code, problems)
        if value is not None:
            found[code] = value
    if not problems and set(found) != set(kind.parts):
        problems.append(Issue(f"component needs {' and '.join(kind.parts)}.", "required", "Observation.component"))
    elif len(found) == 2 and found[kind.parts[0]] <= found[kind.parts[1]]:
        problems.append(Issue("Systolic pressure must be above diastolic.", "value", "Observation.component"))
    return found


def _read_quantity(holder: Mapping[str, Any], kind: Kind, code: str, problems: list[Issue]) -> float | None:
    quantity = shapes.child(holder, "valueQuantity")
    value = shapes.number(quantity, "value")
    at = "Observation.valueQuantity"
    if value is None:
        complaint = Issue(f"valueQuantity is missing for {code}.", "required", at)
    elif (shapes.text(quantity, "code") or shapes.text(quantity, "unit")) not in kind.units:
        complaint = Issue(f"The unit of {code} must be {kind.unit}.", "code-invalid", f"{at}.code")
    elif "comparator" in quantity:
        complaint = Issue("A value with a comparator cannot be kept.", "value", f"{at}.comparator")
    elif text := bounds.complaint(code, value):
        complaint = Issue(text, "value", f"{at}.value")
    else:
        return value
    problems.append(complaint)
    return None
