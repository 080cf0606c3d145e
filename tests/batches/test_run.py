"""A whole batch: read, solved by a stand-in, written, and gone on with whatever had happened."""

import errno
import json
import os
import sys

import jax
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from jphoto import images
from jphoto.errors import ImageError
from jphoto.pipeline import grouping
from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

STEP = Step(2.0, 1.0, 1.0, 0.0, 0.0, 0.0, 40)


def stand_in(pair):
    """A solution that tells which photos it is of."""
    return Solution((pair.content + pair.style.mean((0, 1))) / 2, (STEP,), Status.FINISHED, {})


@pytest.fixture
def solved(monkeypatch):
    """Pairs that were solved, in groups as they were solved at once; nothing is computed."""
    groups = []

    def solve(solver, chosen, most, going_on):
        assert len(chosen) <= most and len({ready.group for ready in chosen}) == 1
        groups.append(len(chosen))
        return [stand_in(ready.pair) for ready in chosen]

    monkeypatch.setattr("jphoto.pipeline.grouping.GroupSolver.solve", solve)
    return groups


def write_photo(path, seed, size=(40, 48)):
    path.parent.mkdir(exist_ok=True)
    levels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(levels).save(path)


@pytest.fixture
def folder(tmp_path):
    """Five contents and a style."""
    for number in range(5):
        write_photo(tmp_path / "photos" / f"{number}.png", number)
    write_photo(tmp_path / "style.png", 9)
    return tmp_path


@pytest.fixture
def batch(command, folder):
    def run(*options):
        source, style, out = folder / "photos", folder / "style.png", folder / "out"
        common = ["--style", style, "--out", out, "--regions", "none"]
        return command("batch", source, *common, *options)

    return run


def records(folder):
    lines = (folder / "out" / "results.jsonl").read_text().splitlines()
    return {record["name"]: record for record in map(json.loads, lines)}


def levels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_every_pair_is_made_and_recorded(batch, folder, solved):
    status, out, err = batch("--suffix", ".tif")
    assert status == 0 and sum(solved) == 5
    found = records(folder)
    assert list(found) == [f"{number}.tif" for number in range(5)]
    for number, record in enumerate(found.values()):
        content = folder / "photos" / f"{number}.png"
        assert (record["content"], record["status"]) == (str(content), "finished")
        assert record["size"] == [40, 48] and record["terms"]["total"] == 2.0
        assert set(record["inputs"]) == {"content", "style"}
        assert record["settings"]["regions"] == "none"
        expected = levels(content) / 255 / 2 + levels(folder / "style.png").mean((0, 1)) / 255 / 2
        away = levels(folder / "out" / f"{number}.tif") - 255 * expected
        assert np.abs(away).max() < 1.01  # rounded after dithering
    assert (folder / "out" / "sheet.jpg").is_file()
    assert "finished" in out and len(err.splitlines()) == 5


