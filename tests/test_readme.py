"""Commands, tables and the list of departures in the documentation match the code."""

import json
import re
import subprocess

import numpy as np
import pytest
import typer
from helpers.pages import PAGES, README, ROOT, blocks
from helpers.scripts import load

from jphoto.cli import app
from scripts.readme_tables import pages, records

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def commands():
    """Every command by its full name, with the options it takes."""
    known, waiting = {}, [("jphoto", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        known[name] = {option for parameter in command.params for option in parameter.opts}
        waiting += [(f"{name} {n}", c) for n, c in getattr(command, "commands", {}).items()]
    return known


def test_the_first_two_commands_are_one_line_each():
    demo, tests = blocks(README, "sh")[:2]
    assert demo.count("\n") == 1 and "pip install ." in demo and demo.endswith("jphoto demo\n")
    assert tests == "bash scripts/check\n"
    assert "bash scripts/check" in (ROOT / ".ci" / "run").read_text()


@each_page
def test_tables_match_the_code_and_the_results(page):
    text = page.read_text()
    assert pages.updated(text) == text, "run python -m scripts.readme_tables"


def test_every_table_is_on_one_page():
    text = "".join(page.read_text() for page in PAGES)
    names = re.findall(r"<!-- (\w+) -->", text)
    assert sorted(names) == sorted(pages.TABLES)


def test_plots_match_the_results():
    results = records.results()
    stale = load("plots").stale(results, ROOT / "docs" / "pictures")
    assert stale == [], "run python -m scripts.readme_tables --plots"


@each_page
def test_every_command_in_a_page_exists_with_its_options(page):
    known = commands()
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    for line in [line[line.index("jphoto ") :] for line in lines if "jphoto " in line]:
        name = max((n for n in known if line.startswith(n)), key=len)
        assert name != "jphoto"
        assert set(re.findall(r" (--[a-z-]+)", line)) <= known[name], line


def test_what_the_networks_bring_was_measured():
    """What the README and the commands say of VGG-19 and of the segmenter."""
    vgg16, vgg19, auto, features = (
        medians(name) for name in ("default-vgg16", "default-vgg19", "auto-vgg16", "features-vgg16")
    )
    change = {key: vgg19[key] / vgg16[key] - 1 for key in vgg16}
    assert min(change, key=change.get) == max(change, key=lambda key: abs(change[key]))
    assert min(change, key=change.get) == "color_distance"
    for key in ("color_distance", "style_distance"):
        assert auto[key] < features[key]


def test_a_global_preview_is_as_near_to_the_truth_as_the_page_says():
    rows = json.loads((ROOT / "bench/results/truth-cpu.json").read_text())["cases"]["truth"]["rows"]
    pairs = {row["name"]: row["pairs"] for row in rows}
    ours = pairs["preview, global"]
    shares = {
        (name, measure): round(100 * np.mean([ours[p][measure] < other[p][measure] for p in ours]))
        for name, other in pairs.items()
        for measure in ("lpips", "ciede2000")
        if ours.keys() == other.keys()
    }
    page = " ".join((ROOT / "docs" / "explanation" / "benchmarks.md").read_text().split())
    assert f"MKL on {shares['MKL', 'lpips']} % of the pairs by LPIPS" in page
    assert f"on {shares['MKL', 'ciede2000']} % by CIEDE2000" in page
    assert f"LHM on {shares['LHM', 'lpips']} % and {shares['LHM', 'ciede2000']} %" in page
    assert f"even, {shares['Reinhard', 'lpips']} % and {shares['Reinhard', 'ciede2000']} %" in page
    behind = ("histograms", "HM-MKL-HM", "PCCM")
    assert min(shares[name, key] for name in behind for key in ("lpips", "ciede2000")) > 80
    others = [row["medians"] for row in rows if row["name"] != "preview, global"]
    best = next(row["medians"] for row in rows if row["name"] == "preview, global")
    for key, sign in (("psnr", -1), ("ssim", -1), ("lpips", 1), ("ciede2000", 1)):
        assert all(sign * best[key] < sign * row[key] for row in others), key


def medians(evaluation):
    path = ROOT / "bench" / "results" / "eval" / f"{evaluation}.json"
    found = json.loads(path.read_text())["medians"]
    return {key: median["result"]["median"] for key, median in found.items()}


def test_the_pages_show_every_command():
    names = {name for name in commands() if name not in ("jphoto", "jphoto weights")}
    shown = "".join(page.read_text() for page in PAGES)
    assert {name for name in names if name not in shown} == set()


def test_the_readme_fits_on_a_few_screens():
    assert README.read_text().count("\n") <= 150


def test_departures_from_the_papers_are_listed():
    modules = [path for path in (ROOT / "jphoto").rglob("*.py") if "Departs:" in path.read_text()]
    method = (ROOT / "docs" / "explanation" / "method.md").read_text()
    listed = method.split("## Where it departs from the papers")[1].split("\n## ")[0]
    assert sorted(f"{path.parent.name}/{path.stem}" for path in modules) == sorted(DEPARTURES)
    missing = [name for name, words in DEPARTURES.items() if words not in " ".join(listed.split())]
    assert not missing, f"list the departures of {', '.join(missing)} in docs/explanation/method.md"


DEPARTURES = {
    "objectives/losses": "dimensionless",
    "objectives/grams": "sum of squares of its mask",
    "objectives/dimensionless": "The recoloring term is new",
    "objectives/published": "the true one",
    "networks/vgg": "rounds sizes up",
    "networks/deeplab": "two branches",
    "regions/matching": "stays unmatched",
    "regions/colors": "no term for neighbors",
    "matting/lift": "where the photo is flat",
    "optimizers/lbfgs": "scales its initial inverse Hessian",
    "metrics/temporal": "Lai et al. compare absolute errors",
}
"""Modules that depart from their source, and words by which the list names the departure."""


def test_no_weights_are_tracked():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not re.search(r"\.(safetensors|h5|ckpt|tflite|pth)$", tracked, re.MULTILINE)
