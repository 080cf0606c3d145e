"""The file of a look: what it holds, and what is refused."""

import json

import numpy as np
import pytest
import safetensors.numpy
from helpers.looks import numbers, one_photo

from jphoto.errors import LookError
from jphoto.looks import archive
from jphoto.looks.gaussians import Gaussian
from jphoto.looks.look import Look
from jphoto.looks.statistics import WHOLE

LOOK = one_photo(1, sky=0.4, trees=0.6)
CONTENT = Gaussian(np.full(3, 0.2), 0.01 * np.eye(3))
RECORD = {"network": "vgg16", "photos": []}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.look"
    path.write_bytes(archive.to_bytes(archive.Archive(LOOK, RECORD, {})))
    return path


def changed(path, tensors=None, **metadata):
    """The file with other tensors and metadata, and a hash that fits them."""
    with safetensors.safe_open(path, framework="numpy") as file:
        old = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        both = {**file.metadata(), **metadata}
    new = {**old, **(tensors or {})}
    both["sha256"] = metadata.get("sha256", archive._digest(new))
    path.write_bytes(safetensors.numpy.save(new, both))


def test_a_file_holds_the_look(path):
    statistics, record, thumbnails = archive.read(path)
    assert (statistics.kinds, record, thumbnails) == (("sky", "trees", WHOLE), RECORD, {})
    for name, array in LOOK.averages.items():
        largest = np.abs(array).max()
        np.testing.assert_allclose(statistics.averages[name], array, atol=2e-5 * largest)
    for one, other in zip(statistics.colors, LOOK.colors, strict=True):
        np.testing.assert_array_equal(one, other)
    assert archive.digest(statistics) == archive.digest(LOOK)
    again = archive.to_bytes(archive.Archive(statistics, record, thumbnails))
    path.write_bytes(again)
    groups, content = (("sky",),), [CONTENT, CONTENT]
    np.testing.assert_array_equal(
        numbers(archive.read(path).statistics, groups, content),
        numbers(statistics, groups, content),
    )


def test_thumbnails_are_in_the_file_only_if_given(tmp_path):
    picture = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    made = archive.Archive(LOOK, RECORD, {"dusk.jpg": picture})
    (tmp_path / "b.look").write_bytes(archive.to_bytes(made))
    np.testing.assert_array_equal(archive.read(tmp_path / "b.look").thumbnails["dusk.jpg"], picture)


def test_the_metadata_can_be_read_by_anyone(path):
    length = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + length])
    assert json.loads(header["__metadata__"]["look"]) == RECORD


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "damaged or not a look"),
        (lambda path: path.write_bytes(b""), "damaged or not a look"),
        (lambda path: path.write_bytes(b"\xff" * 4000), "damaged or not a look"),
        (lambda path: path.unlink(), "damaged or not a look of jphoto: No such file"),
        (lambda path: changed(path, format="jphoto-weights-1"), "not a look of jphoto; `jphoto"),
        (lambda path: changed(path, format="jphoto-look-2"), "version 2 .* upgrade jphoto"),
        (lambda path: changed(path, sha256="0"), "is damaged: its numbers have changed"),
        (lambda path: changed(path, kinds="[]"), "is damaged: "),
        (lambda path: changed(path, kinds='["sky", "whole photo"]'), "kinds do not fit"),
        (lambda path: changed(path, kinds="nonsense"), "is damaged: "),
        (
            lambda path: changed(path, kinds='["sky", "sky", "whole photo"]'),
            "no names of their own",
        ),
        (
            lambda path: changed(path, {"thumbnail.a.png": np.zeros((3, 3), np.uint8)}),
            "its thumbnails are no pictures",
        ),
        (lambda path: changed(path, look="["), "is damaged: "),
        (
            lambda path: changed(path, {"half.details": np.full(3, np.nan, np.float32)}),
            "not finite",
        ),
        (
            lambda path: changed(path, {"colors.weights": -LOOK.colors.weights}),
            "weights are not positive",
        ),
        (
            lambda path: changed(path, {"half.relu3_1.gram-roots": np.ones((3, 9), np.float32)}),
            "is damaged: ",
        ),
    ],
)  # fmt: skip
def test_what_is_no_intact_look_is_refused(path, harm, words):
    harm(path)
    with pytest.raises(LookError, match=words):
        archive.read(path)


def test_a_look_whose_numbers_are_not_of_its_network_is_refused(path):
    # Three channels, as the looks of these tests have, no network has.
    record = {"network": "vgg16", "network_digest": "", "size": 700, "general": False, "jphoto": ""}
    changed(path, look=json.dumps({**record, "photos": []}))
    with pytest.raises(LookError, match="does not have the 64 channels of vgg16"):
        Look.load(path)
    changed(path, look=json.dumps({**record, "photos": [], "network": "resnet"}))
    with pytest.raises(LookError, match="is damaged: 'resnet'"):
        Look.load(path)
    changed(path, look=json.dumps(record))
    with pytest.raises(LookError, match="is damaged: "):
        Look.load(path)
