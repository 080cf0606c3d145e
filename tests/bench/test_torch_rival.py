"""The PyTorch program computes what jphoto computes, and descends as published."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import assert_close, dense_laplacian, photo

from bench.torch_rival.client import Rival
from jphoto.matting.affinities import matting_affinities
from jphoto.objectives import color_moments, detail_strengths
from jphoto.objectives.targets import ContentTargets, LossWeights, Targets, Terms
from jphoto.optimizers.lbfgs_fixed import lbfgs_fixed
from jphoto.solver.programs import OBJECTIVES

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not Rival.available(), reason="PyTorch is not installed")

H, W = 35, 41
WIDTHS = {"1_1": 4, "1_2": 4, "2_1": 5, "2_2": 5, "3_1": 6, "3_2": 6, "3_3": 6}
WIDTHS |= {"4_1": 7, "4_2": 7, "4_3": 7, "5_1": 8}
"""VGG-16's layers, few channels."""
WEIGHTS = {
    "jphoto": LossWeights(1.0, 0.05, 100.0, 0.5, 0.3),
    "paper": LossWeights(100.0, 5.0, 1e4, 0.5, 1e-3),
}
TOLERANCES = {"float32": 1e-4, "float64": 1e-8}


def network() -> dict[str, dict[str, np.ndarray]]:
    random, params, width = np.random.default_rng(0), {}, 3
    for place, channels in WIDTHS.items():
        kernel = random.normal(size=(3, 3, width, channels)) * np.sqrt(2 / (9 * width))
        bias = 0.1 * random.normal(size=channels)
        params[f"conv{place}"] = {
            "kernel": kernel.astype(np.float32),
            "bias": bias.astype(np.float32),
        }
        width = channels
    return params


def soft_masks(h: int, w: int) -> np.ndarray:
    """Two regions with a soft border, and a corner that belongs to neither."""
    y, x = np.mgrid[:h, :w]
    left = np.clip(0.5 + (0.45 * w + 0.2 * y - x) / 6, 0, 1)
    inside = (y + x > 9).astype(np.float64)
    return np.stack([left * inside, (1 - left) * inside]).astype(np.float32)


PARAMS = network()
PAIR = {
    "content": photo("textured", H, W),
    "style": photo("textured", 30, 44, 1),
    "content_masks": soft_masks(H, W),
    "style_masks": soft_masks(30, 44),
    "recolored": photo("textured", H, W, 3),
    "flatness": np.random.default_rng(0).uniform(size=(9, 11)),
}
PICTURE = 1.2 * photo("textured", H, W, 2) - 0.1
"""Here and there beyond [0, 1]."""


@pytest.fixture(scope="module")
def rival():
    with Rival() as worker:
        yield worker


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("rival")
    flat = {f"{name}.{part}": a for name, parts in PARAMS.items() for part, a in parts.items()}
    np.savez(folder / "params.npz", **flat)
    np.savez(folder / "case.npz", **PAIR)
    np.save(folder / "picture.npy", PICTURE)
    return folder


def opened(rival, folder, objective="jphoto", preprocessing="torchvision", precision="float64"):
    """The rival with the pair opened; its answer to that."""
    return rival.request(
        "open",
        case=folder / "case.npz",
        params=folder / "params.npz",
        preprocessing=preprocessing,
        objective=objective,
        weights=WEIGHTS[objective]._asdict(),
        precision=precision,
    )


def wide(tree):
    """The arrays of a tree in float64."""
    return jax.tree.map(lambda a: jnp.asarray(np.asarray(a, np.float64)), tree)


@functools.cache
def our_photo(objective: str) -> ContentTargets:
    """What jphoto holds of the content photo without a network."""
    chosen = OBJECTIVES[objective]

    @jax.jit
    def held(params, pair) -> ContentTargets:
        affinities = matting_affinities(pair["content"], chosen.epsilon)
        flat = affinities, pair["flatness"]
        content = chosen.content_targets(params, "torchvision", pair["content"], *flat)
        return content._replace(features=None)

    return held(wide(PARAMS), wide(PAIR))


