"""The dispatcher as a pure function: it ends, never skips the second factor or the consent, never asks twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from authz.interaction.steps import Facts, Step, next_step

FACTS = st.builds(
    Facts,
    has_client=st.booleans(),
    greets=st.booleans(),
    has_arrived=st.booleans(),
    first_factor=st.booleans(),
    is_signed_in=st.booleans(),
    is_remembered=st.booleans(),
    decision=st.sampled_from([None, "allow", "deny"]),
    must_choose=st.booleans(),
    is_to_link=st.booleans(),
)


def after(facts: Facts, step: Step) -> Facts:
    """Return the facts once a step is done."""
    done = {
        Step.ARRIVAL: {"has_arrived": True},
        Step.LOGIN: {"first_factor": True},
        Step.SECOND_FACTOR: {"is_signed_in": True},
        Step.LINK: {"is_to_link": False},
        Step.ACCOUNT: {"must_choose": False},
        Step.CONSENT: {"decision": "allow"},
    }
    return replace(facts, **done[step])  # type: ignore[arg-type]


@given(FACTS)
def test_journey_ends_and_asks_nothing_twice(facts: Facts) -> None:
    seen = []
    while (step := next_step(facts)) not in (Step.DONE, Step.RETURN):
        assert step not in seen
        seen.append(step)
        facts = after(facts, step)
    assert seen == sorted(seen, key=list(Step).index)


@given(FACTS)
def test_app_is_never_answered_without_two_factors_and_consent(facts: Facts) -> None:
    if facts.has_client and facts.decision is None and next_step(facts) in (Step.RETURN, Step.DONE):
        assert facts.is_signed_in
        assert facts.is_remembered


@given(FACTS)
def test_refusal_goes_home_at_once(facts: Facts) -> None:
    assert next_step(replace(facts, decision="deny")) is Step.RETURN
