"""An operator invites an app to register itself, and puts it into the catalogue once it has been looked at."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.cli.conftest import CLIENT, Operator


def test_operator_invites_an_app(olga: Operator) -> None:
    made = olga.asks("client", "token", "--uses", "3")
    assert made["initial_access_token"].startswith("api_")
    assert (made["uses"], made["days"], made["registration_on"]) == (3, 7, False)


def test_operator_cannot_invite_on_impossible_terms(olga: Operator) -> None:
    assert "profile must be one of" in olga.is_refused("client", "token", "--profile", "nothing")
    assert "PKCE" in olga.is_refused("client", "token", "--without-pkce")
    assert olga.asks("client", "token", "--profile", "oidc", "--without-pkce")["uses"] == 1


def test_operator_publishes_an_app_that_was_on_trial(olga: Operator) -> None:
    entry: dict[str, Any] = CLIENT["catalogue_entry"]
    wish = {name: value for name, value in CLIENT.items() if name != "catalogue_entry"} | {"on_trial": True}
    olga.asks("client", "add", "--from", olga.writes("client.json", wish))
    shown = olga.asks("client", "publish", "glucoapp", "--from", "-", given=json.dumps(entry))
    assert shown["catalogue_entry"] == "glucoapp"
    assert "on_trial" not in olga.asks("client", "show", "glucoapp")
    assert "There is no such client" in olga.is_refused(
        "client", "publish", "x", "--from", "-", given=json.dumps(entry)
    )
