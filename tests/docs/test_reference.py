"""The pages of reference that are written by hand say what the code does."""

import re
from dataclasses import fields

import pytest
from helpers.pages import ROOT
from helpers.records import documented

import jphoto
from jphoto.evaluation.fidelity import (
    BANDING_LIMITS,
    LIMITS,
    RECOLORED_SHARE,
    RECOLORING_LIMIT,
)
from jphoto.evaluation.protocol import MEASURES, TRUTH_MEASURES, VERSION
from jphoto.looks.sources import LookPhoto
from jphoto.process.signals import ASKING, INTERRUPTED

REFERENCE = ROOT / "docs" / "reference"
INTERNAL = {"OPENBLAS_NUM_THREADS", "SVT_LOG", "XLA_FLAGS", "TERM"}
"""Variables that belong to other programs and need no word here."""


def rows(page):
    """The cells of all tables of a page."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    lines = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split(" |")] for line in lines]


@pytest.mark.parametrize("measure", [*MEASURES, *TRUTH_MEASURES], ids=lambda one: one.key)
def test_every_measure_is_in_the_page(measure):
    wanted = [f"`{measure.key}`", measure.title, measure.unit, measure.better]
    assert wanted in [row[:4] for row in rows("measures.md")]


def test_the_page_names_the_protocol():
    assert f"`{VERSION}`" in (REFERENCE / "measures.md").read_text(encoding="utf-8")


def test_every_environment_variable_is_in_the_page():
    named = {
        name for row in rows("exit-statuses.md") for name in re.findall(r"`([A-Z_]{4,})", row[0])
    }
    read = set()
    for file in (ROOT / "jphoto").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        read |= set(re.findall(r'environ\b[^"\n]*"([A-Z_]{4,})"', text))
        read |= set(re.findall(r'"([A-Z_]{4,})" (?:not )?in os\.environ', text))
    assert "JPHOTO_WEIGHTS" in read
    assert read - INTERNAL <= named
    assert {name for name in named if name.startswith("JPHOTO_")} <= read


def test_the_photos_of_a_look_have_the_fields_in_the_page():
    assert {field.name for field in fields(LookPhoto)} == documented("Photos of a look")


def test_exit_statuses_of_signals_are_in_the_page():
    (signals,) = [row for row in rows("exit-statuses.md") if str(INTERRUPTED) in row[0]]
    assert {int(number) - 128 for number in signals[0].split(", ")} == set(ASKING)


def test_limits_of_fidelity_are_those_of_the_code():
    page = (ROOT / "docs" / "explanation" / "labels.md").read_text(encoding="utf-8")
    titles = {measure.key: measure.title for measure in (RECOLORED_SHARE, *MEASURES)}
    for key, (good, poor, _) in LIMITS.items():
        to, beyond = ("from", "below") if good > poor else ("to", "above")
        unit = " %" if key == "recolored" else ""
        assert f"| {titles[key]} | {to} {good:g}{unit} | {beyond} {poor:g}{unit} |" in page
    good, poor = BANDING_LIMITS
    assert f"| banding | to {good:g} above the original's | above {poor:g} |" in page
    assert f"at most {RECOLORING_LIMIT:g} levels" in page


def test_every_public_name_has_its_place_in_the_reference():
    page = (REFERENCE / "api" / "jphoto.md").read_text(encoding="utf-8")
    elsewhere = {path.stem for path in (REFERENCE / "api").glob("*.md")} | {"Look"}
    elsewhere |= {name for name in jphoto.__all__ if name.endswith("Error")}
    described = set(re.findall(r"^\.\. auto\w+:: jphoto\.(\w+)$", page, re.MULTILINE))
    assert described == set(jphoto.__all__) - elsewhere
