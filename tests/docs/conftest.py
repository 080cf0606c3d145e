"""What a reader of the pages has."""

import pytest
from helpers import readers


@pytest.fixture(scope="module")
def prepared(own_cache, tmp_path_factory):
    """A folder of tiny photos, with networks that are quick."""
    with pytest.MonkeyPatch.context() as patch:
        readers.stand_ins(tmp_path_factory.mktemp("weights"), patch)
        folder = tmp_path_factory.mktemp("reader")
        readers.prepare(folder)
        yield folder
