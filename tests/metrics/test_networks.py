"""Measures by AlexNet: features and LPIPS against PyTorch, Gram matrices against plain sums."""

import numpy as np
import pytest
from helpers import reference
from helpers.reference import assert_close, photo

from jphoto import weights
from jphoto.errors import ImageError, MaskError
from jphoto.images import read_picture
from jphoto.metrics import perceptual_distance, style_distance
from jphoto.metrics.features import alexnet_features

SIZES = [(31, 31), (36, 64), (64, 45)]


@pytest.fixture(scope="module")
def params():
    return weights.load("alexnet").params


@pytest.fixture(scope="module")
def flower(photos) -> np.ndarray:
    return read_picture(photos / "content.png", role="content")


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


def noisy(picture: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(size=picture.shape)
    return np.clip(picture + sigma * noise, 0, 1)


def stripes(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A texture unlike that of `photo`."""
    lines = np.random.default_rng(seed).random((height, 1, 3))
    return np.repeat(lines, width, 1).astype(np.float32)


def torch_features(torch, params, picture: np.ndarray, mean, deviation) -> list:
    """torchvision's AlexNet in PyTorch, in float64; 1 x c x y x x after each ReLU."""
    functional = torch.nn.functional
    x = (torch.tensor(picture, dtype=torch.float64) - torch.tensor(mean)) / torch.tensor(deviation)
    x, features = x.permute(2, 0, 1)[None], []
    for name, stride, padding in (
        ("conv1", 4, 2), ("conv2", 1, 2), ("conv3", 1, 1), ("conv4", 1, 1), ("conv5", 1, 1),
    ):  # fmt: skip
        if name in ("conv2", "conv3"):
            x = functional.max_pool2d(x, 3, 2)
        kernel = torch.tensor(params[name]["kernel"], dtype=torch.float64).permute(3, 2, 0, 1)
        bias = torch.tensor(params[name]["bias"], dtype=torch.float64)
        x = functional.relu(functional.conv2d(x, kernel, bias, stride, padding))
        features.append(x)
    return features


def torch_lpips(torch, params, picture: np.ndarray, reference: np.ndarray) -> float:
    """LPIPS in PyTorch: inputs from -1 to 1, shifted and scaled; heads as 1 x 1 convolutions."""
    shift, scale = np.array([-0.030, -0.088, -0.188]), np.array([0.458, 0.448, 0.450])
    features = [
        torch_features(torch, params, 2 * x.astype(np.float64) - 1, shift, scale)
        for x in (picture, reference)
    ]
    total = 0.0
    for number, layers in enumerate(zip(*features, strict=True), 1):
        a, b = (x / (torch.sqrt((x**2).sum(1, keepdim=True)) + 1e-10) for x in layers)
        head = torch.tensor(params[f"lpips{number}"]["kernel"], dtype=torch.float64)
        total += torch.nn.functional.conv2d((a - b) ** 2, head.permute(3, 2, 0, 1)).mean().item()
    return total


@pytest.mark.parametrize("size", SIZES)
def test_features_equal_those_of_torch(torch, params, size) -> None:
    picture = photo("textured", *size)
    expected = torch_features(
        torch, params, picture, np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    )
    for ours, theirs in zip(alexnet_features(params, picture), expected, strict=True):
        assert_close(ours, theirs[0].permute(1, 2, 0).numpy())


@pytest.mark.parametrize("size", SIZES)
def test_perceptual_distance_equals_that_of_torch(torch, params, size) -> None:
    picture, other = photo("textured", *size), stripes(*size)
    expected = torch_lpips(torch, params, picture, other)
    assert perceptual_distance(params, picture, other) == pytest.approx(expected, rel=1e-4)


def test_perceptual_distance_is_zero_for_itself_and_grows_with_noise(params, flower) -> None:
    found = [perceptual_distance(params, noisy(flower, s), flower) for s in (0, 0.03, 0.1, 0.3)]
    assert found[0] == 0 and found == sorted(found) and found[3] > 0.1


def test_perceptual_distance_on_luminance_ignores_color(params, flower) -> None:
    gray = np.repeat((flower @ [0.2125, 0.7154, 0.0721])[..., None], 3, 2)
    assert perceptual_distance(params, gray, flower) > 0.05
    assert perceptual_distance(params, gray, flower, luminance=True) < 1e-9
    other = stripes(*flower.shape[:2])
    assert perceptual_distance(params, other, flower, luminance=True) > 0.1


def area_average(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Repeat pixels until the cells divide them evenly; then average."""
    h, w = mask.shape
    fine = np.repeat(np.repeat(mask.astype(np.float64), rows, 0), columns, 1)
    return fine.reshape(rows, h, columns, w).mean((1, 3))


def expected_style_distance(params, result, style, content_masks, style_masks) -> float:
    areas = content_masks.mean((1, 2), dtype=np.float64)
    layers = []
    for features, targets in zip(
        alexnet_features(params, result), alexnet_features(params, style), strict=True
    ):
        distance = 0.0
        for area, mask, style_mask in zip(areas, content_masks, style_masks, strict=True):
            gram = reference.gram_matrix(features, area_average(mask, *features.shape[:2]))
            goal = reference.gram_matrix(targets, area_average(style_mask, *targets.shape[:2]))
            error = np.sqrt(np.sum((gram - goal) ** 2) / np.sum(goal**2))
            distance += area / areas.sum() * error
        layers.append(distance)
    return np.mean(layers)


def masks_of(height: int, width: int, seed: int) -> np.ndarray:
    """Three soft regions, and a part outside all of them."""
    shares = np.random.default_rng(seed).random((4, height, width)) ** 3
    return (shares / shares.sum(0))[:3].astype(np.float32)


def test_style_distance_equals_its_formula(params) -> None:
    result, style = photo("textured", 36, 64), stripes(64, 45)
    masks, style_masks = masks_of(36, 64, 0), masks_of(64, 45, 1)
    masks[0] *= 0.3
    found = style_distance(params, result, style, masks, style_masks)
    expected = expected_style_distance(params, result, style, masks, style_masks)
    assert found == pytest.approx(expected, rel=1e-9)


def test_style_distance_is_zero_for_the_style_and_grows_with_noise(params, flower) -> None:
    masks = masks_of(*flower.shape[:2], 0)
    found = [
        style_distance(params, noisy(flower, sigma), flower, masks, masks)
        for sigma in (0, 0.03, 0.1, 0.3)
    ]
    assert found[0] == 0 and found == sorted(found) and found[3] > 0.2


def test_style_distance_compares_region_by_region(params) -> None:
    picture = np.concatenate([photo("textured", 36, 32), stripes(36, 32)], 1)
    left = np.broadcast_to(np.arange(64) < 32, (36, 64))
    masks = np.stack([left, ~left]).astype(np.float32)
    assert style_distance(params, picture, picture, masks, masks) == 0
    assert style_distance(params, picture, picture, masks[::-1], masks) > 0.3


def test_regions_that_one_photo_lacks_do_not_count(params, flower) -> None:
    masks = masks_of(*flower.shape[:2], 0)
    partial = masks.copy()
    partial[1] = 0
    result, kept = noisy(flower, 0.1), [0, 2]
    found = style_distance(params, result, flower, masks, partial)
    assert found == style_distance(params, result, flower, masks[kept], partial[kept])
    with pytest.raises(MaskError, match="no region"):
        style_distance(params, result, flower, masks, np.zeros_like(masks))


def test_pictures_too_small_for_the_network_are_refused(params) -> None:
    small, mask = photo("textured", 30, 40), np.ones((1, 30, 40))
    with pytest.raises(ImageError, match=r"40 x 30 pixels.* 31"):
        perceptual_distance(params, small, small)
    with pytest.raises(ImageError, match=r"40 x 30 pixels.* 31"):
        style_distance(params, small, small, mask, mask)


@pytest.mark.parametrize("kind", ["flat", "gray"])
def test_poor_pictures_give_finite_figures(params, kind) -> None:
    poor, rich, mask = photo(kind, 31, 31), photo("textured", 31, 31), np.ones((1, 31, 31))
    black = np.zeros_like(poor)
    for result, style in ((poor, rich), (rich, poor), (poor, poor), (black, black), (rich, black)):
        assert np.isfinite(style_distance(params, result, style, mask, mask))
        assert np.isfinite(perceptual_distance(params, result, style))


def test_a_network_without_activations_finds_no_difference(params, flower) -> None:
    silent = {
        layer: {kind: np.zeros_like(tensor) for kind, tensor in tensors.items()}
        for layer, tensors in params.items()
    }
    mask = np.ones((1, *flower.shape[:2]))
    assert style_distance(silent, flower, flower[::-1], mask, mask) == 0
    assert perceptual_distance(silent, flower, flower[::-1]) == 0


def test_pictures_of_one_size_share_a_program(params, compilations) -> None:
    mask = np.ones((1, 31, 32))
    pictures = [photo("textured", 31, 32, seed) for seed in range(4)]
    style_distance(params, *pictures[:2], mask, mask)
    perceptual_distance(params, *pictures[2:])
    perceptual_distance(params, *pictures[2:], luminance=True)
    assert len(compilations) == 1
