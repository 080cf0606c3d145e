"""TIFF through the command line: what is read comes out, and what is not is said in one line."""

import numpy as np
import pytest
import tifffile
from helpers.unchanged import transfer_without_solving

RAMP = np.linspace(0, 1, 40 * 52 * 3).reshape(40, 52, 3)
SMALL = np.zeros((36, 36, 3), np.uint8)
DEEP = np.rint(RAMP * 65535).astype(np.uint16)


@pytest.fixture
def transfer(command, caplog, monkeypatch, photos):
    return transfer_without_solving(command, caplog, monkeypatch, photos / "style.png")


@pytest.mark.parametrize(
    ("levels", "options", "words"),
    [
        (DEEP, {"compression": "zstd", "predictor": True}, ""),
        (DEEP, {"compression": "lzma"}, ""),
        (DEEP >> 4, {"bitspersample": 12}, ""),
        ((DEEP >> 4)[..., 1], {"bitspersample": 12, "photometric": "minisblack"}, ""),
        (RAMP.astype(np.float32) * 1.5, {}, "values beyond 1, up to 1.5, are read as highlights"),
        (np.dstack([DEEP, DEEP[..., 0]]), {"extrasamples": [0]}, "neither color nor opacity"),
        (np.stack([DEEP, 0 * DEEP]), {}, "it has 2 pages; the first full one is used"),
    ],
    ids=["zstd", "lzma", "12 bits", "12 bits gray", "float", "extra channel", "pages"],
)
def test_values_keep_their_bits(tmp_path, transfer, levels, options, words):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, levels, **{"photometric": "rgb"} | options)
    found, told = transfer(path)
    expected = RAMP * 1.5 if levels.dtype == np.float32 else RAMP
    expected = expected[..., 1:2] if levels.ndim == 2 else expected
    expected = np.broadcast_to(np.minimum(expected, 1), found.shape)
    np.testing.assert_allclose(found, expected, atol=3e-4 if "bitspersample" in options else 2e-5)
    assert words in told and told.count("\n") == (1 if words else 0), told


def test_the_full_page_is_transferred_not_the_thumbnail(tmp_path, transfer):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(SMALL, photometric="rgb", subfiletype=1, metadata=None)
        file.write(DEEP, photometric="rgb", metadata=None)
    found, told = transfer(tmp_path / "a.tif")
    np.testing.assert_allclose(found, RAMP, atol=1e-5)
    assert told == ""


def test_signed_numbers_are_refused(tmp_path, transfer):
    tifffile.imwrite(tmp_path / "a.tif", (DEEP >> 1).astype(np.int16), photometric="rgb")
    found, told = transfer(tmp_path / "a.tif")
    assert found is None and "a.tif has signed numbers of 16 bits; save it as RGB of 8" in told
