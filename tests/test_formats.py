"""The list of photo formats: complete, without doubles, and in agreement with the encoders."""

from pathlib import Path

import pytest
from PIL import Image

from jphoto import formats, images

# Of Pillow's formats these are none of photos: icons, textures, graphics, videos, data. Some of
# SGI's suffixes are also those of bare values.
OTHER = {
    "BLP", "BUFR", "CUR", "DCX", "DDS", "EPS", "FITS", "FLI", "FTEX", "GBR", "GRIB", "HDF5", "ICNS",
    "ICO", "IM", "IPTC", "MPEG", "MSP", "PALM", "PCD", "PDF", "PIXAR", "SGI", "SUN", "WMF", "XBM",
    "XPM",
}  # fmt: skip


def test_every_suffix_has_one_format():
    suffixes = [suffix for kind in formats.FORMATS for suffix in kind.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in suffixes)


def test_what_pillow_reads_is_in_the_list():
    Image.init()
    missing = {
        suffix
        for suffix, kind in Image.registered_extensions().items()
        if kind in Image.OPEN and kind not in OTHER and suffix not in formats.BY_SUFFIX
    }
    assert not missing


@pytest.mark.parametrize("kind", formats.FORMATS, ids=lambda kind: kind.name)
def test_every_result_can_be_written(kind, tmp_path):
    for suffix in (*kind.suffixes, kind.suffixes[0].upper()):
        result = formats.result_suffix(Path(f"photo{suffix}"))
        images.check_output(tmp_path / f"result{result}", inputs=(), force=False)
        assert (result == suffix) is (suffix.lower() in formats.WRITTEN)
