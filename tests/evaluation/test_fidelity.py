"""Recolorings are distinguished from other changes, which are located, drawn and described."""

import json

import numpy as np
import pytest
from helpers.reference import photo
from PIL import Image
from skimage.color import rgb2lab

from jphoto import metrics, weights
from jphoto.errors import ImageError
from jphoto.evaluation.fidelity import (
    DIMMED_WHITE,
    HEAT_COLORS,
    RECOLORING_LIMIT,
    fidelity,
    fidelity_lines,
    fidelity_summary,
    heat_map,
)
from jphoto.evaluation.protocol import CONTENT_MEASURES
from jphoto.images import read_picture, save_picture

LEVEL = 1 / 255
HEIGHT, WIDTH = 36, 64
MATRIX = np.float32([[0.5, 0.2, 0.1], [-0.1, 0.6, 0.1], [0.05, 0.05, 0.3]])


@pytest.fixture(scope="module")
def flower(photos) -> np.ndarray:
    """A real photo."""
    return read_picture(photos / "content.png", role="content")


@pytest.fixture(scope="module")
def find():
    """`fidelity` with AlexNet."""
    params = weights.load("alexnet").params
    return lambda content, result: fidelity(params, content, result)


def recoloring(content: np.ndarray) -> np.ndarray:
    return content @ MATRIX + np.float32(0.1)


def noisy(content: np.ndarray, levels: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=content.shape)
    return (content + levels * LEVEL * noise).astype(np.float32)


def test_the_measures_are_those_of_the_protocol(find, flower) -> None:
    result = noisy(recoloring(flower), 5)
    found = find(flower, result)
    assert found.scores == {
        "edge_similarity": metrics.edge_similarity(result, flower),
        "perceptual": metrics.perceptual_distance(
            weights.load("alexnet").params, result, flower, luminance=True
        ),
        "affine_residual": metrics.affine_residual(result, flower),
        "matting_energy": metrics.matting_energy(result, flower),
        "banding": pytest.approx(metrics.banding(result, flower), nan_ok=True),
    }
    assert list(found.scores) == [measure.key for measure in CONTENT_MEASURES]


def test_residuals_are_those_of_the_protocols_affine_residual(find, flower) -> None:
    result = noisy(recoloring(flower), 5)
    found = find(flower, result)
    assert found.residuals.shape == (HEIGHT - 2, WIDTH - 2)
    mean_square = np.mean(found.residuals**2)
    assert np.sqrt(mean_square) == pytest.approx(metrics.affine_residual(result, flower), rel=1e-12)
    assert found.residuals[7, 9] == pytest.approx(
        metrics.affine_residual(result[7:10, 9:12], flower[7:10, 9:12]), rel=1e-9
    )


def test_an_affine_recoloring_is_recolored_only(find, flower) -> None:
    for result in (flower, recoloring(flower), np.round(255 * recoloring(flower)) / 255):
        found = find(flower, result)
        assert found.recolored == 1
        assert found.residuals.max() < 1


def test_white_noise_is_not_a_recoloring(find, flower) -> None:
    found = find(flower, noisy(flower, 10))
    assert found.recolored < 0.05
    assert found.change == pytest.approx(10, rel=0.05)


def test_a_jpeg_of_the_original_is_nearly_recolored_only(find, shared, tmp_path) -> None:
    with Image.open(shared / "pairs" / "39" / "content.png") as image:
        image.convert("RGB").crop((200, 100, 360, 220)).save(tmp_path / "content.png")
    content = read_picture(tmp_path / "content.png", role="content")
    save_picture(content, tmp_path / "result.jpg")
    found = find(content, read_picture(tmp_path / "result.jpg", role="result"))
    assert found.recolored > 0.97
    assert found.scores["affine_residual"] > 0.5


@pytest.fixture(scope="module")
def pasted(flower) -> tuple[np.ndarray, np.ndarray]:
    """A recoloring with noise pasted over one part, and the windows that the part touches."""
    result = recoloring(flower)
    result[10:20, 30:45] = photo("textured", 10, 15)
    touched = np.zeros((HEIGHT - 2, WIDTH - 2), bool)
    touched[8:20, 28:45] = True
    return result, touched


