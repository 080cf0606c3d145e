"""Folders of photos and of pairs as tasks of a batch."""

import os
import re
from pathlib import Path

import pytest
from helpers.tasks import SETTINGS, brief, touch

from jphoto.batches.tasks import Task, find_tasks
from jphoto.errors import ImageError, SettingsError


def test_one_style_for_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, *(f"in/{name}" for name in ("10.jpg", "2.PNG", "._2.png", "a.txt")))
    touch(tmp_path, "in/10_mask.png", "look.jpg")
    expected = [
        ("2.webp", "in/2.PNG", "look.jpg", None, None),
        ("10.webp", "in/10.jpg", "look.jpg", None, None),
    ]
    entries = find_tasks(tmp_path / "in", SETTINGS, style=tmp_path / "look.jpg", suffix=".webp")
    assert brief(entries, tmp_path) == expected and entries[0].settings is SETTINGS
    touch(tmp_path, "look_mask.bmp")
    expected[1] = ("10.webp", "in/10.jpg", "look.jpg", "in/10_mask.png", "look_mask.bmp")
    entries = find_tasks(tmp_path / "in", SETTINGS, style=tmp_path / "look.jpg", suffix=".webp")
    assert brief(entries, tmp_path) == expected


def test_one_content_for_a_folder_of_styles(tmp_path: Path) -> None:
    touch(tmp_path, "c.jpg", "c_mask.png", "looks/b.jpg", "looks/a.jpg", "looks/a_mask.tif")
    entries = find_tasks(tmp_path / "looks", SETTINGS, content=tmp_path / "c.jpg")
    assert brief(entries, tmp_path) == [
        ("a.jpg", "c.jpg", "looks/a.jpg", "c_mask.png", "looks/a_mask.tif"),
        ("b.jpg", "c.jpg", "looks/b.jpg", None, None),
    ]


@pytest.mark.parametrize("inside", [True, False], ids=["subfolders", "two folders"])
def test_equal_stems(tmp_path: Path, inside: bool) -> None:
    touch(tmp_path, "content/1.jpg", "content/2.jpg", "content/3.png", "content/1_mask.png")
    touch(tmp_path, "style/1.png", "style/3.jpg", "style/4.jpg", "style/1_mask.jpg")
    if inside:
        entries = find_tasks(tmp_path, SETTINGS)
    else:
        entries = find_tasks(tmp_path / "content", SETTINGS, style=tmp_path / "style")
    assert brief(entries, tmp_path) == [
        ("1.jpg", "content/1.jpg", "style/1.png", "content/1_mask.png", "style/1_mask.jpg"),
        ("2.jpg",),
        ("3.png", "content/3.png", "style/3.jpg", None, None),
    ]
    assert re.search(r"2\.jpg has no style: there is no style photo called 2$", entries[1].reason)


def test_folders_of_masks(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{role}/{number}.jpg" for role in ("content", "style") for number in "123"))
    touch(tmp_path, "content_mask/1.png", "style_mask/1.png", "content_mask/2.png")
    entries = find_tasks(tmp_path, SETTINGS)
    assert brief(entries, tmp_path) == [
        ("1.jpg", "content/1.jpg", "style/1.jpg", "content_mask/1.png", "style_mask/1.png"),
        ("2.jpg",),
        ("3.jpg", "content/3.jpg", "style/3.jpg", None, None),
    ]
    assert "2.jpg has only the content mask" in entries[1].reason


def test_folders_of_pairs(tmp_path: Path) -> None:
    touch(
        tmp_path, *(f"{pair}/{role}.jpg" for pair in ("10", "2") for role in ("content", "style"))
    )
    touch(tmp_path, "10/style_mask.png", "sheet.png")
    entries = find_tasks(tmp_path, SETTINGS)
    assert brief(entries, tmp_path) == [
        ("2.jpg", "2/content.jpg", "2/style.jpg", None, None),
        ("10.jpg",),
    ]
    assert "only the style mask" in entries[1].reason


def test_the_published_layout(tmp_path: Path) -> None:
    touch(tmp_path, "input/in3.png", "style/tar3.png")
    touch(tmp_path, "segmentation/in3.png", "segmentation/tar3.png")
    assert brief(find_tasks(tmp_path, SETTINGS), tmp_path) == [
        (
            "3.png",
            "input/in3.png",
            "style/tar3.png",
            "segmentation/in3.png",
            "segmentation/tar3.png",
        )
    ]


def test_of_styles_of_one_stem_the_same_name_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    touch(tmp_path, "content/1.jpg", "content/1.png", "content/2.heic", "content/2_mask.png")
    touch(tmp_path, "content/3.gif", "content/3.jpg", "content/9_mask.png")
    touch(tmp_path, "style/1.jpg", "style/1.webp", "style/2.jpg", "style/2.png", "style/3.avif")
    one, other, second, *last = find_tasks(tmp_path, SETTINGS)
    assert one.style.name == "1.jpg" and [entry.style.name for entry in last] == ["3.avif"] * 2
    assert other.reason.endswith(
        "1.png has several styles, 1.jpg and 1.webp; rename or remove all but one"
    )
    assert second.reason.endswith(
        "2.heic has several styles, 2.jpg and 2.png; rename or remove all but one"
    )
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"{tmp_path / 'content'}: skipped 1 mask without a photo (9_mask.png)",
        f"{tmp_path / 'content'}: skipped 1 mask without one for the other photo (2_mask.png)",
        f"{tmp_path / 'style'}: skipped 3 styles without content (1.webp, 2.jpg, 2.png)",
    ]


