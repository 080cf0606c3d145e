"""A study as JSON, Markdown and a contact sheet, and the command that writes them."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.records import documented
from PIL import Image

import jphoto
from jphoto import evaluation
from jphoto.errors import ImageError
from jphoto.evaluation import Evaluation, PairRecord

MEASURES = evaluation.MEASURES[:2] + evaluation.TRUTH_MEASURES[:1]
STYLE, COLOR, PSNR = (measure.key for measure in MEASURES)
FILES = ["eval.json", "eval.md", "sheet.png"]


@pytest.fixture
def found() -> Evaluation:
    """Three pairs with made-up values; one of them was not measured."""
    rows = tuple(np.full((30, width, 3), 0.5, np.float32) for width in (40, 60, 50))
    sources = {"pairs": "photos", "result": "ours|new", "baseline": "theirs"}
    records = (
        PairRecord(
            "1",
            {
                "result": {STYLE: 0.25, COLOR: math.nan, PSNR: math.inf},
                "baseline": {STYLE: 0.5, COLOR: 3.0, PSNR: 30.0},
            },
            ("result resized from 2 x 2 to 4 x 4",),
            None,
        ),
        PairRecord(
            "2",
            {
                "result": {STYLE: 0.75, COLOR: 2.0, PSNR: 20.0},
                "baseline": {STYLE: 0.5, COLOR: 4.0, PSNR: 30.0},
            },
            (),
            None,
        ),
        PairRecord("3", {}, (), "result: 3.png does not exist"),
    )
    return Evaluation(sources, MEASURES, records, rows)


def test_json_is_strict_and_complete(found: Evaluation) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    content = json.loads(evaluation.to_json(found), parse_constant=refuse)
    assert set(content) == documented("eval.json of jphoto eval")
    assert content["protocol"] == evaluation.VERSION
    assert content["jphoto"] == jphoto.__version__
    assert content["counts"] == {"pairs": 3, "measured": 2, "not_measured": 1}
    assert content["sources"] == found.sources
    assert [measure["key"] for measure in content["measures"]] == [STYLE, COLOR, PSNR]
    first, _, last = content["pairs"]
    assert first["scores"]["result"] == {STYLE: 0.25, COLOR: None, PSNR: None}
    assert first["notes"] == ["result resized from 2 x 2 to 4 x 4"]
    assert (last["scores"], last["reason"]) == ({}, "result: 3.png does not exist")


def test_json_has_medians_differences_and_wins(found: Evaluation) -> None:
    medians = json.loads(evaluation.to_json(found))["medians"]
    assert medians[STYLE]["result"] == {"median": 0.5, "low": 0.25, "high": 0.75, "n": 2}
    assert medians[STYLE]["baseline"] == {"median": 0.5, "low": 0.5, "high": 0.5, "n": 2}
    assert medians[STYLE]["difference"] == {"median": 0.0, "low": -0.25, "high": 0.25, "n": 2}
    assert medians[STYLE]["result_better_on"] == 1
    assert medians[COLOR]["difference"] == {"median": -2.0, "low": -2.0, "high": -2.0, "n": 1}
    assert medians[PSNR]["result_better_on"] == 1


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_table_of_medians(found: Evaluation) -> None:
    head, _, style, color, psnr = map(cells, evaluation.median_table(found).splitlines())
    assert head[0] == "measure" and head[-1] == "result better on"
    assert style == [
        "style distance", "lower", "2", "0.500 [0.250, 0.750]", "0.500 [0.500, 0.500]",
        "+0.000 [-0.250, +0.250]", "1 of 2",
    ]  # fmt: skip
    assert color[2:4] == ["1", "2.00 [2.00, 2.00]"] and color[-1] == "1 of 1"
    assert psnr[:2] == ["PSNR to truth (dB)", "higher"] and psnr[3] == "inf [20.00, inf]"


def test_a_rounded_difference_has_no_negative_zero() -> None:
    scores = {"result": {STYLE: 0.5}, "baseline": {STYLE: 0.5001}}
    sources = {"pairs": "p", "result": "r", "baseline": "b"}
    found = Evaluation(sources, MEASURES[:1], (PairRecord("1", scores, (), None),), ())
    assert "+0.000 [+0.000, +0.000]" in evaluation.median_table(found)


def test_a_measure_without_values_is_a_dash() -> None:
    record = PairRecord("1", {"result": {STYLE: math.nan}}, (), None)
    found = Evaluation({"pairs": "p", "result": "r"}, MEASURES[:1], (record,), ())
    head, _, row = map(cells, evaluation.median_table(found).splitlines())
    assert head == ["measure", "better", "n", "result"]
    assert row == ["style distance", "lower", "0", "–"]


def test_markdown_lists_every_pair(found: Evaluation) -> None:
    text = evaluation.to_markdown(found)
    assert "2 of 3 pairs measured, 1 not. Protocol jphoto-eval-1" in text
    assert r"`ours\|new`" in text  # an unescaped | would add a column
    result, baseline = text.split("## Every pair: ")[1:]
    rows = [cells(line) for line in result.splitlines() if line.startswith("| ")][2:]
    assert rows == [["1", "0.250", "–", "inf"], ["2", "0.750", "2.00", "20.00"], ["3", *"–––"]]
    assert "| 0.500 " in baseline
    assert "## Not measured\n\n- 3: result: 3.png does not exist" in text
    assert "## Notes\n\n- 1: result resized" in text


def test_a_study_is_written_as_three_files(found: Evaluation, tmp_path: Path) -> None:
    evaluation.check_outputs(tmp_path / "new/folder", force=False)
    written = evaluation.write(found, tmp_path / "new/folder")
    assert [path.name for path in written] == FILES
    assert sorted(path.name for path in (tmp_path / "new/folder").iterdir()) == FILES
    assert written[0].read_text(encoding="utf-8") == evaluation.to_json(found)
    assert written[1].read_text(encoding="utf-8") == evaluation.to_markdown(found)
    with Image.open(written[2]) as sheet:
        assert sheet.size == (60, 90)


def test_a_failure_leaves_the_old_file_unchanged(
    found: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eval.json").write_text("precious")

    def fill_the_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fill_the_disk)
    with pytest.raises(ImageError, match=r"eval.json cannot be written: No space left on device"):
        evaluation.write(found, tmp_path)
    assert (tmp_path / "eval.json").read_text() == "precious"
    assert json.loads((tmp_path / "eval-2.json").read_text())["pairs"]


# The command


@pytest.fixture
def desk(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two pairs, and results that are their content photos."""
    (tmp_path / "results").mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("1", "2"):
        shutil.copytree(photos, tmp_path / "pairs" / name)
        shutil.copy(photos / "content.png", tmp_path / "results" / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_writes_and_prints(desk: Path, command) -> None:
    arguments = ["--pairs", "pairs", "--results", "results", "--baseline", "pairs/{i}/content.png"]
    status, out, errors = command("eval", *arguments, "--truth", "results", "--out", "out")
    assert (status, errors) == (0, "pair 1, 1/2\npair 2, 2/2\n")
    written = Path("out/eval.md").read_text(encoding="utf-8")
    table, count = out.split("\n2 of 2 pairs measured, 0 not.\n")
    assert table in written and "CIEDE2000" in table
    assert count == "wrote out/eval.json, out/eval.md, out/sheet.png\n"
    content = json.loads(Path("out/eval.json").read_text())
    assert content["sources"]["baseline"] == "pairs/{i}/content.png"
    with Image.open("out/sheet.png") as sheet:
        widths = [round(240 * ratio) for ratio in (64 / 36, 56 / 48, 64 / 36, 64 / 36)]
        assert sheet.size == (sum(widths) + 5 * 4, 2 * (4 + 240 + 24))


def test_the_status_is_1_if_a_pair_is_not_measured(desk: Path, command) -> None:
    Path("results/2.png").unlink()
    status, out, _ = command("eval", "--pairs", "pairs", "--results", "results", "--out", "out")
    assert status == 1
    assert "1 of 2 pairs measured, 1 not." in out
    assert "2 was not measured: result: results/2.png does not exist" in out
    assert sorted(path.name for path in Path("out").iterdir()) == FILES
    assert json.loads(Path("out/eval.json").read_text())["counts"]["not_measured"] == 1


@pytest.mark.parametrize("name", FILES)
def test_files_of_an_earlier_study_are_refused_before_any_work(
    name: str, desk: Path, command
) -> None:
    arguments = ["eval", "--pairs", "pairs", "--results", "results", "--out", "out"]
    shutil.rmtree("pairs/2")
    Path("out").mkdir()
    (Path("out") / name).write_bytes(b"precious")
    status, out, errors = command(*arguments)
    assert (status, out, errors.count("\n")) == (1, "", 1)
    assert f"out/{name} exists" in errors and "--force" in errors
    assert [(path.name, path.read_bytes()) for path in Path("out").iterdir()] == [
        (name, b"precious")
    ]
    assert command(*arguments, "--force")[0] == 0
    assert (Path("out") / name).read_bytes() != b"precious"


@pytest.mark.parametrize(
    ("pairs", "results", "out", "words"),
    [
        ("results", "results", "out", "results holds no pairs"),
        ("nowhere", "results", "out", "nowhere is not a folder"),
        ("pairs", "empty", "out", "result: no pair has a picture"),
        ("pairs", "runs/{i}.png", "out", "no pair has a picture; expected runs/{i}.png"),
        ("pairs", "results/1.png", "out", "nor a pattern with {i} in it"),
        ("pairs", "results", "results/1.png", "cannot create the folder results/1.png"),
        ("pairs", "results", "/proc/out", "cannot create the folder /proc/out"),
    ],
)
def test_bad_input_is_one_line(
    pairs: str, results: str, out: str, words: str, desk: Path, command
) -> None:
    status, printed, errors = command("eval", "--pairs", pairs, "--results", results, "--out", out)
    assert (status, printed, errors.count("\n")) == (1, "", 1)
    assert errors.startswith("jphoto: ") and words in errors


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "eval.md").mkdir()
    with pytest.raises(ImageError, match=r"eval.md is a folder"):
        evaluation.check_outputs(tmp_path, force=True)