@functools.cache
def our_objective(objective: str, preprocessing: str):
    """jphoto's value, terms and gradient as a function of the picture; to be called in float64."""
    params, pair, held = wide(PARAMS), wide(PAIR), our_photo(objective)
    chosen = OBJECTIVES[objective]

    @jax.jit
    def targets_of(params, pair, held: ContentTargets) -> Targets:
        photo = pair["style"], pair["style_masks"]
        statistics = color_moments(*photo), detail_strengths(*photo)
        style = chosen.style_targets(params, preprocessing, *photo, *statistics)
        flat = held.affinities, pair["flatness"]
        content = chosen.content_targets(params, preprocessing, held.photo, *flat)
        regions = chosen.region_targets(params, pair["content_masks"], style)
        held = held._replace(features=content.features)
        return Targets(style, held, *regions, pair["recolored"])

    def total(picture, params, targets: Targets) -> tuple[jax.Array, Terms]:
        return chosen.evaluate(params, preprocessing, targets, WEIGHTS[objective], picture)

    value_and_gradient = jax.jit(jax.value_and_grad(total, has_aux=True))
    targets = targets_of(params, pair, held)
    return lambda picture: value_and_gradient(picture, params, targets)


@functools.cache
def our_terms_and_gradient(objective: str, preprocessing: str) -> tuple[dict, np.ndarray]:
    """At `PICTURE`, in float64."""
    with jax.enable_x64(True):
        (_, terms), gradient = our_objective(objective, preprocessing)(wide(PICTURE))
        return {name: float(term) for name, term in terms._asdict().items()}, np.asarray(gradient)


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("preprocessing", ["torchvision", "caffe"])
@pytest.mark.parametrize("objective", ["jphoto", "paper"])
def test_terms_and_gradient_are_those_of_jphoto(
    rival, folder, objective, preprocessing, precision
) -> None:
    opened(rival, folder, objective, preprocessing, precision)
    found = rival.request(
        "evaluate", picture=folder / "picture.npy", gradient=folder / "gradient.npy"
    )
    expected, slope = our_terms_and_gradient(objective, preprocessing)
    tolerance = TOLERANCES[precision]
    absent = {"recoloring"} if objective == "paper" else set()
    assert {name for name, term in expected.items() if not term > 0} == absent
    assert found == pytest.approx(expected, rel=tolerance)
    assert_close(np.load(folder / "gradient.npy"), slope, tolerance)


def test_a_region_that_one_photo_lacks_stays_finite(rival, folder, tmp_path) -> None:
    masks = {name: PAIR[name].copy() for name in ("content_masks", "style_masks")}
    masks["content_masks"][0] = masks["style_masks"][1] = 0
    np.savez(tmp_path / "case.npz", **{**PAIR, **masks})
    (tmp_path / "params.npz").symlink_to(folder / "params.npz")
    for objective in ("jphoto", "paper"):
        opened(rival, tmp_path, objective)
        found = rival.request("evaluate", picture=folder / "picture.npy")
        assert all(np.isfinite(term) for term in found.values())


def test_product_is_that_of_the_dense_matrix(rival, folder) -> None:
    opened(rival, folder)
    rival.request("product", picture=folder / "picture.npy", out=folder / "product.npy")
    expected = dense_laplacian(PAIR["content"], OBJECTIVES["jphoto"].epsilon) @ PICTURE.reshape(
        -1, 3
    ).astype(np.float64)
    assert_close(np.load(folder / "product.npy"), expected.reshape(H, W, 3), 1e-8)


def solved(rival, folder, **plan):
    return rival.request("solve", out=folder / "out.npy", **plan)


@pytest.mark.parametrize("method", ["published", "wolfe"])
def test_solvers_lower_the_objective_and_return_the_best_picture(rival, folder, method) -> None:
    opened(rival, folder)
    answer = solved(rival, folder, method=method, steps=12, start=folder / "picture.npy")
    values, seconds = answer["objective"], answer["seconds"]
    assert answer["ended"] == "steps" and len(values) == len(seconds) == 12
    assert min(values) < 0.8 * values[0] and seconds == sorted(seconds)
    best = rival.request("evaluate", picture=folder / "out.npy")
    assert best["total"] == pytest.approx(min(values), rel=1e-9)


def test_solver_stops_at_the_target_and_when_time_is_up(rival, folder) -> None:
    opened(rival, folder)
    plan = {"method": "wolfe", "start": folder / "picture.npy"}
    first = solved(rival, folder, steps=12, **plan)["objective"]
    target = sorted(first)[4]
    reached = next(place for place, value in enumerate(first) if value <= target)
    answer = solved(rival, folder, steps=12, target=target, **plan)
    assert answer["ended"] == "target" and answer["objective"] == first[: reached + 1]
    answer = solved(rival, folder, steps=12, seconds=0, **plan)
    assert answer["ended"] == "seconds" and len(answer["objective"]) == 1


