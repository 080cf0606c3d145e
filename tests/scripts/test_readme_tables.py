"""Tables and plots show what the benchmarks measured."""

import importlib.util

import pytest
from helpers.scripts import load

from scripts.readme_tables import pages, records, speed

FRONTIER_KEYS = (
    "style_distance", "color_distance", "edge_similarity", "affine_residual", "banding",
)  # fmt: skip


def of_looks():
    """Rows of the benchmark of looks."""
    score = {"ciede2000": 4.0, "lpips": 0.05, "psnr": 25.0}
    between = {
        f"{key}_to_{end}{is_monotone}": value
        for key in ("mean", "covariance")
        for end in ("first", "last")
        for is_monotone, value in (("", [0.3, 0.0]), ("_is_monotone", key == "mean"))
    }
    return {
        "looks_truth": {
            "row": "whole photos",
            "single_count": 5,
            "families": {"film": {"styles": ["a", "b", "c"]}},
            "summary": {
                "contents": 6,
                "medians": {"single photo": score, "look": score},
                "beats_every_single": {"look": dict.fromkeys(score, 5 / 6)},
            },
        },
        "looks_mixes": {
            "row": "a, b, c: preview, regions none",
            "long_side": 64,
            "weights": [0, 1.0],
            "spread": [0.2, 0.1],
            **between,
        },
        "looks_batch": {
            "photos": 30,
            "long_side": 64,
            "runs": {name: [{"load_average": 2.0}] for name in ("look", "photo")},
            "median_seconds_a_photo": {"look": 8.0, "photo": 10.0},
            "ratio": 0.8,
        },
    }


def of_app():
    """Rows of the benchmark of the app."""
    times = {"median": 1.0, "least": 0.9, "most": 1.25, "runs": 4}
    return {
        "app": {
            "row": "preview",
            "load_average": 1.2,
            "megapixels": 24.0,
            "first_seconds": {"two styles": 3.0},
            "seconds": {"two styles": times},
            "ratio": 1.024,
        },
        "app_soak": {
            "row": "soak",
            "jobs": 200,
            "compared": 170,
            "wrong": ["a fault"],
            "figures": [
                {"memory": 531 * 10**6, "threads": 25, "files": 13},
                {"memory": 554 * 10**6, "threads": 26, "files": 13},
            ],
        },
    }


def results():
    """A made-up record with every case that tables and plots show."""
    times = {"median": 0.004, "quartile_1": 0.003, "quartile_3": 0.005, "runs": 9}
    size = {"height": 40, "width": 64}
    curve = {"evaluations": [1, 2], "seconds": [0.1, 0.2], "objective": [2.0, 1.0]}
    method = {"evaluations": 2, "seconds": 0.2, "prepare_seconds": 0.1, "objective": 1.0}
    held = {"resident": 10**9}
    row = {"size": size, "long_side": 64, "regions": 2}
    cases = {
        "objective": {
            **row,
            "precision": "float32",
            "seconds": {"jphoto": times, "torch": {**times, "median": 0.03}},
            "rival": "torch",
            "ratio": 7.5,
        },
        "solve": {**row, "methods": {"jphoto": {**method, "curve": curve}}},
        "frontier": {
            **row,
            "family": "steps",
            "name": "3",
            "seconds": 12.34,
            "pairs": {"a": {}, "b": {}},
            "medians": dict.fromkeys(FRONTIER_KEYS, 0.5),
        },
        "first_look": {
            "seconds": {"process": {**times, "median": 5.94}},
            "first_seconds": {"process": 41.0},
            "megapixels": 24.0,
        },
        "proportions": {
            "proportions": "3:2",
            "long_side": 700,
            "first_seconds": 60.4,
            "second_seconds": 20.0,
            "further_seconds": 40.4,
        },
        "busy_cores": {**row, "row": "one step", "seconds": 2.0, "cores": 1.75},
        "batch_memory": {
            "long_side": 700,
            "pairs": 12,
            "after_pairs": [{**held, "peak": 2 * 10**9, "mappings": 9000 + n} for n in range(12)],
            "median_seconds_a_pair": 30.2,
            "alone_seconds": [40.4, 36.0, 41.0],
        },
        "memory": {**row, "processes": {"evaluation": {"peak_bytes": held}}},
        **of_looks(),
        **of_app(),
    }
    score = {"psnr": 20.0, "ssim": 0.5, "lpips": 0.25, "ciede2000": 8.0}
    truth = {
        "name": "default",
        "seconds": 20.06,
        "medians": {**score, "histogram_correlation": 0.5},
        "pairs": {"1": score, "2": {**score, "ciede2000": 9.0}, "3": score},
    }
    better = {"name": "MKL", "ours_better": {"lpips": 2 / 3, "ciede2000": 0.0}}
    machine = {"device": "cpu", "processor": "a processor", "cores": 2, "load_average": 6.7}
    rows = {name: {"rows": [row, {"error": "none"}]} for name, row in cases.items()}
    families = {"1": "dusk", "2": "dusk", "3": "faded", "4": "film"}
    rows["truth"] = {"rows": [{**truth, **better}, truth], "families": families}
    return {"cpu": {"machine": machine, "cases": rows}}


