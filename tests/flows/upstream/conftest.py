"""A space that is connected to an upstream provider, and Alice, who has an account at both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from authz.settings import Settings
from tests.actors import Person
from tests.cast import enrol
from tests.conftest import mailbox_of
from tests.fakes import openid_provider
from tests.fakes.openid_provider import Upstream
from tests.flows.upstream.visits import Visitor


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """Give the provider."""
    with openid_provider.serving() as served:
        yield served


@pytest.fixture
def other_upstream() -> Iterator[Upstream]:
    """Give another provider, who would like to pass for the first."""
    with openid_provider.serving(name="mallory") as served:
        yield served


@pytest.fixture
def space(make_app: Callable[..., Flask], upstream: Upstream, other_upstream: Upstream) -> Flask:
    """Give a space that both are set in."""
    hosts = tuple(one.url.removeprefix("http://") for one in (upstream, other_upstream))
    return make_app(upstream=(upstream.settings(), other_upstream.settings("oidc")), outbound_allow=hosts)


@pytest.fixture
def visitor(space: Flask, settings: Settings) -> Callable[..., Visitor]:
    """Add somebody to the space: `visitor("alice.martin")`."""
    mailbox = mailbox_of(space, Path(settings.data_dir))
    return lambda identifier, **spec: Visitor(enrol(space, mailbox, identifier, **spec))


@pytest.fixture
def her(visitor: Callable[..., Visitor]) -> Visitor:
    """Give Alice and her browser."""
    return visitor("alice.martin")


@pytest.fixture
def person(her: Visitor) -> Person:
    """Give Alice."""
    return her.person
