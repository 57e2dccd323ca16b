"""The canaries' world, and whom it is shown to."""

import pytest

from tests.canaries.world import Canaries


@pytest.fixture
def canaries(db):
    """The world of tests/canaries/script.py."""
    return Canaries()