def test_tables_show_what_was_measured(monkeypatch):
    monkeypatch.setattr(records, "results", results)
    text = "".join(
        f"<!-- {name} -->\n<!-- /{name} -->\n"
        for name in (
            "benchmark",
            "solve",
            "first_look",
            "proportions",
            "cores",
            "memory",
            "batch",
            "frontier",
            "truth",
            "looks",
            "looks_truth",
            "looks_mixes",
            "looks_batch",
            "app",
            "app_soak",
        )
    )
    found = pages.updated(text)
    assert "| 64 x 40 | 2 | float32 | 4.0 ms | 30 ms | 7.50 |" in found
    assert "| jphoto | 2 | 0.20 | 0.10 | 1.000 |" in found
    assert "| one step | 2.00 | 1.75 |" in found
    assert "| preview at 24 megapixels: two styles | 1.00 | 0.90 to 1.25 | 3.00 |" in found
    assert "A step takes 1.02 times as long as in `jphoto.transfer`." in found
    assert "| 200 | 170 | 1 | 25 to 26 | 13 to 13 | 531 to 554 MB | 554 MB |" in found
    assert "| preview as a whole process, 24 megapixels in and out | 5.9 | 41.0 |" in found
    assert "| 3:2 | 60 s | 20 s | 40 s |" in found
    assert "| 64 x 40 | 1.00 GB |" in found
    assert "| 10 | 1.00 GB | 2.00 GB | 9,009 |" in found and "| 12 | 1.00 GB" in found
    assert "A pair takes 30 s; alone, in a process of its own, 40 s." in found
    assert "| steps | 3 | 12.3 | 0.500 | 0.500 |" in found and "over 2 pairs" in found
    assert "| MKL | 3 | 20.1 | 20.0 | 0.500 | 0.250 | 8.0 | 0.50 | 67% | 0% |" in found
    assert "Medians, a processor, 2 cores, load average 7:" in found
    assert "| default | 3 | 20.1 | 20.0 | 0.500 | 0.250 | 8.0 | 0.50 | | |" in found
    assert "| dusk | 2 | 8.5 | 8.5 |" in found and "| film | 0 | | |" in found
    assert "| 30 | 10.0 s a photo | 8.0 s a photo | 0.80 | 2 |" in found
    assert "Preset preview, whole photos, 5 single ones; medians over 6 content photos" in found
    assert "| single photo | 4.0 | 0.050 | 25.0 | | | |" in found
    assert "| look of 3 | 4.0 | 0.050 | 25.0 | 83% | 83% | 83% |" in found
    assert "regions none | mean to the last's | 0.300 | 0.000 | yes |" in found
    assert "| | covariance to the first's | 0.300 | 0.000 | no |" in found
    assert "| | standard deviation | 0.200 | 0.100 | |" in found
    with pytest.raises(LookupError, match="nothing about laplacian"):
        speed.laplacian_table()


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is absent")
def test_plots_carry_a_digest_of_their_figures(tmp_path):
    plots = load("plots")
    assert plots.stale(results(), tmp_path) == ["convergence", "memory"]
    plots.draw(results(), tmp_path)
    assert plots.stale(results(), tmp_path) == []
    changed = results()
    changed["cpu"]["cases"]["solve"]["rows"][0]["methods"]["jphoto"]["evaluations"] = 3
    assert plots.stale(changed, tmp_path) == ["convergence"]
