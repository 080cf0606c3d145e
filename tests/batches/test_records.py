"""A batch's journal, whatever is killed and whenever; its digests; and its summary for people."""

import dataclasses
import json
import os
import resource
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import jphoto
from jphoto.batches.records import FAILED, JOURNAL, Record, Records, has_journal, key_of
from jphoto.errors import ImageError
from jphoto.pipeline import digests
from jphoto.pipeline.digests import digests_of
from jphoto.setting_checks import allowed_values
from jphoto.settings import Settings

KEY, OTHER = "a" * 64, "b" * 64
INPUTS = {"content": "1" * 64, "style": "2" * 64}


def record(name: str = "0.jpg", **changes) -> Record:
    values = {"number": 0, "status": "finished", "key": KEY, "content": "c.jpg", "style": "s.jpg"}
    return Record(name=name, **(values | changes))


def failure(name: str, reason: str = "content: gone") -> Record:
    return record(name, status=FAILED, key=None, reason=reason)


def numbered(count: int, **changes) -> list[Record]:
    return [record(f"{number}.jpg", number=number, **changes) for number in range(count)]


def kept(folder: Path) -> list[Record | None]:
    """What each line of the folder's one journal says."""
    (path,) = folder.glob("results*.jsonl")
    return [Record.from_line(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With ten outputs, and no journal yet."""
    for number in range(10):
        (tmp_path / f"{number}.jpg").touch()
    return tmp_path


FULL = record(
    "night/ö\udcff\n.jpg",  # not every file name is text
    number=3,
    status="not finite",
    reason="a\nb",
    seconds={"read": 0.25, "total": 1.5},
    terms={"total": None, "style": 0.125},
    steps=11,
    size=[36, 64],
    inputs=INPUTS,
    settings=dataclasses.asdict(Settings()),
    time=12.5,
)


@pytest.mark.parametrize("written", [FULL, failure("0.jpg")], ids=["full", "failed"])
def test_a_record_is_one_line_and_comes_back(written: Record) -> None:
    line = written.to_line()
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert Record.from_line(line) == written


def test_unknown_keys_are_ignored_and_new_ones_may_be_missing() -> None:
    values = json.loads(FULL.to_line()) | {"mood": "blue"}
    del values["steps"]
    line = json.dumps(values).encode()
    assert Record.from_line(line) == dataclasses.replace(FULL, steps=0)


GARBAGE = [
    b"",
    b"{}",
    b"null",
    b"7",
    b'"name"',
    b'["name"]',
    b"\x00\x00\xff",
    b"[" * 100_000,
    FULL.to_line()[:-2],
    FULL.to_line()[1:],
    *(
        json.dumps(json.loads(FULL.to_line()) | change).encode()
        for change in ({"name": 1}, {"number": "1"}, {"time": None})
    ),
]


@pytest.mark.parametrize("line", GARBAGE, ids=lambda line: repr(line[:12]))
def test_a_line_that_cannot_be_understood_is_skipped(line: bytes, folder: Path) -> None:
    assert Record.from_line(line) is None
    good = numbered(2)
    (folder / JOURNAL).write_bytes(line + b"\n" + good[0].to_line() + line)
    with Records.open(folder) as journal:
        assert journal.is_done(KEY, "0.jpg")
        journal.append(good[1])
        journal.merge()
    assert kept(folder) == good


def test_a_new_folder_gets_its_journal_at_once(folder: Path) -> None:
    assert not has_journal(folder)
    with Records.open(folder):
        assert (folder / JOURNAL).read_bytes() == b""
    with Records.open(folder, 2):
        assert (folder / "results-2.jsonl").exists()
    assert has_journal(folder)


def test_done_is_what_has_this_key_and_this_name_and_an_output(folder: Path) -> None:
    with Records.open(folder) as journal:
        for entry in (record("0.jpg"), failure("1.jpg"), record("gone.jpg"), record("2.jpg")):
            journal.append(entry)
        journal.append(record("2.jpg", status=FAILED, reason="later"))
    with Records.open(folder) as reopened:
        for each in (journal, reopened):
            assert each.is_done(KEY, "0.jpg")
            assert not each.is_done(OTHER, "0.jpg")
            assert not any(each.is_done(KEY, f"{name}.jpg") for name in ("1", "2", "3", "gone"))
    (folder / "gone.jpg").touch()
    (folder / "0.jpg").unlink()
    assert reopened.is_done(KEY, "gone.jpg") and not reopened.is_done(KEY, "0.jpg")


def test_cut_at_any_byte_no_whole_line_is_lost_and_later_ones_are_readable(folder: Path) -> None:
    lines = [entry.to_line() for entry in numbered(3)]
    whole = b"".join(lines)
    for cut in range(len(whole) + 1):
        (folder / JOURNAL).write_bytes(whole[:cut])
        # A line is whole even where only the line break is missing.
        left = sum(cut >= len(b"".join(lines[: count + 1])) - 1 for count in range(3))
        with Records.open(folder) as journal:
            assert [journal.is_done(KEY, f"{n}.jpg") for n in range(3)] == [
                n < left for n in range(3)
            ]
            journal.append(record("8.jpg"))
            journal.append(record("9.jpg"))
        with Records.open(folder) as journal:
            done = [n for n in range(10) if journal.is_done(KEY, f"{n}.jpg")]
        assert done == [*range(left), 8, 9]
        assert (folder / JOURNAL).read_bytes().count(b"\n\n") == 0


def test_every_record_is_on_the_disk_before_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    with Records.open(folder) as journal:
        monkeypatch.setattr(os, "fsync", lambda file: sizes.append(os.fstat(file).st_size))
        for entry in numbered(3, time=1.0):
            journal.append(entry)
    assert sizes == [len(record(time=1.0).to_line()) * count for count in (1, 2, 3)]


def test_parts_are_merged_in_the_sources_order(folder: Path) -> None:
    entries = numbered(10)
    parts = [Records.open(folder, part) for part in range(3)]
    for number in (7, 1, 5, 0, 9, 2, 8, 4, 3, 6):
        parts[number % 3].append(entries[number])
    for part in parts:
        part.close()
    (folder / "results-mine.jsonl").write_text("not of a batch")
    with Records.open(folder) as journal:
        assert all(journal.is_done(KEY, entry.name) for entry in entries)
        journal.merge()
    assert (folder / "results-mine.jsonl").read_text() == "not of a batch"
    (folder / "results-mine.jsonl").unlink()
    assert kept(folder) == entries


def test_a_folder_has_one_batch_at_a_time(folder: Path) -> None:
    pytest.importorskip("fcntl")
    with Records.open(folder), pytest.raises(ImageError, match="another batch is writing into"):
        Records.open(folder)
    with Records.open(folder, 0), Records.open(folder, 1):
        pass
    Records.open(folder).close()


def test_the_latest_record_counts(folder: Path) -> None:
    """Within a file the last line, though the clock went back; between files the clock."""
    with Records.open(folder, 0) as journal:
        journal.append(record("0.jpg", key=OTHER, time=9.0))
        journal.append(record("0.jpg", key=KEY, time=2.0))
        journal.append(record("1.jpg", key=KEY, time=2.0))
    with Records.open(folder, 1) as journal:
        journal.append(record("0.jpg", key=OTHER, time=1.0))
        journal.append(record("1.jpg", key=OTHER, time=3.0))
    for _ in range(2):
        with Records.open(folder) as journal:
            assert journal.is_done(KEY, "0.jpg") and journal.is_done(OTHER, "1.jpg")
            journal.merge()
    assert [entry and entry.time for entry in kept(folder)] == [2.0, 3.0]


class Killed(BaseException):
    """Not to be caught, like the signal."""


@pytest.mark.parametrize("calls", range(4))
def test_a_merge_that_is_killed_loses_nothing(
    calls: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its steps that change the folder: one file is replaced, then two are deleted."""
    entries = numbered(4)
    for part, entry in zip((None, None, 0, 1), entries, strict=True):
        with Records.open(folder, part) as journal:
            journal.append(entry)

    def deadly(method):
        def step(path: Path, *arguments: Path):
            nonlocal left
            if path.suffix == ".part" and method.__name__ == "unlink":
                return None  # the draft stays where it is, as it does after a kill
            if left == 0:
                raise Killed
            left -= 1
            return method(path, *arguments)

        return step

    left = calls
    with monkeypatch.context() as patch, Records.open(folder) as journal:
        patch.setattr(Path, "replace", deadly(Path.replace))
        patch.setattr(Path, "unlink", deadly(Path.unlink))
        if calls < 3:
            with pytest.raises(Killed):
                journal.merge()
        else:
            journal.merge()
    with Records.open(folder) as journal:
        assert all(journal.is_done(KEY, entry.name) for entry in entries)
        journal.merge()
    assert kept(folder) == entries


@pytest.fixture
def room(folder: Path) -> Iterator[int]:
    """Bytes that any file may have, for as long as a test lasts: a disk that runs full."""
    room = 3 * len(record().to_line()) // 2
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    yield room
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_named_and_spoils_no_line(folder: Path, room: int) -> None:
    with Records.open(folder) as journal:
        journal.append(record("0.jpg"))
        for _ in range(2):  # the first writes half a line, the second nothing
            with pytest.raises(ImageError, match=r"results.jsonl cannot be .* written") as caught:
                journal.append(record("1.jpg"))
            assert isinstance(caught.value.__cause__, OSError)
        assert (folder / JOURNAL).stat().st_size == room
        assert journal.is_done(KEY, "0.jpg") and not journal.is_done(KEY, "1.jpg")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        journal.append(record("1.jpg"))
    with Records.open(folder) as journal:
        assert journal.is_done(KEY, "0.jpg") and journal.is_done(KEY, "1.jpg")


def test_a_folder_that_takes_no_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).mkdir()
    for folder in (Path("/proc"), tmp_path / "missing", tmp_path):  # read-only even for root
        with pytest.raises(ImageError, match=str(folder / JOURNAL)) as caught:
            Records.open(folder)
        assert isinstance(caught.value.__cause__, OSError)


def test_many_records_take_little_memory(tmp_path: Path) -> None:
    with (tmp_path / JOURNAL).open("wb") as file:
        file.writelines(
            dataclasses.replace(FULL, name=f"{number}.jpg").to_line() for number in range(4000)
        )
    (tmp_path / "3999.jpg").touch()
    tracemalloc.start()
    try:
        with Records.open(tmp_path) as journal:
            assert journal.is_done(KEY, "3999.jpg")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (tmp_path / JOURNAL).stat().st_size / 2


def other_value(field: dataclasses.Field) -> object:
    kinds, words = allowed_values(field)
    if kinds == (bool,):
        return not field.default
    if bounds := field.metadata["bounds"]:
        return next(kinds[0](bound) for bound in bounds if bound != field.default)
    return next(word for word in words if word != field.default)


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_every_setting_but_the_device_changes_the_key(field: dataclasses.Field) -> None:
    changed = dataclasses.replace(Settings(), **{field.name: other_value(field)})
    same = key_of(INPUTS, changed, "n") == key_of(INPUTS, Settings(), "n")
    assert same == (field.name == "device")


def test_so_do_inputs_network_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = {"content": INPUTS["style"], "style": INPUTS["content"]}
    masked = INPUTS | {"content_mask": "3" * 64, "style_mask": "4" * 64}
    arguments = [(INPUTS, "n"), (INPUTS, "m"), (swapped, "n"), (masked, "n"), ({}, "n")]
    keys = {key_of(inputs, Settings(), network) for inputs, network in arguments}
    monkeypatch.setattr(jphoto, "__version__", "another")
    keys.add(key_of(INPUTS, Settings(), "n"))
    assert len(keys) == 6
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


def test_what_is_equal_has_one_key() -> None:
    backward = dict(reversed(INPUTS.items()))
    whole, broken = Settings(), Settings(style_weight=2.0)
    object.__setattr__(whole, "style_weight", 2)  # as callers may; the tests' type check may not
    assert key_of(INPUTS, whole, "n") == key_of(backward, broken, "n")


def test_a_shared_file_is_hashed_once_while_it_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []

    def counted(path: Path, algorithm: str) -> str:
        hashed.append(path.name)
        return real(path, algorithm)

    real = digests.file_digest
    monkeypatch.setattr(digests, "file_digest", counted)
    shared, own = tmp_path / "shared.jpg", tmp_path / "own.jpg"
    shared.write_bytes(b"dusk")
    own.write_bytes(b"dawn")
    first = digests_of({"content": own, "style": shared})
    assert digests_of({"content": shared, "style": shared}) == dict.fromkeys(first, first["style"])
    assert sorted(hashed) == ["own.jpg", "shared.jpg"] and first["content"] != first["style"]
    shared.write_bytes(b"noon")
    os.utime(shared, ns=(0, 0))
    assert digests_of({"content": own, "style": shared})["style"] != first["style"]
    assert hashed.count("shared.jpg") == 2


@pytest.mark.parametrize("name", ["missing.jpg", ".", "nul\0.jpg", "x" * 300])
def test_a_file_that_cannot_be_hashed_is_named(name: str, tmp_path: Path) -> None:
    good = tmp_path / "good.jpg"
    good.touch()
    with pytest.raises(ImageError) as caught:
        digests_of({"content": good, "style_mask": tmp_path / name})
    assert str(caught.value).startswith(f"style_mask: {tmp_path / name} cannot be read: ")
