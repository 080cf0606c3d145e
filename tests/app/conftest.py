"""A server of the app that the tests of a module share."""

import pytest
from helpers.app import asked


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with asked(tmp_path_factory.mktemp("session")) as running:
        yield running


@pytest.fixture(scope="module")
def pair(server, photos):
    """A tiny content photo and a tiny style photo, uploaded."""
    return server.add(photos / "content.png"), server.add(photos / "style.png", "style")
