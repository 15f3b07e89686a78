"""The link from which tests of intake start."""

from __future__ import annotations

import pytest

from tests.actors import Partner, Person
from tests.protocol.measures.conftest import ALL, Link, link_to


@pytest.fixture
def link(alice: Person, glucoapp: Partner) -> Link:
    """Give GlucoApp's link to Alice, with all it asked for."""
    return link_to(alice, glucoapp, *ALL)