def test_a_pasted_patch_has_high_residuals_in_its_windows(find, flower, pasted) -> None:
    result, touched = pasted
    found = find(flower, result)
    np.testing.assert_array_equal(found.residuals > RECOLORING_LIMIT, touched)
    assert found.recolored == 1 - touched.mean()


def test_the_heat_map_colors_the_patch(find, flower, pasted) -> None:
    result, touched = pasted
    shown = heat_map(flower, find(flower, result))
    assert shown.dtype == np.float32 and shown.shape[1] == WIDTH and shown.shape[0] > HEIGHT
    assert shown.min() >= 0 and shown.max() <= 1
    shown = shown[:HEIGHT]
    hot = np.ptp(shown, axis=2) > 0
    np.testing.assert_array_equal(hot[1:-1, 1:-1], touched)
    assert shown[~hot].max() <= DIMMED_WHITE
    assert shown[~hot].std() > 0.01  # the photo remains visible


def test_larger_residuals_are_lighter(find, flower) -> None:
    """In CIE Lab, and lighter than the photo, so that the scale needs no legend."""
    lightness = rgb2lab(
        np.array([[(DIMMED_WHITE, DIMMED_WHITE, DIMMED_WHITE), *HEAT_COLORS.values()]])
    )[0, :, 0]
    assert (np.diff(lightness) > 0).all()
    found = find(flower, noisy(flower, 40))
    shown = rgb2lab(heat_map(flower, found)[1 : HEIGHT - 1, 1:-1])[..., 0]
    hot = found.residuals > RECOLORING_LIMIT
    assert (np.diff(shown[hot][np.argsort(found.residuals[hot])]) > -1e-3).all()


def line(lines: list[str], title: str) -> str:
    (found,) = [line for line in lines if line.startswith(title)]
    return found


def test_lines_say_which_measures_are_good_and_which_are_poor(find, flower) -> None:
    good = fidelity_lines(find(flower, flower))
    assert good[0] == (
        "Colors changed by 0.0/255; of that, no recoloring of small neighborhoods explains 0.0/255."
    )
    assert len(good) == 2 + len(CONTENT_MEASURES)
    assert line(good, "recolored only").split()[:5] == ["recolored", "only", "(%)", "100.0", "good"]
    assert "1.000  good" in line(good, "edge SSIM")
    poor = fidelity_lines(find(flower, flower[::-1, ::-1].copy()))
    for title in ("recolored only", "edge SSIM", "affine residual", "matting energy"):
        assert "  good  " in line(good, title) and "  poor  " in line(poor, title)
    assert max(map(len, good + poor)) <= 110


def test_banding_is_compared_with_that_of_the_original(find) -> None:
    """For a slope of one level in the original, two levels are fair and noise is poor."""
    ramp = np.repeat((np.arange(WIDTH) * LEVEL + 0.2)[None, :, None], HEIGHT, 0)
    ramp = np.repeat(ramp, 3, 2).astype(np.float32)
    verdicts = []
    for result in (ramp, 2 * ramp, noisy(ramp, 12)):
        found = find(ramp, result)
        assert found.content_banding == pytest.approx(1, abs=0.05)
        verdicts.append(line(fidelity_lines(found), "banding").split()[5])
    assert verdicts == ["good", "fair", "poor"]


def test_an_original_without_flat_parts_has_no_banding(find) -> None:
    content = photo("textured", HEIGHT, WIDTH)
    found = find(content, content)
    assert np.isnan(found.scores["banding"]) and np.isnan(found.content_banding)
    assert "the original has nothing flat" in line(fidelity_lines(found), "banding")
    summary = json.loads(json.dumps(fidelity_summary(found), allow_nan=False))
    assert summary["measures"]["banding"] is None and summary["content_banding"] is None
    assert summary["recolored"] == 1 and summary["protocol"] == "jphoto-eval-1"


def test_pictures_of_other_sizes_are_refused(find, flower) -> None:
    with pytest.raises(ImageError, match=r"63 x 36 pixels .* 64 x 36"):
        find(flower, flower[:, 1:])
    with pytest.raises(ImageError, match=r"64 x 30 pixels.* 31"):
        find(flower[:30], flower[:30])
