"""How a batch went, as people see it: the table and the contact sheet."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jphoto import images
from jphoto.batches import summary
from jphoto.batches.records import FAILED, Record
from jphoto.batches.summary import Tally, evenly_spaced, table, write_sheet
from jphoto.errors import ImageError


def record(status: str, name: str = "0.jpg", **values) -> Record:
    return Record(name=name, number=0, status=status, content="c.jpg", style="s.jpg", **values)


def test_the_table_counts_and_names_the_first_failures() -> None:
    tally = Tally()
    tally.began -= 120
    for seconds in (20.0, 30.0, 25.0):
        tally.add(record("finished", seconds={"total": seconds, "solve": 5.0}))
    tally.skip()
    for number in range(51):
        tally.add(record(FAILED, f"{number}.jpg", reason="out of\nmemory\x1b[2J"))
    lines = table(tally).splitlines()
    assert [line.rsplit(maxsplit=1) for line in lines[:5]] == [
        ["finished", "3"],
        ["failed", "51"],
        ["done before", "1"],
        ["pairs a minute", "1.5"],
        ["seconds a pair", "25.0"],
    ]
    assert lines[5:-1] == [f"{number}.jpg: out of memory?[2J" for number in range(20)]
    assert lines[-1] == "... and 31 more, see results.jsonl"


def test_the_table_of_nothing_is_only_counts() -> None:
    assert [line.split()[-1] for line in table(Tally()).splitlines()] == ["0", "0", "0"]


def test_evenly_takes_all_or_as_many_as_asked() -> None:
    assert evenly_spaced([], 4) == []
    assert evenly_spaced("abc", 4) == [*"abc"]
    assert evenly_spaced(range(8), 4) == [0, 2, 4, 6]
    for count in range(1, 50):
        chosen = evenly_spaced(range(count), 7)
        gaps = np.diff(chosen)
        assert len(chosen) == min(count, 7) and (len(gaps) == 0 or np.ptp(gaps) <= 1 <= gaps.min())


@pytest.fixture
def gallery(tmp_path: Path) -> dict[str, Path]:
    """Pictures by name, each of one color."""
    shapes = {"content": (24, 32), "style": (40, 20), "output": (12, 16), "panorama": (4, 400)}
    paths = {name: tmp_path / f"{name}.png" for name in shapes}
    for shade, (name, shape) in enumerate(shapes.items(), 1):
        images.save_picture(np.full((*shape, 3), shade / 5, np.float32), paths[name])
    return paths


def row(gallery: dict[str, Path], name: str = "out.jpg") -> tuple[str, Path, Path, Path]:
    return name, gallery["content"], gallery["style"], gallery["output"]


def test_a_row_shows_content_style_and_output(tmp_path: Path, gallery: dict[str, Path]) -> None:
    assert write_sheet(tmp_path, [row(gallery)]) == tmp_path / "sheet.jpg"
    with Image.open(tmp_path / "sheet.jpg") as image:
        middle = np.asarray(image, np.float32)[80, :, 0] / 255
    widths = [np.sum(abs(middle - shade / 5) < 0.03) for shade in (1, 2, 3)]
    assert np.allclose(widths, [213, 80, 213], atol=4)


def test_a_sheet_has_so_many_rows_at_most(
    tmp_path: Path, gallery: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def height(count: int) -> int:
        path = write_sheet(tmp_path, [row(gallery, f"{number}.jpg") for number in range(count)])
        assert path is not None
        with Image.open(path) as image:
            return image.height

    assert summary.MOST_ROWS == 40
    monkeypatch.setattr(summary, "MOST_ROWS", 6)
    assert height(6) == height(15) == 6 * height(1)


def test_what_cannot_be_read_is_left_out(tmp_path: Path, gallery: dict[str, Path]) -> None:
    damaged, missing = tmp_path / "damaged.jpg", tmp_path / "missing.jpg"
    damaged.write_bytes(b"\xff\xd8")
    name, content, style, output = row(gallery)
    bad = [(name, missing, style, output), (name, content, style, damaged)]
    assert write_sheet(tmp_path, []) is None and write_sheet(tmp_path, bad) is None
    assert not (tmp_path / "sheet.jpg").exists()
    assert write_sheet(tmp_path, [bad[0], row(gallery), bad[1]]) is not None


def test_odd_names_and_shapes_fit_on_a_sheet(tmp_path: Path, gallery: dict[str, Path]) -> None:
    name, content, _, output = row(gallery, "line\nbreak \udcff " + "long" * 50)
    path = write_sheet(tmp_path, [(name, content, gallery["panorama"], output)])
    assert path is not None
    with Image.open(path) as image:
        assert image.width < 1100


def test_a_sheet_that_cannot_be_written_is_named(gallery: dict[str, Path]) -> None:
    with pytest.raises(ImageError, match=r"/proc/sheet.jpg cannot be written"):
        write_sheet(Path("/proc"), [row(gallery)])
