"""The benchmark of looks: its choice of photos, what counts as better, mixes, and the record."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench.harness import rows
from bench.looks import __main__ as command
from bench.looks import batches, grades, mixes, ordinary, record, truth
from bench.truth.looks import FAMILIES
from jphoto import images, metrics
from jphoto.looks.gaussians import Gaussian
from jphoto.looks.ordinary import ORDINARY
from jphoto.looks.statistics import ColorSamples


def colorful(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).uniform(0.1, 0.9, (4, 6, 3))
    return np.asarray(images.resize(np.float32(coarse), (24, 32)), np.float64).clip(0, 1)


PICTURES = {f"{n}": colorful(n) for n in range(26)}


@pytest.mark.parametrize("family", FAMILIES)
def test_styles_and_contents_are_different_photos_under_one_visible_grade(family):
    choice = grades.choose(PICTURES, family, 4)
    assert len(set(choice.styles)) == grades.STYLES and len(set(choice.contents)) == 4
    assert not set(choice.styles) & set(choice.contents)
    assert choice == grades.choose(PICTURES, family, 4)
    changes = [
        metrics.color_difference(grades.under_grade(PICTURES, choice, name), PICTURES[name])
        for name in choice.contents
    ]
    assert np.median(changes) > 5


def test_grades_that_nobody_would_notice_are_drawn_again(monkeypatch):
    monkeypatch.setattr(grades, "CHANGE", (0.0, 90.0))
    first = grades.choose(PICTURES, "film", 3).seed
    assert first[-1] == 0
    monkeypatch.setattr(grades, "CHANGE", (90.0, 99.0))
    monkeypatch.setattr(grades, "TRIES", 6)
    strongest = grades.choose(PICTURES, "film", 3)

    def change(seed):
        choice = strongest._replace(seed=seed)
        return np.median(
            [
                metrics.color_difference(grades.under_grade(PICTURES, choice, name), PICTURES[name])
                for name in choice.contents
            ]
        )

    assert change(strongest.seed) == max(
        change((*first[:2], attempt)) for attempt in range(grades.TRIES)
    )


def row(look, singles):
    """A content photo, with psnr as the negative of the other measures."""

    def scores(value):
        return {"ciede2000": value, "lpips": value, "psnr": -value}

    looks = dict.fromkeys((truth.OTHER_ORDINARY, truth.NO_ORDINARY), scores(9.0))
    alone = {key: [scores(value)[key] for value in singles] for key in truth.MEASURES}
    return {truth.CONTENT: scores(5.0), truth.LOOK: scores(look), **looks, "singles": alone}


def test_a_look_wins_where_it_is_nearer_than_every_single_photo():
    rows = {"a": row(1.0, [2, 3, 4]), "b": row(2.5, [2, 3, 4]), "c": row(3.5, [2, 3, 4])}
    found = truth.summary({"film": {"contents": rows}})
    for key in truth.MEASURES:
        assert found["beats_every_single"][truth.LOOK][key] == pytest.approx(1 / 3)
        assert found["beats_median_single"][truth.LOOK][key] == pytest.approx(2 / 3)
        assert found["beats_every_single"][truth.NO_ORDINARY][key] == 0
    assert found["contents"] == 3
    assert found["medians"][truth.LOOK]["psnr"] == -2.5
    assert found["medians"]["best single photo"] == {"ciede2000": 2, "lpips": 2, "psnr": -2}
    assert found["medians"]["single photo"]["lpips"] == 3


def test_another_table_of_ordinary_colors_is_used_for_a_while_only():
    before, other = dict(ORDINARY), {"sky": Gaussian(np.zeros(3), np.eye(3))}
    with truth.ordinary_is(other):
        assert other == ORDINARY
    assert before == ORDINARY == truth.SHIPPED and "whole photo" in before


def test_ordinary_colors_come_from_the_chosen_photos_alone():
    count = ordinary.FEWEST_PHOTOS + 3
    weights = np.ones((count, 2), np.float32)
    weights[4:, 0] = 0  # too few photos of the first kind
    means = np.arange(count, dtype=np.float32)[:, None, None, None] * np.ones((1, 2, 3, 3))
    covariances = np.broadcast_to(0.01 * np.eye(3), (count, 2, 3, 3, 3))
    colors = ColorSamples(weights, weights, 0 * weights, means, covariances)
    look = SimpleNamespace(kinds=("sky", "whole photo"), statistics=SimpleNamespace(colors=colors))
    found = ordinary.ordinary_colors(look, range(2, 7))
    assert list(found) == ["whole photo"]
    np.testing.assert_allclose(found["whole photo"].mean, 4)
    np.testing.assert_allclose(found["whole photo"].covariance, 0.01 * np.eye(3), atol=1e-9)


def test_colors_between_two_results_are_monotone_or_not():
    one, other = colorful(1), 0.5 * colorful(2)
    ways = [(1 - weight) * one + weight * other for weight in mixes.WEIGHTS]
    found = mixes.colors_between(ways)
    assert found["mean_to_first"][0] == found["covariance_to_last"][-1] == 0
    assert found["mean_to_first_is_monotone"] and found["mean_to_last_is_monotone"]
    ways[1], ways[3] = ways[3], ways[1]
    assert not mixes.colors_between(ways)["mean_to_last_is_monotone"]
    gray = np.full_like(one, 0.5)
    assert mixes.colors_between([one, gray, other])["spread"][1] == 0


def test_a_sheet_shows_all_results():
    results = [np.full((13, 20, 3), value, np.float32) for value in mixes.WEIGHTS]
    sheet = mixes.sheet(results)
    assert sheet.shape[0] > mixes.SHEET_HEIGHT and sheet.shape[1] > 5 * mixes.SHEET_HEIGHT


def test_a_run_continues_and_other_cases_stay(tmp_path, monkeypatch):
    out, asked = tmp_path / "record.json", []

    def families(pictures, part, done):
        asked.append([*done])
        for family in ("film", "dusk"):
            if family not in done:
                yield family, {"contents": {"a": row(1.0, [2, 3])}}
                if not done and family == "film":
                    raise KeyboardInterrupt

    monkeypatch.setattr(truth, "families", families)
    rows.write_row(out, record.BATCHES, {"row": "30 photos", "ratio": 1.2})
    with pytest.raises(KeyboardInterrupt):
        # The interruption comes when the next family is asked for: the first is kept.
        record.run_truth(PICTURES, "whole photos", out)
    record.run_truth(PICTURES, "whole photos", out)
    assert asked == [[], ["film"]]
    cases = json.loads(out.read_text())["cases"]
    assert cases[record.BATCHES]["rows"][0]["ratio"] == 1.2
    (found,) = cases[record.TRUTH]["rows"]
    assert list(found["families"]) == ["film", "dusk"] and found["summary"]["contents"] == 2
    rows.write_row(out, record.BATCHES, {"row": "30 photos", "ratio": 1.1})
    assert [row["ratio"] for row in rows.read_rows(out, record.BATCHES)] == [1.1]


def test_a_batch_runs_in_turns_and_the_first_runs_do_not_count(monkeypatch):
    runs, small = [], dict(list(PICTURES.items())[:24])

    def timed(contents, style, out, count):
        runs.append((style.name, len(list(contents.iterdir())), count))
        seconds = 1.0 if style.suffix == ".look" else 2.0
        return {"seconds_a_photo": 99.0 if len(runs) < 3 else seconds, "load_average": 0.1}

    monkeypatch.setattr(batches, "_timed", timed)
    look = SimpleNamespace(save=lambda path: path.write_bytes(b""))
    monkeypatch.setattr(batches.Look, "from_photos", lambda photos, settings: look)
    found = batches.batches(small, 3)
    assert runs == 3 * [("0.png", 3, 3), ("of-many.look", 3, 3)]
    assert found["ratio"] == 0.5 and len(found["runs"]["look"]) == batches.RUNS


def test_the_page_says_what_the_record_says():
    """A look of 20 beats all of the 20 on four of five contents; mixes move step by step."""
    path = Path(__file__).parents[2] / "bench" / "results" / "looks-cpu.json"
    cases = json.loads(path.read_text())["cases"]
    parts = {row["row"]: row for row in cases[record.TRUTH]["rows"]}
    whole = parts["whole photos"]
    assert set(whole["families"]) == set(FAMILIES)
    assert whole["summary"] == truth.summary(whole["families"])
    assert min(whole["summary"]["beats_every_single"][truth.LOOK].values()) >= 0.8
    medians = {name: scores["ciede2000"] for name, scores in whole["summary"]["medians"].items()}
    assert medians[truth.LOOK] < medians[truth.OTHER_ORDINARY] < medians["best single photo"]
    assert medians["best single photo"] < medians[truth.CONTENT] < medians["single photo"]
    for row in cases[record.MIXES]["rows"]:
        keys = [key for key in row if key.endswith("_is_monotone")]
        assert len(keys) == 4 and all(row[key] for key in keys)


def test_the_command_knows_its_parts(monkeypatch):
    assert command._parts("whole,batch") == ["whole", "batch"]
    with pytest.raises(argparse.ArgumentTypeError, match="neural is not one of whole, kinds"):
        command._parts("neural")
    monkeypatch.setattr(truth.weights, "find", lambda name: None)
    assert "jphoto weights install deeplab" in truth.left_out("kinds")
    assert truth.left_out("whole photos") is None