def test_of_files_in_one_role_the_others_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    touch(tmp_path, "1/content.jpg", "1/content.CR2", "1/style.heic", "2/notes.txt", "3/style.jpg")
    touch(tmp_path, "3/content.nef")
    entries = find_tasks(tmp_path, SETTINGS)
    assert brief(entries, tmp_path) == [
        ("1.jpg", "1/content.jpg", "1/style.heic", None, None),
        ("3.tif", "3/content.nef", "3/style.jpg", None, None),
    ]
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"{tmp_path}/1/content.jpg is used, not content.CR2 beside it",
        f"{tmp_path}: skipped 1 subfolder without a pair (2)",
    ]


def test_no_two_results_have_one_name(tmp_path: Path) -> None:
    names = ("1.HEIC", "1.jpg", "1-heic.jpg", "2.jpg", "2.PNG", "3.gif", "3.ppm", "sheet.jpg")
    touch(tmp_path, "s.png", *(f"in/{name}" for name in names))

    def results(suffix: str | None = None) -> dict[str, str]:
        entries = find_tasks(tmp_path / "in", SETTINGS, style=tmp_path / "s.png", suffix=suffix)
        assert all(isinstance(entry, Task) for entry in entries)
        return {entry.content.name: entry.name for entry in entries}

    assert results() == {
        "1.HEIC": "1-heic-2.jpg", "1.jpg": "1.jpg", "1-heic.jpg": "1-heic.jpg",
        "2.jpg": "2.jpg", "2.PNG": "2.PNG", "3.gif": "3-gif.png", "3.ppm": "3-ppm.png",
        "sheet.jpg": "sheet-jpg.jpg",
    }  # fmt: skip
    (tmp_path / "in" / "1-heic.jpg").unlink()
    assert results("png") == {
        "1.HEIC": "1-heic.png", "1.jpg": "1-jpg.png", "2.jpg": "2-jpg.png", "2.PNG": "2-png.png",
        "3.gif": "3-gif.png", "3.ppm": "3-ppm.png", "sheet.jpg": "sheet.png",
    }  # fmt: skip


def test_what_a_folder_holds_besides_photos_is_named_by_kind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("1.jpg_original", "2.jpg~", "3.bak", "IMG_4", "folder.ico", "scan.pdf", "5.doc")
    touch(tmp_path, "s.png", "in/a.jpg", "in/a_MASK.PNG", *(f"in/{name}" for name in names))
    (task,) = find_tasks(tmp_path / "in", SETTINGS, style=tmp_path / "s.png")
    assert task.name == "a.jpg"
    assert caplog.messages == [
        f"{tmp_path / 'in'}: skipped 3 backups of another file (1.jpg_original, 2.jpg~, 3.bak); "
        "1 file in no photo format (5.doc); 1 file without a suffix (IMG_4); 1 icon (folder.ico); "
        "1 drawing or document (scan.pdf)",
        f"{tmp_path / 'in'}: skipped 1 mask without one for the other photo (a_MASK.PNG)",
    ]


def test_names_that_differ_only_in_case(tmp_path: Path) -> None:
    touch(tmp_path, "in/A.png", "in/a.png", "s.png")
    entries = find_tasks(tmp_path / "in", SETTINGS, style=tmp_path / "s.png")
    if len(entries) == 2:  # the file system tells upper from lower case
        assert [entry.name for entry in entries] == ["A.png", "a-png.png"]


@pytest.mark.parametrize(
    ("source", "options", "error", "words"),
    [
        ("nowhere", {}, ImageError, r"nowhere is not a folder, nor a manifest \(\.csv"),
        ("a.png", {}, ImageError, "a.png is not a folder, nor a manifest"),
        ("nowhere.csv", {}, ImageError, "cannot read .*nowhere.csv: No such file"),
        ("x" * 300, {}, ImageError, "File name too long"),
        ("m.csv", {"style": "a.png"}, SettingsError, "names the content and style of each pair"),
        ("m.csv", {"content": "a.png"}, SettingsError, "names the content and style of each pair"),
        ("in", {"content": "a.png", "style": "a.png"}, SettingsError, "not both"),
        ("in", {"suffix": ".gif"}, SettingsError, "suffix must be one of .png, .*, not '.gif'"),
        ("in", {"style": "b.png"}, ImageError, "there is no photo .*b.png"),
        ("in", {"content": "empty"}, ImageError, "there is no photo .*empty"),
        ("in", {"style": "empty"}, ImageError, "empty holds no photos"),
        (
            "empty",
            {"style": "a.png"},
            ImageError,
            r"no photos; it has 1 file in no photo format \(1.txt",
        ),
        ("in", {}, ImageError, "in is a folder of photos; add --style .*; it has 1 photo"),
        ("empty", {}, ImageError, "no pairs.*; or folders content and style; or give one --style"),
        ("pairs", {}, ImageError, "content holds no photos"),
        ("in", {"style": "a.png", "out": "in"}, ImageError, "in has the photos in it"),
        ("in", {"content": "a.png", "out": "in"}, ImageError, "in has the photos in it"),
        ("pairs", {"out": "pairs/style"}, ImageError, "style has the photos in it"),
        ("pipe", {}, ImageError, "pipe is a pipe; save the manifest as a file"),
        ("in", {"style": "pipe"}, ImageError, "pipe is a pipe, and a batch reads photos more"),
    ],
)
def test_what_holds_no_tasks(
    tmp_path: Path, source: str, options: dict[str, str], error: type[Exception], words: str
) -> None:
    touch(tmp_path, "a.png", "in/1.png", "empty/1.txt", "m.csv", "pairs/content/x", "pairs/style/x")
    os.mkfifo(tmp_path / "pipe")
    paths = {key: tmp_path / name if key != "suffix" else name for key, name in options.items()}
    with pytest.raises(error, match=words):
        find_tasks(tmp_path / source, SETTINGS, **paths)
