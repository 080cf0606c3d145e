"""Manifests as tasks of a batch, and the names of the outputs."""

import csv
import inspect
import json
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.tasks import SETTINGS, brief, touch
from hypothesis import given
from hypothesis import strategies as st

from jphoto.batches.tasks import Task, Unusable, find_tasks
from jphoto.errors import SettingsError
from jphoto.settings import Settings


@pytest.fixture(scope="module", autouse=True)
def own_checks() -> Iterator[None]:
    """The run-time check of annotations would refuse a wrong type before `Settings` can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "__init__", inspect.unwrap(Settings.__init__))
        yield


def found(folder: Path, text: str, name: str = "m.csv") -> list[Task | Unusable]:
    (folder / name).write_text(text, encoding="utf-8")
    return find_tasks(folder / name, SETTINGS)


def json_lines(*lines: object) -> str:
    return "\n".join(json.dumps(line) for line in lines)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["m.csv", "m.CSV", "m.jsonl", "m.ndjson"])
def test_a_manifest(tmp_path: Path, mark: str, end: str, name: str) -> None:
    rows = [
        'style,content,out,content_mask,style_mask,size,regions,style_weight',
        's/ö.png,c/1.jpg,,,,,,',
        '"s,2.png",c/2.jpg,sub\\two,m/1.png,m/2.png,64,none,2',
        '',
        ',,,,,,,',
        's.png,c/3.jpg,./three.JPG',
    ]  # fmt: skip
    if not name.lower().endswith("csv"):
        rows = [
            '{"style": "s/ö.png", "content": "c/1.jpg", "out": "", "size": null}',
            '{"style": "s,2.png", "content": "c/2.jpg", "out": "sub\\\\two", "regions": "none",'
            '"content_mask": "m/1.png", "style_mask": "m/2.png", "size": 64, "style_weight": 2}',
            "  ",
            '{"style": "s.png", "content": "c/3.jpg", "out": "./three.JPG"}',
        ]
    (tmp_path / name).write_bytes((mark + end.join(rows)).encode())
    entries = find_tasks(tmp_path / name, SETTINGS)
    assert brief(entries, tmp_path) == [
        ("1.jpg", "c/1.jpg", "s/ö.png", None, None),
        ("sub/two.jpg", "c/2.jpg", "s,2.png", "m/1.png", "m/2.png"),
        ("three.JPG", "c/3.jpg", "s.png", None, None),
    ]
    first, second, third = (entry.settings for entry in entries)
    assert first is SETTINGS and third is SETTINGS
    assert second == Settings(steps=7, size=64, regions="none", style_weight=2.0)


def test_paths_may_be_absolute_or_of_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    good, bad = found(tmp_path, "content,style\n~/a.jpg,/x/s.jpg\n~nobody-of-that-name/b.jpg,s.jpg")
    assert (good.content, good.style) == (Path("/home/me/a.jpg"), Path("/x/s.jpg"))
    assert bad.name == "b.jpg" and "no such user's folder" in bad.reason


def test_results_have_the_formats_of_their_contents(tmp_path: Path) -> None:
    contents = ("a.HEIC", "a.jpg", "b.TIF", "c.jfif", "d.cr2", "e.jp2", "f.gif", "g")
    lines = [{"content": name, "style": "s.jpg"} for name in contents]
    lines += [{"content": "h.heic", "style": "s.jpg", "out": f"sub/h{k}"} for k in ("", ".heif")]
    lines += [{"content": "i.jpg", "style": "s.jpg", "depth": "16"}]
    entries = found(tmp_path, json_lines(*lines), "m.jsonl")
    assert [entry.name for entry in entries] == [
        "a-s-heic.jpg", "a-s-jpg.jpg", "b.TIF", "c.jfif", "d.tif", "e.tif", "f.png", "g.png",
        "sub/h.jpg", "sub/h.heif", "i.png",
    ]  # fmt: skip
    assert [type(entry) for entry in entries].count(Unusable) == 1
    assert re.search(r"h.heif needs the name .* can be written: \.png, ", entries[-2].reason)


def test_names_do_not_depend_on_the_order_of_lines(tmp_path: Path) -> None:
    lines = ["1/a.jpg,s.jpg", "2/A.png,t.jpg", "b.jpg,s.jpg", "b.jpg,u.jpg,x.png"]
    names = [
        {entry.content.as_posix() + entry.style.name: entry.name for entry in entries}
        for order in (lines, lines[::-1])
        if (entries := found(tmp_path, "\n".join(["content,style,out", *order])))
    ]
    assert names[0] == names[1]
    assert [*names[0].values()] == ["a-s.jpg", "A-t.png", "b-s.jpg", "x.png"]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("content,style,colour,Size,hue", "unknown column 'colour', 'hue'$"),
        ("style,style", "no column 'content'; more than one column 'style'"),
        (
            "content;colour",
            "no column 'style' .semicolons between the columns; possible are commas",
        ),
        ("content style", "no column 'content', 'style' .nothing between the columns"),
        ("content,style,device", "unknown column 'device'; all pairs share the device"),
        ("content,,style", "unknown column ''"),
        ('"content,style', "the header is not CSV: unexpected end of data"),
        ("content,style", "is empty"),
    ],
)
def test_wrong_columns_are_an_error(tmp_path: Path, header: str, words: str) -> None:
    with pytest.raises(SettingsError, match=rf"manifest .*m\.csv:? .*{words}"):
        found(tmp_path, header + ("\na,b" if words != "is empty" else "\n\n"))


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
@pytest.mark.parametrize(
    ("data", "words"), [(b"", "is empty"), (b"\n\n", "is empty"), (b"\xff\xfea", "not UTF-8")]
)
def test_what_is_no_manifest_at_all(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SettingsError, match=words):
        find_tasks(tmp_path / name, SETTINGS)


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        ("{", "line 2", "not JSON: Expecting property name"),
        ("[" * 100_000, "line 2", "not JSON: .*recursion"),
        ("[1]", "line 2", "must be a JSON object, not list"),
        ('{"content": "", "style": null}', "line 2", "no content; no style"),
        ('{"style": "s"}', "line 2", "no content$"),
        ('{"content": 5, "style": "s"}', "line 2", "content must be a path, not 5"),
        ('{"content": "c", "style": "\\u0000"}', "c.png", r"style must be a path, not '\\x00'"),
        ('{"content": "c", "style": "\\ud800"}', "c.png", r"style must be a path, not '\\ud800'"),
        ('{"content": "c", "style": "s", "out": []}', "line 2", r"out must be a path, not \[\]"),
        ('{"content": "c", "style": "s", "x": 1, "y": 2}', "c.png", "unknown key 'x', 'y'$"),
        ('{"content": "c", "style": "s", "device": "cpu"}', "c.png", "all pairs share the device"),
        ('{"content": "c", "style": "s", "content_mask": "m"}', "c.png", "content_mask alone"),
        ('{"content": "c", "style": "s", "style_mask": "m"}', "c.png", "style_mask alone"),
        ('{"content": "c", "style": "s", "size": 1}', "c.png", "size must be a whole .* not 1$"),
        ('{"content": "c", "style": "s", "levels": true}', "c.png", "levels must be .* not True"),
        ('{"content": "c", "style": "s", "size": []}', "c.png", r"size must be .* not \[\]"),
        ('{"content": "c", "style": "s", "tolerance": NaN}', "c.png", "tolerance must be .* nan"),
    ],
)
def test_a_bad_line_of_json_stops_no_other(
    tmp_path: Path, line: str, name: str, words: str
) -> None:
    good = '{"content": "a", "style": "b", "levels": 1}'
    last = good.replace('"a"', '"z"')
    first, bad, third = found(tmp_path, f"{good}\n{line}\n{last}", "m.jsonl")
    assert (first.name, third.name) == ("a.png", "z.png") and third.number == 2
    assert isinstance(bad, Unusable) and (bad.number, bad.name) == (1, name)
    assert re.search(words, bad.reason), bad.reason


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        (",b", "line 4", "no content"),
        ("c", "line 4", "no style"),
        ("c,s,1,x", "c.png", "has 4 cells, but the header 3"),
        ("c;s;64", "line 4", "has semicolons between its cells, but the header commas"),
        ("c,s,many", "c.png", "size must be a whole number or auto, not 'many'"),
        ("c,s,1e3", "c.png", "size must be a whole number or auto, not '1e3'"),
        ("c,s,1", "c.png", "size must be .* not 1$"),
        ('c,"s"s,', "line 4", "not CSV: .*look at its quotes"),
    ],
)
def test_a_bad_row_stops_no_other(tmp_path: Path, line: str, name: str, words: str) -> None:
    first, bad, third = found(tmp_path, f'content,style,size\n"a\n",b,64\n{line}\nz,b,64\n')
    assert isinstance(first, Task) and isinstance(third, Task) and third.number == 2
    assert first.settings is third.settings and first.settings.size == 64
    assert isinstance(bad, Unusable) and (bad.number, bad.name) == (1, name)
    assert re.search(words, bad.reason), bad.reason


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("content;style;style_weight\nsub/a.jpg;s.jpg;0,5", "utf-8"),
        ("content\tstyle\tstyle_weight\nsub/a.jpg\ts.jpg\t0.5", "utf-16"),
        ("content|style|style_weight\nsub/a.jpg|s.jpg|,5", "utf-8"),
        ("Content, Style , style weight\nsub/a.jpg, s.jpg, 0.5", "utf-8-sig"),
        ('STYLE,"Content","Style-Weight",,\n" s.jpg", "sub/a.jpg",0.5,,', "utf-8"),
        ("sep=;\r\ncontent;style;style_weight\r\nsub/a.jpg;s.jpg;0.5", "utf-8"),
        ("# my pairs; of May\n\nstyle,content,style_weight\ns.jpg,sub/a.jpg,0.5", "utf-8"),
        ("content;style;style_weight\rsub/a.jpg;s.jpg;5e-1\r", "utf-8"),
        ("content,style,style_weight\nsub\\a.jpg,.\\s.jpg,0.5", "utf-8"),
    ],
)
def test_tables_as_spreadsheets_and_people_write_them(
    tmp_path: Path, text: str, encoding: str
) -> None:
    (tmp_path / "m.csv").write_bytes(text.encode(encoding))
    entries = find_tasks(tmp_path / "m.csv", SETTINGS)
    assert brief(entries, tmp_path) == [("a.jpg", "sub/a.jpg", "s.jpg", None, None)]
    assert entries[0].settings.style_weight == 0.5


def test_a_backslash_may_be_a_part_of_a_name(tmp_path: Path) -> None:
    touch(tmp_path, "sub\\a.jpg")
    lines = "content,style\nsub\\a.jpg,s.jpg\nC:\\b.jpg,s.jpg"
    named, foreign = found(tmp_path, lines)
    assert named.content == tmp_path / "sub\\a.jpg"
    assert re.search(r"content is C:\\b.jpg, a path of a Windows computer", foreign.reason)


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    _, wrong = found(tmp_path, "# pairs\nsep=;\n\ncontent;style\na.jpg;s.jpg\nb.jpg;\n")
    assert wrong.name == "line 6" and wrong.reason == "no style"


def test_an_open_quote_is_not_silent(tmp_path: Path) -> None:
    first, bad = found(tmp_path, 'content,style\na,b\nc,"s\nd,s\n')
    assert isinstance(first, Task) and isinstance(bad, Unusable)
    assert bad.name == "line 3" and "unexpected end of data" in bad.reason


# Names.


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("/x.png", "not inside"),
        ("../x.png", "not inside"),
        ("a/../x.png", "not inside"),
        ("a\\..\\..\\x", "not inside"),
        ("..", "not inside"),
        (".", "needs the name of a picture"),
        ("sheet.jpg", "needs itself"),
        ("Sheet.JPG", "needs itself"),
        ("results-2.jsonl/x.png", "needs itself"),
        ("B.PNG", "B.PNG is already the output of line 1"),
    ],
)
def test_names_that_no_output_may_have(tmp_path: Path, out: str, words: str) -> None:
    line = {"content": "c", "style": "s"}
    first, bad, last = found(
        tmp_path, json_lines({**line, "out": "b"}, {**line, "out": out}, line), "m.jsonl"
    )
    assert isinstance(first, Task) and isinstance(last, Task)
    assert isinstance(bad, Unusable) and bad.number == 1
    assert re.search(words, bad.reason), bad.reason


@pytest.mark.parametrize(
    ("out", "name"),
    [
        ("x.tar", "x.tar.jpg"),
        ("a//b/./c.webp", "a/b/c.webp"),
        ("sub/sheet.jpg", "sub/sheet.jpg"),
        ("sheet.png", "sheet.png"),
        ("results.jsonl", "results.jsonl.jpg"),
    ],
)
def test_names_that_an_output_may_have(tmp_path: Path, out: str, name: str) -> None:
    (tmp_path / "m.csv").write_text(f"content,style,out\nc,s,{out}")
    (task,) = find_tasks(tmp_path / "m.csv", SETTINGS, suffix=".jpg")
    assert isinstance(task, Task) and task.name == name


# At length, and of all kinds.


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_ten_thousand_lines(tmp_path: Path, name: str) -> None:
    rows = [(f"c/{number}.jpg", "s.jpg", 64 + number % 2) for number in range(10_000)]
    keys = ("content", "style", "size")
    if name == "m.csv":
        text = "\n".join(",".join(map(str, row)) for row in [keys, *rows])
    else:
        text = json_lines(*(dict(zip(keys, row, strict=True)) for row in rows))
    began = time.process_time()
    entries = found(tmp_path, text, name)
    assert time.process_time() - began < 5  # half a second without the checks of types
    assert len(entries) == 10_000 and all(isinstance(entry, Task) for entry in entries)
    assert len({id(entry.settings) for entry in entries}) == 2


# Cells are stripped: spreadsheets and people put spaces around them.
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
paths = st.text(letters, min_size=1).map(str.strip).filter(bool)
pairs = st.fixed_dictionaries(
    {"content": paths, "style": paths},
    optional={
        "content_mask": paths,
        "style_mask": paths,
        "out": paths,
        "size": st.integers(0, 9000),
        "style_weight": st.floats(0, 2e6),
        "start": st.sampled_from(["color", "noise", "nonsense"]),
    },
)


@given(st.lists(pairs, min_size=1))
def test_a_table_and_json_lines_say_the_same(lines: list[dict[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table, objects = Path(folder, "m.csv"), Path(folder, "m.jsonl")
        with table.open("w", encoding="utf-8", newline="") as file:
            keys = dict.fromkeys(key for line in lines for key in line)
            writer = csv.DictWriter(file, [*keys])
            writer.writeheader()
            writer.writerows(lines)
        objects.write_text(
            "\n".join(json.dumps(line, ensure_ascii=False) for line in lines),
            encoding="utf-8",
            newline="",
        )
        entries = [
            [entry if isinstance(entry, Task) else entry.number for entry in found]
            for found in (find_tasks(source, SETTINGS) for source in (table, objects))
        ]
    assert entries[0] == entries[1] and len(entries[0]) == len(lines)
