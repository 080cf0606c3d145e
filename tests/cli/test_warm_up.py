"""`jphoto warm-up`: afterwards, transfers of photos of such proportions, or slightly wider, compile
nothing.
"""

from importlib import resources

import pytest
from PIL import Image

from jphoto.compilation import kept


@pytest.fixture
def one_proportion(nothing_kept, monkeypatch, tmp_path):
    """A cache of its own: other workers write into the one that all share."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("jphoto.pipeline.warm_up.PROPORTIONS", ("4:3",))
    monkeypatch.setattr("jphoto.segmentation.automatic_regions.FEATURES_SIDE", 192)


def test_transfers_after_it_compile_nothing(command, one_proportion, tmp_path):
    status, printed, errors = command("warm-up", "--size", "64", "--backbone", "vgg16")
    assert (status, printed[:4]) == (0, "4:3:") and "1 proportions at 64 pixels" in errors
    before = sorted(kept.folder().iterdir())
    bundled, photos = resources.files("jphoto") / "photos" / "meadow", []
    for role, height in (("content", 47), ("style", 45)):
        photos.append(tmp_path / f"{role}.png")
        with Image.open(str(bundled / f"{role}.jpg")) as photo:
            photo.resize((64, height)).save(photos[-1])
    for preset in ("default", "preview"):
        out = tmp_path / f"{preset}.png"
        options = ["--preset", preset, "--size", "64", "--backbone", "vgg16", "--out", out]
        assert command("transfer", *photos, *options)[0] == 0
    assert sorted(kept.folder().iterdir()) == before
