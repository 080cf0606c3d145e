"""The benchmark of the app: what each part asks for, and what becomes of it in the record."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.app import __main__ as command
from bench.app import parts
from bench.harness.rows import read_rows


class Asked:
    """An app that answers at once, and notes what was asked."""

    def __init__(self):
        self.asked, self.waited, self.rests = [], [], 0

    def upload(self, photo, name):
        return f"id of {name}"

    def begin(self, kind, *photos, **settings):
        self.asked.append((kind, *photos))
        return f"attempt {len(self.asked)}"

    def get(self, path):
        self.asked.append(path)

    def wait(self, attempt, done):
        states = [
            {"step": step, "status": "solving", "frame": 1, "seconds": 2.0 * step + 1}
            for step in range(9)
        ]
        states.append({**states[-1], "status": "finished", "seconds": 100.0})
        self.waited.append(next(state for state in states if done(state))["step"])

    def first_frame(self, attempt):
        self.waited.append(attempt)

    def rest(self):
        self.rests += 1

    end = first_frame


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr(parts, "large_photo", lambda role, megapixels: b"")
    return Asked()


def test_each_run_has_photos_and_looks_of_its_own(app):
    row = parts.preview(app, 2)
    assert row["row"] == "preview" and row["megapixels"] == 24
    assert all(seconds["runs"] == 2 for seconds in row["seconds"].values())
    assert len(row["seconds"]) == 4 and row["seconds"].keys() == row["first_seconds"].keys()
    previews = [asked[2:] for asked in app.asked if asked[0] == "preview"]
    assert len({*previews}) == len(previews) - 3  # the last of a run has the first one's style
    assert [step for step in app.waited if isinstance(step, int)] == [5, 6, 7]
    assert len(parts.zoom(app, 1)["seconds"]) == 4
    photos = {path.split("/")[3] for path in app.asked if "/api/photos" in path}
    assert photos == {"id of content-0.jpg", "id of content-1.jpg"}


def test_the_same_steps_are_compared(app, monkeypatch):
    outside = {step: 1.0 * step for step in range(2, 20)}
    monkeypatch.setattr(parts, "steps_of_transfer", lambda content, style, network: outside)
    row = parts.step(app, 2)
    assert row["seconds"]["app"]["median"] == 2 * (8 - 2) and row["ratio"] == 2
    assert app.asked == [("transfer", "id of content.jpg", "id of style.jpg")] * 3
    assert app.rests == 3


def test_the_first_run_is_not_counted():
    row = parts.row_of("page", [{"usable": 9.0}, {"usable": 1.0}, {"usable": 3.0}])
    assert row["first_seconds"] == {"usable": 9.0}
    assert row["seconds"]["usable"] == {"median": 2.0, "least": 1.0, "most": 3.0, "runs": 2}


def test_rows_of_a_record_stay(tmp_path, monkeypatch):
    out = tmp_path / "app.json"

    def soak(arguments, **_):
        Path(arguments[-1]).write_text(json.dumps({"jobs": 20, "wrong": []}), encoding="utf-8")

    monkeypatch.setattr(command, "subprocess", SimpleNamespace(run=soak))
    command.write_row(out, command.CASE, {"row": "page", "seconds": {}})
    monkeypatch.setattr("sys.argv", ["", "run", "--out", str(out), "--parts", "", "--soak", "20"])
    assert command.main() == 0
    assert [row["row"] for row in read_rows(out, command.CASE)] == ["page"]
    assert read_rows(out, command.SOAK)[0]["jobs"] == 20
    with pytest.raises(argparse.ArgumentTypeError, match="zom is not one of page, step, preview"):
        command._parts("page,zom")
