"""What the benchmark makes of its measurements."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import document, report, rounds, targets
from benchmarks.browser import Astray, Page
from benchmarks.rounds import Measurement, Plan
from benchmarks.yardsticks import Yardsticks


def _measured(subject: str, operation: str, *rates: float, p99_ms: float = 5.0, cpu: float = 100.0) -> Measurement:
    return Measurement(subject, operation, list(rates), 100, cpu, 50.0, 1.0, 1.0, 2.0, p99_ms)


def _run(*measurements: Measurement) -> report.Run:
    return report.Run(Plan(), [], measurements, {}, Yardsticks(20_000.0, 0.05))


OURS = _measured("ours-postgresql", "refresh", 150, 300, 160)
PEER = _measured("oidc-provider-postgresql", "refresh", 100, 100, 100, cpu=300.0)


def test_ratio_compares_each_round_with_its_neighbour() -> None:
    assert rounds.ratio(OURS, PEER) == pytest.approx(1.6)


def test_percentile_is_a_value_that_was_measured() -> None:
    assert rounds.percentile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert rounds.percentile([5.0, 1.0, 3.0], 0.99) == 5.0


@pytest.mark.parametrize(("ratio", "verdict"), [(1.5, "goal"), (1.2, "milestone"), (1.0, "below"), (0.6, "defect")])
def test_verdict_names_what_is_reached(ratio: float, verdict: str) -> None:
    assert targets.AGAINST["oidc-provider-postgresql"]["refresh"].verdict(ratio) == verdict


def test_verdict_without_a_goal_is_met() -> None:
    assert targets.Ratio(10.0).verdict(11.0) == "met"


def test_table_sets_ours_beside_the_peer_and_the_targets() -> None:
    text = report.as_text(_run(OURS, PEER))
    assert "1.60x" in text
    assert "2.33x" in text
    assert text.count("goal") == 2
    assert "Not kept" not in text


def test_table_names_every_limit_that_is_not_kept() -> None:
    slow = _measured("ours-postgresql", "refresh", 10, 10, 10, p99_ms=40.0)
    push = _measured("ours-sqlite", "push", 10, cpu=2000.0)
    sign_in = _measured("ours-sqlite", "sign_in", 10, cpu=60_000.0)
    found = report.findings(_run(slow, PEER, push, sign_in))
    assert [line.split(":")[0] for line in found] == [
        "refresh against oidc-provider-postgresql",
        "refresh on ours-postgresql",
        "push on ours-sqlite",
        "sign_in on ours-sqlite",
    ]


def test_json_keeps_the_figures_and_drops_the_samples() -> None:
    figures = report.as_json(_run(OURS, PEER))
    assert figures["ratios"][0]["ratio"] == pytest.approx(1.6)
    assert "latencies" not in figures["measurements"][0]
    assert figures["measurements"][0]["rate"] == 160


def test_browser_reads_what_a_form_would_send() -> None:
    page = Page(
        "http://h/",
        200,
        '<form id="other"></form><form id="consent" action="/go"><input name="csrf_token" value="t">'
        '<input type="radio" name="profile" value="p1" checked><input type="checkbox" name="scope" value="a">'
        '<input type="checkbox" name="scope" value="b"><button name="decision" value="deny">no</button></form>',
    )
    form = page.form(having="scope")
    assert form.action == "/go"
    assert form.fields == {"csrf_token": ["t"], "profile": ["p1"]}
    assert form.choices == {"scope": ["a", "b"], "decision": ["deny"]}
    assert page.form(having="other").fields == {}
    with pytest.raises(Astray, match="shows no form"):
        page.form(having="missing")


def test_figures_replace_the_last_ones_in_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n")
    document.write(_run(OURS, PEER), page)
    document.write(_run(OURS, PEER), page)
    text = page.read_text()
    assert text.startswith("before\n<!-- figures -->\n")
    assert text.endswith("\n<!-- end of figures -->\nafter\n")
    assert text.count("| refresh | oidc-provider-postgresql | 1.60x | 2.33x | 1.16x | 1.5x | goal |") == 1
    assert "old" not in text
