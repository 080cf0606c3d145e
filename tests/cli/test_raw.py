"""Raw photos through the command line: developed with LibRaw, refused without it."""

import sys

import numpy as np
import pytest
from helpers.originals import original
from helpers.raws import BEGINNINGS, XMP, cr2, dng, nef
from helpers.unchanged import transfer_without_solving
from PIL import Image

from jphoto.errors import ImageError


@pytest.fixture
def transfer(command, caplog, monkeypatch, photos):
    return transfer_without_solving(command, caplog, monkeypatch, photos / "style.png")


def patch(color=(0.18, 0.18, 0.18)):
    return np.broadcast_to(np.float64(color), (64, 96, 3))


def srgb(light):
    return 1.055 * light ** (1 / 2.4) - 0.055


@pytest.mark.parametrize("thumbnail", [True, False])
def test_a_gray_patch_is_neutral_and_as_bright_as_it_was(tmp_path, transfer, thumbnail):
    pytest.importorskip("rawpy")
    found, told = transfer(dng(tmp_path / "a.dng", patch(), thumbnail=thumbnail))
    assert found.shape == (64, 96, 3) and told == ""
    np.testing.assert_allclose(found, srgb(0.18), atol=2e-3)


def test_the_brightness_does_not_depend_on_the_rest_of_the_picture(tmp_path, transfer):
    pytest.importorskip("rawpy")
    picture = np.array(patch())
    picture[:, 48:] = 0.9
    found, _ = transfer(dng(tmp_path / "a.dng", picture))
    np.testing.assert_allclose(found[8:-8, 8:40], srgb(0.18), atol=2e-3)
    found, _ = transfer(dng(tmp_path / "b.dng", patch(), stops=1))
    np.testing.assert_allclose(found, srgb(0.36), atol=2e-3)


@pytest.mark.parametrize("channel", range(3))
def test_a_saturated_patch_keeps_its_hue(tmp_path, transfer, channel):
    pytest.importorskip("rawpy")
    color = np.full(3, 0.05)
    color[channel] = 0.5
    found, _ = transfer(dng(tmp_path / "a.dng", patch(color)))
    middle = found[32, 48]
    others = np.delete(middle, channel)
    assert middle[channel] > others.max() + 0.2


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_it_is_turned_once(tmp_path, transfer, orientation):
    pytest.importorskip("rawpy")
    picture = np.array(patch())
    picture[:20, :20] = 0.8  # the corner that is at the upper left before it is turned
    found, _ = transfer(dng(tmp_path / "a.dng", picture, orientation=orientation))
    places = {1: (0, 0), 3: (-1, -1), 6: (0, -1), 8: (-1, 0)}
    assert found.shape[:2] == ((96, 64) if orientation in (6, 8) else (64, 96))
    np.testing.assert_allclose(found[places[orientation]], srgb(0.8), atol=0.01)
    corners = np.sort([found[row, column, 1] for row in (0, -1) for column in (0, -1)])
    np.testing.assert_allclose(corners[:3], srgb(0.18), atol=0.01)
    with Image.open(tmp_path / "a.result.tif") as result:
        assert result.getexif().get(0x0112, 1) == 1


def test_depth_and_metadata(tmp_path):
    pytest.importorskip("rawpy")
    found = original(dng(tmp_path / "a.dng", patch()))
    assert found.depth == 16 and not found.gray
    assert b"Maker\0" in found.metadata.exif and found.metadata.xmp == XMP


RAW = {"dng": lambda path: dng(path, patch()), "nef": nef, "cr2": cr2}


def raw_file(path, kind):
    """A raw photo, or for cameras without one here, the beginning of its file."""
    if kind in RAW:
        return RAW[kind](path)
    path.write_bytes(BEGINNINGS[kind].ljust(2000, b"\0"))
    return path


@pytest.mark.parametrize("kind", [*RAW, *BEGINNINGS])
def test_without_libraw_raw_photos_are_refused(tmp_path, transfer, monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    found, told = transfer(raw_file(tmp_path / f"a.{kind}", kind))
    assert found is None
    assert f"a.{kind} is a raw photo; install" in told and 'pip install "jphoto[raw]"' in told


@pytest.mark.parametrize("kind", ["cr2", *BEGINNINGS])
def test_what_libraw_cannot_read_is_refused(tmp_path, transfer, kind):
    pytest.importorskip("rawpy")
    found, told = transfer(raw_file(tmp_path / f"a.{kind}", kind))
    assert found is None and f"a.{kind} is " in told


def test_a_raw_photo_cut_short_is_refused(tmp_path, capfd):
    pytest.importorskip("rawpy")
    path = dng(tmp_path / "a.dng", patch())
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(ImageError, match=r"a\.dng is damaged or cut short: "):
        original(path)
    assert capfd.readouterr().err == ""
