"""A study of small photos: which pairs are measured, and why others are not."""

import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jphoto import evaluation, images
from jphoto.evaluation import Evaluation, study

KEYS = [measure.key for measure in evaluation.MEASURES]


def make_pair(photos: Path, folder: Path) -> Path:
    shutil.copytree(photos, folder)
    shutil.copy(folder / "content.png", folder / "same.png")
    content = images.read_picture(folder / "content.png", role="content")
    noise = np.random.default_rng(0).normal(0, 0.1, content.shape).astype(np.float32)
    images.save_picture(content + noise, folder / "noisy.png")
    return folder


@pytest.fixture(scope="module")
def pairs(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two equal pairs, each with two results: the content photo itself and a noisy one."""
    folder = tmp_path_factory.mktemp("pairs")
    for name in ("2", "10"):
        make_pair(photos, folder / name)
    return folder


@pytest.fixture(scope="module")
def compared(pairs: Path) -> Evaluation:
    return evaluation.evaluate(
        pairs,
        pairs / "{i}/same.png",
        baseline=pairs / "{i}/noisy.png",
        truth=pairs / "{i}/same.png",
    )


def test_the_content_itself_has_the_best_values(compared: Evaluation) -> None:
    scores = compared.pairs[0].scores["result"]
    assert scores["edge_similarity"] == pytest.approx(1)
    assert scores["perceptual"] == pytest.approx(0, abs=1e-6)
    assert scores["affine_residual"] < 0.01
    assert scores["matting_energy"] < 1e-6
    assert (scores["psnr"], scores["ssim"]) == (math.inf, pytest.approx(1))
    assert (scores["lpips"], scores["ciede2000"]) == (pytest.approx(0, abs=1e-6), 0)
    assert scores["histogram_correlation"] == pytest.approx(1)


def test_measures_have_their_units_and_better_values_win(compared: Evaluation, pairs: Path) -> None:
    noisy = compared.pairs[0].scores["baseline"]
    copies = (images.read_picture(pairs / "2" / f"{n}.png", role=n) for n in ("same", "noisy"))
    error = np.sqrt(np.mean(np.subtract(*copies) ** 2))
    assert noisy["psnr"] == pytest.approx(-20 * np.log10(error), abs=1e-3)
    # A fit has four unknowns for nine values.
    assert noisy["affine_residual"] == pytest.approx(255 * error * math.sqrt(5 / 9), rel=0.05)
    for measure in compared.measures:
        if measure.key in ("style_distance", "color_distance", "banding"):
            continue  # a copy of the content does not have the best value
        assert compared.summary(measure).comparison.wins == 2


def test_structure_is_compared_in_gray_and_truth_in_color(pairs: Path, tmp_path: Path) -> None:
    shutil.copytree(pairs / "2", tmp_path / "2")
    content = images.read_picture(tmp_path / "2/content.png", role="content")
    gray = content @ np.float32([0.2125, 0.7154, 0.0721])
    images.save_picture(np.repeat(gray[..., None], 3, 2), tmp_path / "2/gray.png")
    place = tmp_path / "{i}"
    (found,) = evaluation.evaluate(tmp_path, place / "gray.png", truth=place / "content.png").pairs
    scores = found.scores["result"]
    assert scores["perceptual"] < 0.05 * scores["lpips"]


def test_every_measure_of_the_tables_is_measured(compared: Evaluation) -> None:
    for pair in compared.pairs:
        for role in ("result", "baseline"):
            assert list(pair.scores[role]) == [measure.key for measure in compared.measures]


def test_pairs_come_in_natural_order_with_progress(pairs: Path) -> None:
    reported = []
    found = evaluation.evaluate(
        pairs, pairs / "{i}/same.png", progress=lambda *step: reported.append(step)
    )
    assert reported == [(1, 2, "2"), (2, 2, "10")]
    assert [pair.name for pair in found.pairs] == ["2", "10"]
    assert list(found.pairs[0].scores) == ["result"]
    assert list(found.pairs[0].scores["result"]) == KEYS


def test_both_layouts_give_the_same_values(
    compared: Evaluation, pairs: Path, tmp_path: Path
) -> None:
    for part in ("input", "style", "segmentation", "results"):
        (tmp_path / part).mkdir()
    for ours, theirs in (
        ("content.png", "input/in2.png"),
        ("style.png", "style/tar2.png"),
        ("content_mask.png", "segmentation/in2.png"),
        ("style_mask.png", "segmentation/tar2.png"),
        ("noisy.png", "results/best2_t_1000.png"),
    ):
        shutil.copy(pairs / "2" / ours, tmp_path / theirs)
    (found,) = evaluation.evaluate(tmp_path, tmp_path / "results").pairs
    expected = compared.pairs[0].scores["baseline"]
    assert found.scores["result"] == pytest.approx(
        {key: expected[key] for key in KEYS}, rel=1e-6, nan_ok=True
    )


def test_without_masks_whole_photos_are_compared(
    compared: Evaluation, pairs: Path, tmp_path: Path
) -> None:
    shutil.copytree(pairs / "2", tmp_path / "2")
    for role in ("content", "style"):
        (tmp_path / "2" / f"{role}_mask.png").unlink()
    (found,) = evaluation.evaluate(tmp_path, tmp_path / "{i}/same.png").pairs
    assert "no masks" in found.notes[0]
    masked, whole = compared.pairs[0].scores["result"], found.scores["result"]
    assert whole["color_distance"] != pytest.approx(masked["color_distance"], rel=1e-3)
    assert whole["edge_similarity"] == masked["edge_similarity"]


def resized(path: Path, width: int, height: int) -> None:
    with Image.open(path) as image:
        larger = image.resize((width, height), Image.Resampling.LANCZOS)
    larger.save(path)


@pytest.mark.parametrize("size", [(128, 72), (64, 38), (32, 18)])
def test_a_result_of_another_size_is_resized_with_a_note(
    pairs: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    shutil.copytree(pairs / "2", tmp_path / "2")
    resized(tmp_path / "2/same.png", *size)
    (found,) = evaluation.evaluate(tmp_path, tmp_path / "{i}/same.png").pairs
    assert found.notes == (f"result resized from {size[0]} x {size[1]} to 64 x 36",)
    assert found.scores["result"]["perceptual"] < 0.3


def test_large_photos_are_measured_at_the_protocols_size(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "LONG_SIDE", 60)
    shutil.copytree(pairs / "2", tmp_path / "2")
    found = evaluation.evaluate(tmp_path, tmp_path / "{i}/same.png")
    assert found.pairs[0].notes == ("result resized from 64 x 36 to 60 x 34",)
    assert found.pairs[0].scores["result"]["edge_similarity"] == pytest.approx(1)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def wrong_proportions(path: Path) -> None:
    resized(path, 64, 39)


def upright(path: Path) -> None:
    resized(path, 36, 64)


def other_color(path: Path) -> None:
    Image.new("RGB", (56, 48), (1, 200, 90)).save(path)


def tiny(path: Path) -> None:
    resized(path, 20, 20)


SPOILED = {
    # name: (file, how it is damaged, words of the reason)
    "missing result": ("result.png", Path.unlink, "result: .*result.png does not exist"),
    "cut result": ("result.png", cut, "result: .* is damaged or cut short"),
    "proportions": ("result.png", wrong_proportions, "result.png is 64 x 39 .* 64 x 36 .* 3.0 pix"),
    "upright": ("result.png", upright, "result.png is 36 x 64 pixels"),
    "missing baseline": ("base.png", Path.unlink, "baseline: .*base.png does not exist"),
    "missing truth": ("truth.png", Path.unlink, "truth: .*truth.png does not exist"),
    "missing style": ("style.png", Path.unlink, "style: .*style.png does not exist"),
    "tiny style": ("style.png", tiny, "style: the photo is 20 x 20"),
    "no region": ("style_mask.png", other_color, "the masks share no region"),
    "one mask": ("style_mask.png", Path.unlink, "only the content mask was given"),
}


def test_pairs_that_cannot_be_measured_have_a_reason(photos: Path, tmp_path: Path) -> None:
    for name in ("whole", *SPOILED):
        folder = make_pair(photos, tmp_path / name)
        for role in ("result", "base", "truth"):
            shutil.copy(folder / "same.png", folder / f"{role}.png")
        if name in SPOILED:
            file, spoil, _ = SPOILED[name]
            spoil(folder / file)
    places = (tmp_path / "{i}" / f"{role}.png" for role in ("result", "base", "truth"))
    found = evaluation.evaluate(tmp_path, *places)
    assert [pair.name for pair in found.measured] == ["whole"]
    reasons = {pair.name: pair.reason for pair in found.not_measured}
    assert reasons.keys() == SPOILED.keys()
    for name, (_, _, words) in SPOILED.items():
        assert re.search(words, reasons[name]), reasons[name]
    assert all(found.summary(measure).result.n <= 1 for measure in found.measures)
    assert len(found.rows) == len(found.pairs)


def test_rows_of_many_pairs_are_lower(
    compared: Evaluation, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "SHEET_HEIGHT", 100)
    low = evaluation.evaluate(pairs, pairs / "{i}/same.png").rows
    gutter, label = 4, 24
    assert [len(row) for row in low] == [gutter + 50 + label] * 2
    assert len(compared.rows[0]) == gutter + 240 + label


def test_published_results_are_closer_to_the_style_than_their_content(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "LONG_SIDE", 160)
    for name in ("07", "16"):
        (tmp_path / name).symlink_to(shared / "pairs" / name)
    found = evaluation.evaluate(
        tmp_path, tmp_path / "{i}/published.png", baseline=tmp_path / "{i}/content.png"
    )
    assert not found.not_measured
    for measure in found.measures:
        if measure.key in ("style_distance", "color_distance"):
            assert found.summary(measure).comparison.wins == 2
