"""Body mass index, worked out here from weight and height and never accepted from outside.

Pure. Each weight is joined to the height nearest in time, so that a growing child's is not one of years ago when a
better one is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors.records import codes, identities
from connectors.records.contract import Measure, NewMeasure
from connectors.records.fhir_mapping.rendering import elements


def from_weights(weights: Sequence[Measure], heights: Sequence[Measure], *, source: str) -> list[Measure]:
    """Work out one index for each weight, in the same order; none without a height."""
    if not heights:
        return []
    return [_index(weight, _nearest(weight, heights), source) for weight in weights]


def _nearest(weight: Measure, heights: Sequence[Measure]) -> Measure:
    return min(heights, key=lambda height: abs(height.effective_at - weight.effective_at))


def _index(weight: Measure, height: Measure, source: str) -> Measure:
    value = round((weight.value or 0) / ((height.value or 1) / 100) ** 2, 1)
    built = NewMeasure(codes.BMI, weight.effective_at, weight.effective_text, value)
    return replace(
        weight,
        id=identities.computed_id(weight.id),
        code=codes.BMI,
        value=value,
        unit=codes.get_kind(codes.BMI).unit,
        comment=None,
        device_id=None,
        source=source,
        resource=elements(built),
        is_computed=True,
    )
