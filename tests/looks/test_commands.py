"""Looks on the command line."""

import json

import pytest
from helpers.looks import SETTINGS
from helpers.records import documented

import jphoto
from jphoto import images
from jphoto.pipeline import finish


def test_commands_learn_show_mix_and_use_looks(files, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    day, dusk, red = (files / f"{name}.png" for name in ("day", "dusk", "red"))
    small = ["--size", "192"]
    status, out, errors = command("look", "make", dusk, red, "--out", "a.look", *small)
    assert (status, "wrote a.look" in out) == (0, True), errors
    assert "2 photos at 192 pixels, vgg16: dusk.png, red.png" in out
    folder = tmp_path / "days"
    folder.mkdir()
    assert "days holds no photos" in command("look", "make", folder, "--out", "b.look")[2]
    (folder / "day.png").write_bytes(day.read_bytes())
    assert command("look", "make", folder, "--out", "b.look", *small)[0] == 0
    assert command("look", "mix", "a.look", "b.look", "--weights", "3,1", "--out", "c.look")[0] == 0
    status, out, _ = command("look", "show", "c.look", "--json")
    record = json.loads(out)
    assert status == 0 and [photo["name"] for photo in record["photos"]] == [
        "dusk.png", "red.png", "day.png",
    ]  # fmt: skip
    assert set(record) == documented("jphoto look show --json")
    assert len(record["kinds"]["whole photo"]["palette"]) == 7
    status, out, _ = command("look", "show", "c.look", "--out", "card.png")
    assert status == 0 and images.read_picture(tmp_path / "card.png", role="card").shape[1] > 900
    preview = ["--preset", "preview", *small]
    status, out, errors = command("transfer", day, "c.look", *preview, "--export-lut", "c.cube")
    assert (status, "wrote day-in-c.png" in out) == (0, True), errors
    assert (tmp_path / "c.cube").exists()
    weights = ["--style-weights", "0.7,0.3"]
    status, out, errors = command("transfer", day, "a.look", red, *weights, *preview)
    assert (status, "wrote day-in-a-and-red.png" in out) == (0, True), errors
    status, out, _ = command("inspect", "day-in-a-and-red.png")
    assert "look of       dusk.png 35%, red.png 35%, red.png 30%" in out
    status, out, errors = command(
        "compare", day, "a.look", "--out", "sheet.png", "--presets", "preview", *small
    )
    assert (status, errors.count("Traceback")) == (0, 0)
    assert "black-and-white" in command("look", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["look", "make", "day.png", "--out", "a.png"], 1, "look: a.png needs the suffix .look"),
        (["look", "make", "none.png", "--out", "a.look"], 1, "none.png does not exist"),
        (["look", "show", "none.look"], 1, "none.look does not exist; check the path"),
        (["look", "show", "day.png"], 1, "day.png is not a look; jphoto look make day.png"),
        (["transfer", "day.png", "none.look"], 1, "none.look does not exist"),
        (["transfer", "day.png", "fake.look"], 1, "fake.look is damaged or not a look"),
        (["transfer", "day.png", "sunset"], 1, "no look that comes with jphoto is called so"),
        (["transfer", "day.png", "day.png", "--style-weights", "a"], 2, "separated by commas"),
        (
            ["transfer", "day.png", "day.png", "--style-weights", "1,2"],
            1,
            "2 weights were given for 1 style",
        ),
        (["transfer", "day.png", "day.png", "--style-for", "sky"], 2, "takes KIND=STYLE"),
    ],
)
def test_a_wrong_command_line_is_one_clear_line(
    files, command, arguments, status, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.png").write_bytes((files / "day.png").read_bytes())
    (tmp_path / "fake.look").write_bytes((files / "day.png").read_bytes())
    found, _, errors = command(*arguments, *(["--size", "192"] if arguments[1] == "make" else []))
    assert found == status and words in " ".join(errors.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["day.png", "fake.look"]


def test_a_batch_with_a_look(files, command, tmp_path):
    from jphoto.batches.records import JOURNAL

    shoot, out = tmp_path / "shoot", tmp_path / "out"
    shoot.mkdir()
    for name in ("day", "gray"):
        (shoot / f"{name}.png").write_bytes((files / f"{name}.png").read_bytes())
    jphoto.Look.from_photos([files / "dusk.png"], settings=SETTINGS).save(tmp_path / "d.look")
    preview = ["--preset", "preview", "--size", "192", "--out", out]
    status, printed, errors = command("batch", shoot, "--style", tmp_path / "d.look", *preview)
    assert status == 0, errors
    assert sorted(path.name for path in out.iterdir()) == [
        "day.png", "gray.png", JOURNAL, "sheet.jpg",
    ]  # fmt: skip
    assert finish.read_label(out / "day.png").look == "dusk.png"
    again = command("batch", shoot, "--style", tmp_path / "d.look", *preview)[1]
    assert "done before            2" in again
    manifest = tmp_path / "m.csv"
    manifest.write_text("content,style\nshoot/day.png,d.look\nshoot/gray.png,e.look\n")
    status, printed, _ = command("batch", manifest, *preview[:-1], tmp_path / "other")
    assert status == 1 and "e.look does not exist" in printed
