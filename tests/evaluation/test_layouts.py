"""Finding the files of a study: two layouts of pairs, patterns and folders of results."""

from pathlib import Path

import pytest

from jphoto.errors import ImageError
from jphoto.evaluation.layouts import find_pairs, find_pictures
from jphoto.images.listing import natural_key


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_a_folder_for_each_pair(tmp_path: Path) -> None:
    touch(tmp_path, *(f"10/{role}.png" for role in ("content", "style")))
    touch(tmp_path, *(f"2/{role}.JPG" for role in ("content", "style")))
    touch(tmp_path, *(f"2/{role}_mask.png" for role in ("content", "style")))
    touch(tmp_path, "notes/readme.txt", "sheet.png")
    masked, plain = find_pairs(tmp_path)
    assert masked == (
        "2",
        tmp_path / "2/content.JPG",
        tmp_path / "2/style.JPG",
        tmp_path / "2/content_mask.png",
        tmp_path / "2/style_mask.png",
    )
    assert plain.name == "10" and (plain.content_mask, plain.style_mask) == (None, None)


def test_the_published_layout(tmp_path: Path) -> None:
    touch(tmp_path, "input/in2.png", "input/in10.jpg", "style/tar2.png", "style/tar10.png")
    touch(tmp_path, "segmentation/in2.png", "segmentation/tar2.bmp", "input/index.html")
    masked, plain = find_pairs(tmp_path)
    assert masked == (
        "2",
        tmp_path / "input/in2.png",
        tmp_path / "style/tar2.png",
        tmp_path / "segmentation/in2.png",
        tmp_path / "segmentation/tar2.bmp",
    )
    assert plain.content.name == "in10.jpg" and plain.content_mask is None


@pytest.mark.parametrize("names", [("7/content.png",), ("input/in7.png", "style/x.png")])
def test_half_a_pair_is_a_pair_with_a_missing_photo(tmp_path: Path, names: tuple[str, ...]) -> None:
    touch(tmp_path, *names)
    (pair,) = find_pairs(tmp_path)
    assert pair.name == "7" and pair.content.exists() and not pair.style.exists()


@pytest.mark.parametrize("names", [(), ("a.png", "b/photo.png"), ("input/1.png", "style/1.png")])
def test_no_pairs_is_an_error_that_says_what_is_expected(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    touch(tmp_path, *names)
    with pytest.raises(ImageError, match=r"holds no pairs; .* content\.\* .* input/in\{i\}"):
        find_pairs(tmp_path)


def test_pairs_must_be_in_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="nowhere is not a folder"):
        find_pairs(tmp_path / "nowhere")
    with pytest.raises(ImageError, match="File name too long"):
        find_pairs(tmp_path / ("x" * 300))


def test_names_are_sorted_by_their_numbers() -> None:
    names = ["10", "2", "b1", "a10", "a9", "02", "a9b"]
    assert sorted(names, key=natural_key) == ["02", "2", "10", "a9", "a9b", "a10", "b1"]


def test_results_by_pattern(tmp_path: Path) -> None:
    touch(tmp_path, "runs/1/1.png", "runs/2/2.png")
    found = find_pictures(f"{tmp_path}/runs/{{i}}/{{i}}.png", "result", ["1", "2", "3"])
    assert found == {i: tmp_path / f"runs/{i}/{i}.png" for i in ("1", "2", "3")}


def test_results_in_a_folder_may_have_any_of_three_names(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg", "in2.png", "best3_t_1000.png", "4.JPG", "4.png", "14.png")
    found = find_pictures(tmp_path, "result", ["1", "2", "3", "4", "5"])
    names = [path.name for path in found.values()]
    assert names == ["1.jpg", "in2.png", "best3_t_1000.png", "4.png", "5.png"]
    assert not found["5"].exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("empty", r"baseline: no pair has a picture; expected \{i\} or in\{i\} or best"),
        ("{i}/out.png", r"no pair has a picture; expected .*\{i\}/out.png, \{i\} as 1"),
        ("file.png", r"file.png is not a folder, nor a pattern with \{i\}"),
        ("nowhere", r"nowhere is not a folder, nor a pattern with \{i\}"),
        ("x" * 300, "File name too long"),
    ],
)
def test_no_result_for_any_pair_is_an_error(tmp_path: Path, source: str, words: str) -> None:
    touch(tmp_path, "empty/other.png", "file.png")
    with pytest.raises(ImageError, match=words):
        find_pictures(tmp_path / source, "baseline", ["1", "2"])
