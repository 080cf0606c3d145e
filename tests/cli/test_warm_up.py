"""`jphoto warm-up`: afterwards, transfers of photos of such proportions, or slightly wider, compile
nothing.
"""

from importlib import resources

import pytest
from PIL import Image

from jphoto.cli.run import keep_compiled_programs
from jphoto.compilation import kept
from jphoto.pipeline.warm_up import warm_up_previews
from jphoto.settings import Settings


@pytest.fixture
def one_proportion(nothing_kept, monkeypatch, tmp_path):
    """A cache of its own: other workers write into the one that all share."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("jphoto.pipeline.warm_up.PROPORTIONS", ("4:3",))
    monkeypatch.setattr("jphoto.segmentation.automatic_regions.FEATURES_SIDE", 192)


def bundled_pair(folder):
    bundled, photos = resources.files("jphoto") / "photos" / "meadow", []
    for role, height in (("content", 47), ("style", 45)):
        photos.append(folder / f"{role}.png")
        with Image.open(str(bundled / f"{role}.jpg")) as photo:
            photo.resize((64, height)).save(photos[-1])
    return photos


def test_transfers_after_it_compile_nothing(command, one_proportion, tmp_path):
    status, printed, errors = command("warm-up", "--size", "64", "--backbone", "vgg16")
    assert (status, printed[:4]) == (0, "4:3:") and "1 proportions at 64 pixels" in errors
    before = sorted(kept.folder().iterdir())
    photos = bundled_pair(tmp_path)
    for preset in ("default", "preview"):
        out = tmp_path / f"{preset}.png"
        options = ["--preset", preset, "--size", "64", "--backbone", "vgg16", "--out", out]
        assert command("transfer", *photos, *options)[0] == 0
    assert sorted(kept.folder().iterdir()) == before


def test_previews_after_their_own_warm_up_compile_nothing(command, one_proportion, tmp_path):
    keep_compiled_programs()
    settings = Settings(size=64, backbone="vgg16")
    assert len([*warm_up_previews(settings)]) == 4
    before = sorted(kept.folder().iterdir())
    photos = bundled_pair(tmp_path)
    options = ["--preset", "preview", "--size", "64", "--backbone", "vgg16"]
    assert command("transfer", *photos, *options, "--out", tmp_path / "out.png")[0] == 0
    assert before and sorted(kept.folder().iterdir()) == before