def test_published_descent_is_that_of_jphoto(rival, folder) -> None:
    """Both sides' fixed-step L-BFGS in float64: the lowest value after each evaluation."""
    opened(rival, folder, "paper")
    theirs = solved(rival, folder, method="published", steps=10, start=folder / "picture.npy")
    with jax.enable_x64(True):
        value_and_gradient, method = our_objective("paper", "torchvision"), lbfgs_fixed()
        step = jax.jit(lambda state, found: method.step(state, lambda _: found))
        state, ours = method.begin(wide(PICTURE), Terms(*wide([0.0] * len(Terms._fields)))), []
        for _ in theirs["objective"]:
            state = step(state, value_and_gradient(state.point + state.move))
            ours.append(float(state.value))
    assert np.minimum.accumulate(theirs["objective"]) == pytest.approx(ours, rel=1e-6)
    assert_close(np.load(folder / "out.npy"), state.best, 1e-6)


def test_published_start_is_the_mean_color_and_its_first_step_one_level_in_sum(
    rival, folder
) -> None:
    opened(rival, folder, "paper")
    solved(rival, folder, method="published", steps=1)
    start = np.load(folder / "out.npy")
    levels = 256 * start - np.array([123.68, 116.779, 103.939])
    assert levels.std() == pytest.approx(1e-4, rel=0.1) and abs(levels.mean()) < 1e-5
    solved(rival, folder, method="published", steps=2)
    assert np.abs(np.load(folder / "out.npy") - start).sum() == pytest.approx(1 / 256, rel=1e-6)


def test_the_first_stage_has_no_photorealism_and_its_pictures_are_not_kept(rival, folder) -> None:
    opened(rival, folder, "paper")
    plan = {"method": "published", "start": folder / "picture.npy"}
    values = solved(rival, folder, steps=8, free_steps=5, **plan)["objective"]
    terms = rival.request("evaluate", picture=folder / "picture.npy")
    free = terms["total"] - WEIGHTS["paper"].photorealism * terms["photorealism"]
    assert len(values) == 8 and values[0] == pytest.approx(free, rel=1e-9)
    best = rival.request("evaluate", picture=folder / "out.npy")
    assert best["total"] == pytest.approx(min(values[5:]), rel=1e-9)


def test_timings_memory_and_ceilings(rival, folder) -> None:
    assert {"read", "matrix", "targets"} <= set(opened(rival, folder)["seconds"])
    for what in ("evaluate", "features", "product", "setup"):
        seconds = rival.request("time", what=what, runs=2, warm_up=1)["seconds"]
        assert len(seconds) == 2 and min(seconds) > 0
    assert rival.request("memory")["resident"] > 2**24
    found = rival.request("ceilings", size=64)
    assert min(found["matmul"] + found["copy"]) > 0 and found["flops"] == 2 * 64**3


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("sing", {}, "no such request"),
        ("time", {"what": "lunch"}, "lunch"),
        ("solve", {"method": "newton", "steps": 3, "out": "x.npy"}, "method must be"),
        ("solve", {"method": "wolfe", "steps": 3, "free_steps": 3, "out": "x.npy"}, "free_steps"),
        ("evaluate", {"picture": "absent.npy"}, "absent.npy"),
    ],
)
def test_a_bad_request_is_answered_with_an_error(rival, folder, name, fields, words) -> None:
    opened(rival, folder)
    with pytest.raises(RuntimeError, match=words):
        rival.request(name, **fields)
    assert rival.request("evaluate", picture=folder / "picture.npy")["total"] > 0


def test_a_picture_of_another_size_is_refused(rival, folder) -> None:
    opened(rival, folder)
    np.save(folder / "small.npy", PICTURE[1:])
    with pytest.raises(RuntimeError, match=r"\(34, 41, 3\); the photo has \(35, 41, 3\)"):
        rival.request("evaluate", picture=folder / "small.npy")


def test_an_ended_worker_is_reported() -> None:
    with Rival() as worker:
        with pytest.raises(RuntimeError, match="open a pair first"):
            worker.request("evaluate", picture="x.npy")
        with pytest.raises(RuntimeError, match="ended with status 0"):
            worker.request("quit")


def test_the_two_sides_import_nothing_of_each_other() -> None:
    for path in (ROOT / "bench" / "torch_rival").glob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module)
        assert not {name.split(".")[0] for name in names} & {"jax", "jphoto"}, path.name
        own = {name for name in names if name.startswith("bench")}
        allowed = ("bench.torch_rival", "bench.harness.processes")
        assert all(name.startswith(allowed) for name in own), path.name
    program = "import sys, bench.torch_rival.client; sys.exit('torch' in sys.modules)"
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
