"""Sheets of key frames, and what is kept of their results."""

import itertools

import numpy as np
import pytest

from jphoto.settings import Settings
from jphoto.video import key_frames
from jphoto.video.key_frames import MOST_TILES, VideoStyle, groups, sheet_for


@pytest.mark.parametrize("count", range(1, MOST_TILES + 1))
@pytest.mark.parametrize("size", [(9, 16), (16, 9)])
def test_tiles_are_found_again_in_the_sheet(count, size):
    tiles = [np.random.default_rng(n).random((40, 50, 3)).astype(np.float32) for n in range(count)]
    sheet = sheet_for(count, size[1] > size[0])
    found = sheet.split(sheet.joined(tiles))
    assert len(found) == count
    for tile, other in zip(tiles, found, strict=True):
        np.testing.assert_array_equal(tile, other)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7, 8, 23])
def test_groups_share_a_key_frame_and_cover_all(count):
    keys = [3 * n for n in range(count)]
    found = groups(keys)
    assert list(dict.fromkeys(key for group in found for key in group)) == keys
    assert max(map(len, found)) <= MOST_TILES
    for before, after in itertools.pairwise(found):
        assert before[-1] == after[0]
    if count > 1:
        assert max(map(len, found)) - min(map(len, found)) <= 1


@pytest.mark.parametrize("damage", [lambda file: b"", lambda file: file[:-40], lambda file: b"x"])
def test_results_are_kept_and_solved_anew_only_if_damaged(monkeypatch, tmp_path, damage):
    transfer, solves = key_frames.transfer, []
    tile = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    photo = np.random.default_rng(1).random((48, 64, 3)).astype(np.float32)
    settings = Settings(steps=0, regions="none", smoothing="none")
    style = VideoStyle(style=photo, settings=settings, digest="digest")

    def counted(*arguments, **named):
        solves.append(arguments)
        return transfer(*arguments, **named)

    def solved():
        return key_frames.solve_tiles([tile], style, tmp_path, lambda progress: None)

    monkeypatch.setattr(key_frames, "transfer", counted)
    first, second = solved(), solved()
    assert len(solves) == 1 and first.label == second.label
    np.testing.assert_array_equal(first.tiles[0], second.tiles[0])
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    again, kept_again = solved(), solved()
    assert len(solves) == 2
    np.testing.assert_array_equal(first.tiles[0], again.tiles[0])
    np.testing.assert_array_equal(first.tiles[0], kept_again.tiles[0])
