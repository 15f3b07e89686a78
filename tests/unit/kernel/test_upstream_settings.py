"""Providers by settings: a preset with what differs, every problem told, and each member in the operator's guide."""

from __future__ import annotations

from pathlib import Path

import pytest

from authz import upstream
from authz.identity import levels
from authz.settings import Settings, SettingsRefused
from tests.house.sources import ROOT

LEAST = {
    "APPAIRAGE_UPSTREAM": "fc",
    "APPAIRAGE_UPSTREAM_FC_ISSUER": "https://provider.example/api/v2",
    "APPAIRAGE_UPSTREAM_FC_CLIENT_ID": "appairage",
    "APPAIRAGE_UPSTREAM_FC_CLIENT_SECRET": "s3cret",
}


def test_operator_names_a_preset_and_little_else() -> None:
    provider = Settings.load(LEAST | {"APPAIRAGE_UPSTREAM_FC_PRESET": "franceconnect"}).upstream[0]
    assert (provider.name, provider.label, provider.userinfo) == ("fc", "FranceConnect", "signed")
    assert (provider.acr, provider.two_factors) == (("eidas1",), ("eidas2", "eidas3"))
    assert (provider.prompt, provider.max_age, provider.logs_out) == ("login consent", None, True)


def test_operator_changes_what_a_preset_says() -> None:
    changes = {"LABEL": "Santé", "ACR": "loa-2, loa-3", "MAX_AGE": "", "LOGOUT": "off", "ALGORITHMS": "RS256"}
    provider = Settings.load(LEAST | {f"APPAIRAGE_UPSTREAM_FC_{name}": text for name, text in changes.items()})
    told = provider.upstream[0]
    assert (told.label, told.acr, told.max_age, told.logs_out) == ("Santé", ("loa-2", "loa-3"), None, False)
    assert told.algorithms == ("RS256",)
    assert (told.scopes, told.userinfo) == (("openid", "profile"), "plain")


def test_secret_may_be_in_a_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    given = {name: text for name, text in LEAST.items() if not name.endswith("SECRET")}
    settings = Settings.load(given | {"APPAIRAGE_UPSTREAM_FC_CLIENT_SECRET_FILE": str(tmp_path / "secret")})
    assert settings.upstream[0].client_secret == "from a file"
    assert "from a file" not in repr(settings)


def test_several_providers_keep_their_order() -> None:
    more = {"APPAIRAGE_UPSTREAM": "b, fc", "APPAIRAGE_UPSTREAM_B_ISSUER": "https://b.example"}
    settings = Settings.load(LEAST | more | {"APPAIRAGE_UPSTREAM_B_CLIENT_ID": "x"})
    assert [provider.name for provider in settings.upstream] == ["b", "fc"]


@pytest.mark.parametrize(
    ("member", "text", "words"),
    [
        ("ISSUER", "provider.example", "must be an address"),
        ("ISSUER", "https://provider.example?x=1", "without query"),
        ("CLIENT_ID", "", "is missing"),
        ("SCOPES", "profile", "must hold openid"),
        ("USERINFO", "maybe", "must be one of signed, plain, none"),
        ("ALGORITHMS", "HS256", "must be some of"),
        ("ALGORITHMS", "none", "must be some of"),
        ("ALGORITHMS", "", "must be some of"),
        ("MAX_AGE", "-1", "must be 0 or more"),
        ("MAX_AGE", "soon", "invalid literal"),
        ("PRESET", "google", "must be one of"),
    ],
)
def test_operator_is_told_what_is_unfit_of_a_provider(member: str, text: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words):
        Settings.load(LEAST | {f"APPAIRAGE_UPSTREAM_FC_{member}": text})


@pytest.mark.parametrize(("names", "words"), [("FC", "small letters"), ("f-c", "small letters"), ("fc,fc", "twice")])
def test_operator_is_told_what_is_unfit_of_names(names: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words):
        Settings.load(LEAST | {"APPAIRAGE_UPSTREAM": names})


def test_guide_names_every_member_and_preset() -> None:
    text = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    part = text.partition("## Identity providers that others run")[2].partition("\n## ")[0]
    assert [
        name for name in (*upstream.MEMBERS, *upstream.PRESETS) if f"`{name}`" not in part and name not in part
    ] == []


@pytest.mark.parametrize(
    ("acr", "demanded", "reaches"),
    [
        ("eidas1", ("eidas1",), True),
        ("eidas3", ("eidas1",), True),
        ("eidas1", ("eidas2", "eidas3"), False),
        ("eidas2", ("eidas2", "eidas3"), True),
        ("loa-2", ("loa-1",), False),
        ("loa-1", ("loa-1",), True),
        ("", ("eidas1",), False),
        ("eidas9", ("eidas1",), False),
    ],
)
def test_level_there_reaches_what_is_demanded_or_not(acr: str, demanded: tuple[str, ...], *, reaches: bool) -> None:
    assert levels.reaches_upstream(acr, demanded) is reaches


def test_sign_in_there_never_counts_as_one_that_cannot_be_phished() -> None:
    for acr in levels.EIDAS:
        assert levels.of((*levels.amr_upstream(acr, ("eidas2", "eidas3")), "otp")) == levels.TWO_FACTORS
    assert levels.amr_upstream("eidas1", ("eidas2", "eidas3")) == ("fed",)
    assert levels.amr_upstream("eidas3", ("eidas2", "eidas3")) == ("fed", "mfa")
