"""A maker of tiny clips."""

import pytest
from helpers.clips import make


@pytest.fixture
def clip_file(tmp_path):
    """Makes a clip under a name in the test's folder."""
    return lambda name, **arguments: make(tmp_path / name, **arguments)
