"""The programs printed in the partners' guide, run as they stand against the real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from connectors import kit
from tests.actors import Partner, Person
from tests.peers.served import Space, serving
from tests.peers.walk import walking

GUIDE = Path(__file__).parents[2] / "docs/partners.md"
EXPORT = resources.files("connectors.sample_app").joinpath("data", "synthetic-14d.libreview-fr-mgdl.csv")


@pytest.fixture
def space(make_app: Callable[..., Flask]) -> Iterator[Space]:
    with serving(lambda issuer: make_app(issuer=issuer)) as served:
        yield served


def test_partner_who_copies_the_guide_has_sent_everything(
    space: Space, glucoapp: Partner, alice: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "export.csv").write_bytes(EXPORT.read_bytes())

    def browser_comes_back(address: str) -> str:
        with walking(alice, space.issuer) as walker:
            return walker.allows(address, consents=["documents.summary.write"])

    given: dict[str, Any] = {
        "ISSUER": space.issuer,
        "CLIENT_ID": glucoapp.client_id,
        "CLIENT_SECRET": glucoapp.secret,
        "REDIRECT_URI": glucoapp.redirect_uri,
        "DATA": tmp_path,
        "EXPORT": tmp_path / "export.csv",
        "browser_comes_back": browser_comes_back,
    }
    program = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S))
    exec(compile(program, str(GUIDE), "exec"), given)
    partner: kit.Partner = given["partner"]
    with closing(partner.wire.pool):
        assert kit.disconnect(partner, "user-17")
    assert capsys.readouterr().out.splitlines() == ["measure created ", "measure created ", "document created "]