def test_photos_of_every_format_keep_theirs(command, tmp_path, solved, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    photos = tmp_path / "photos"
    write_photo(photos / "a.jpg", 1)
    with Image.open(photos / "a.jpg") as image:
        pillow_heif.from_pillow(image).save(photos / "IMG.HEIC")
        for name in ("x.avif", "y.gif", "z.JFIF", "a.png", "b.jp2", "c.ppm", "d.TIF", "e.tga"):
            image.save(photos / name)
    for name in ("b.jpg.xmp", "clip.mov", "notes.txt", "._a.jpg", "Thumbs.db", "r.CR2", "s.dng"):
        (photos / name).write_bytes(b"")
    (photos / "older").mkdir()
    arguments = ["batch", photos, "--style", photos / "a.jpg", "--out", tmp_path / "out"]
    status, out, _ = command(*arguments, "--regions", "none")
    assert status == 0, out
    results = {path.name for path in (tmp_path / "out").iterdir()} - {"results.jsonl", "sheet.jpg"}
    assert results == {
        "IMG.jpg", "x.avif", "y.png", "z.JFIF", "a.jpg", "a.png", "b.tif", "c.png", "d.TIF",
        "e.png",
    }  # fmt: skip
    with (
        Image.open(tmp_path / "out" / "z.JFIF") as jpeg,
        Image.open(tmp_path / "out/b.tif") as tiff,
    ):
        assert (jpeg.format, tiff.format) == ("JPEG", "TIFF")
    assert caplog.messages[0] == (
        f"{photos}: skipped 1 sidecar file (b.jpg.xmp); 1 video (clip.mov); 1 file in no "
        "photo format (notes.txt); 1 subfolder (older); 2 raw photos readable with the extra "
        "jphoto[raw] (r.CR2, s.dng)"
    )
    solved.clear()
    status, out, _ = command(*arguments, "--regions", "none")
    assert status == 0 and not solved


def test_a_folder_without_photos_says_what_it_has(command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    (tmp_path / "photos").mkdir()
    for number in range(7):
        (tmp_path / "photos" / f"{number}.nef").touch()
    status, _, err = command(
        "batch", tmp_path / "photos", "--style", "s.jpg", "--out", tmp_path / "out"
    )
    assert status == 1 and err.endswith(
        "photos holds no photos; it has 7 raw photos readable with the extra jphoto[raw] "
        "(0.nef, 1.nef, 2.nef, 3.nef, 4.nef and 2 more)\n"
    )


def test_what_is_done_is_not_done_again(batch, folder, solved):
    batch()
    solved.clear()
    assert batch()[0] == 0 and not solved
    # Not by names: another photo of the same name, another setting, a result that is gone.
    write_photo(folder / "photos" / "3.png", 33)
    (folder / "out" / "1.png").unlink()
    before = levels(folder / "out" / "3.png")
    assert batch()[0] == 0 and sum(solved) == 2
    assert np.abs(levels(folder / "out" / "3.png").astype(int) - before).max() > 9
    solved.clear()
    assert batch("--style-weight", "2")[0] == 0 and sum(solved) == 5


def test_one_bad_pair_stops_no_other(batch, folder, solved):
    (folder / "photos" / "1.png").write_bytes(b"no picture")
    write_photo(folder / "photos" / "2.png", 2, (8, 8))
    status, out, _ = batch()
    assert status == 1 and sum(solved) == 3
    found = records(folder)
    assert {name for name, record in found.items() if record["status"] == "failed"} == {
        "1.png", "2.png",
    }  # fmt: skip
    assert "8 x 8" in found["2.png"]["reason"] and "8 x 8" in out
    assert not (folder / "out" / "1.png").exists()
    write_photo(folder / "photos" / "1.png", 1)
    write_photo(folder / "photos" / "2.png", 2)
    solved.clear()
    assert batch()[0] == 0 and sum(solved) == 2


def test_files_of_others_are_not_written_over(batch, folder, solved):
    (folder / "out").mkdir()
    (folder / "out" / "2.png").write_bytes(b"mine")
    status, out, _ = batch()
    assert status == 1 and "2.png exists" in out and sum(solved) == 4
    assert (folder / "out" / "2.png").read_bytes() == b"mine"


def test_what_a_killed_run_has_left_is_cleared_away(batch, folder, solved):
    (folder / "out").mkdir()
    left, being_written = (folder / "out" / f".jphoto-{name}.part" for name in "ab")
    for draft in (left, being_written):
        draft.write_bytes(b"half a picture")
    os.utime(left, (1e9, 1e9))
    assert batch()[0] == 0
    assert not left.exists() and being_written.exists()


def test_pairs_of_one_shape_are_solved_together(batch, folder, solved):
    write_photo(folder / "photos" / "2.png", 2, (96, 40))
    assert batch("--at-once", "3")[0] == 0
    assert sorted(solved) == [1, 1, 3]
    assert sum(record["status"] == "finished" for record in records(folder).values()) == 5


@pytest.fixture
def seen(monkeypatch):
    """How often a photo is looked at, by kind; no network is needed."""
    counts = {"content_targets_of": 0, "style_targets_of": 0}

    def count(kind):
        def look(*_):
            counts[kind] += 1
            return []

        return look

    for kind in counts:
        monkeypatch.setattr(grouping, kind, count(kind))
    return counts


def test_where_memory_is_short_fewer_are_solved_at_once(batch, monkeypatch, seen):
    sizes = []

    def solve_batch(pairs, shape, params, preprocessing, settings, structures, looks, *_):
        assert len(structures) == len(looks) == len(pairs)
        sizes.append(len(pairs))
        if len(pairs) > 2:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating")
        return [stand_in(pair) for pair in pairs]

    monkeypatch.setattr(grouping, "solve_batch", solve_batch)
    assert batch("--at-once", "4")[0] == 0
    # The fifth is alone, and made up to two.
    assert sizes == [4, 2, 2, 2]


@pytest.mark.parametrize("role", ["content", "style"])
def test_a_photo_of_many_pairs_is_looked_at_once(command, folder, monkeypatch, seen, role):
    monkeypatch.setattr(grouping, "solve", lambda pair, *_: stand_in(pair))
    arguments = [folder / "photos", "--out", folder / "out", "--regions", "none"]
    assert command("batch", *arguments, f"--{role}", folder / "style.png")[0] == 0
    one, many = seen if role == "content" else reversed(seen)
    assert (seen[one], seen[many]) == (1, 5)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_ends_it_and_nothing_is_lost(batch, folder, solved, monkeypatch, number):
    save = images.save_like

    def full(picture, original, path, **options):
        if path.name == "2.png":
            raise ImageError(f"output: {path} cannot be written") from OSError(number, "full")
        save(picture, original, path, **options)

    monkeypatch.setattr(images, "save_like", full)
    status, _, err = batch()
    assert status == 1 and "2.png cannot be written" in err
    found = records(folder)
    assert "2.png" not in found and {"0.png", "1.png"} <= set(found)
    monkeypatch.setattr(images, "save_like", save)
    solved.clear()
    assert batch()[0] == 0 and sum(solved) == 5 - len(found)


def test_nothing_is_left_of_a_pair_that_is_not_finite(batch, folder, solved, monkeypatch):
    def not_finite(solver, chosen, *_):
        return [stand_in(ready.pair)._replace(status=Status.NOT_FINITE) for ready in chosen]

    monkeypatch.setattr(grouping.GroupSolver, "solve", not_finite)
    status, out, _ = batch()
    assert status == 1 and "not finite" in out
    assert [path.name for path in (folder / "out").iterdir()] == ["results.jsonl"]


def test_an_error_in_one_pair_stops_no_other(batch, folder, solved, monkeypatch):
    solve = grouping.GroupSolver.solve
    failing = images.read_picture(folder / "photos" / "3.png", role="content")

    def sometimes(solver, chosen, *rest):
        if np.array_equal(chosen[0].pair.content, failing):
            raise ZeroDivisionError("by chance")
        return solve(solver, chosen, *rest)

    monkeypatch.setattr(grouping.GroupSolver, "solve", sometimes)
    status, out, _ = batch()
    assert status == 1 and "3.png: ZeroDivisionError: by chance" in out and sum(solved) == 4


def test_wrong_sources_are_told_before_anything_is_done(command, folder):
    status, _, err = command("batch", folder / "none.csv", "--out", folder / "out")
    assert status == 1 and "none.csv" in err and not (folder / "out").exists()
