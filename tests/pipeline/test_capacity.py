"""Memory: expected as it was found, more for more pixels, and refused with the size that fits."""

import json
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import hypothesis
import jax
import psutil
import pytest
from helpers.solving import run
from hypothesis import given
from hypothesis import strategies as st

from bench.studies import capacity as bench
from jphoto.errors import DeviceError
from jphoto.optimizers.lbfgs_fixed import HISTORY_PAIRS
from jphoto.pipeline import capacity
from jphoto.pipeline.capacity import (
    arrays_of,
    expected_bytes,
    free_bytes,
    largest_size,
    pairs_at_once,
    with_fitting_size,
)
from jphoto.process import memory as host_memory
from jphoto.settings import Settings
from jphoto.solver import single
from jphoto.solver.vectorized import SINGLE

ROOT = Path(__file__).resolve().parents[2]


FOUND = json.loads((ROOT / "bench" / "results" / "memory-cpu.json").read_text())["cases"]
NEAR = 0.25
MB, GB = 10**6, 10**9
PAIR = (2000, 3000), (1500, 1000), 4

sides = st.integers(32, 400)
photos = st.tuples(sides, sides)
presets = st.sampled_from(["default", "preview", "fast", "paper", "neural"])


def device(free, platform="gpu"):
    stats = {"bytes_limit": free + 3 * GB, "bytes_in_use": 3 * GB}
    return Mock(spec=jax.Device, platform=platform, memory_stats=lambda: stats)


@pytest.mark.parametrize("what", [*bench.TRANSFERS, *bench.BATCHES], ids=repr)
def test_what_is_expected_is_near_what_was_found(what):
    name = "batches" if what in bench.BATCHES else "transfers"
    (row,) = (row for row in FOUND[name]["rows"] if row["what"] == what)
    expected, found = bench.CASES[name][-1](row)
    assert abs(expected / found - 1) <= NEAR


@hypothesis.settings(deadline=None)
@given(photos, photos, st.tuples(st.integers(0, 99), st.integers(0, 99)), presets)
def test_larger_arrays_take_more(content, style, further, preset):
    settings = Settings.preset(preset)
    for platform in ("cpu", "gpu"):
        less = expected_bytes(content, style, 2, settings, platform)
        for larger in ((grown(content, further), style), (content, grown(style, further))):
            assert expected_bytes(*larger, 2, settings, platform) >= less
        content_alone = expected_bytes(grown(content, further), (32, 32), 2, settings, platform)
        before = expected_bytes(content, (32, 32), 2, settings, platform)
        assert content_alone > before or further == (0, 0)


def grown(size, further):
    return size[0] + further[0], size[1] + further[1]


def test_regions_pairs_originals_and_memories_take_more():
    def expected(regions=2, count=1, original=0, devices=1, platform="gpu", **changes):
        array, settings = (352, 512), Settings(**changes)
        return expected_bytes(array, array, regions, settings, platform, count, original, devices)

    assert expected() < expected(regions=4)
    assert expected(count=2, devices=2) == expected() < expected(count=2)
    assert expected(platform="cpu", devices=2) == expected(platform="cpu")
    assert expected(original=10**6) - expected() == 24 * MB
    assert max(expected(optimizer="adam"), expected(preconditioner="none")) < expected()
    assert expected() < expected(optimizer="lbfgs-fixed")
    assert expected(levels=1) < expected()


@hypothesis.settings(max_examples=50, deadline=None)
@given(photos, photos, presets, st.integers(200 * MB, 2 * GB), st.sampled_from(["cpu", "gpu"]))
def test_the_largest_size_fits_and_the_next_does_not(content, style, preset, free, platform):
    settings = Settings.preset(preset)

    def fits(size):
        arrays = arrays_of(content, style, 4, settings, size)
        return expected_bytes(*arrays, settings, platform) <= free

    found = largest_size(content, style, 4, settings, platform, free)
    longest = max(*content, *style)
    assert found == longest or not fits((found or 31) + 1)
    assert found is None or (32 <= found <= longest and fits(found))
    capped = largest_size(content, style, 4, settings, platform, free, most=40)
    assert capped == (None if found is None else min(found, 40))


def given_room(free, platform="gpu", photos=PAIR[:2], **changes):
    return with_fitting_size(Settings(**changes), *photos, platform, free).size


def test_a_transfer_that_fits_is_let_through():
    assert given_room(10 * GB) == given_room(10 * GB, size="auto") == 700
    largest = largest_size(*PAIR, Settings(), "gpu", 2 * GB)
    assert given_room(2 * GB, size=largest) == largest
    with pytest.raises(DeviceError):
        given_room(2 * GB, size=largest + 1)


def test_one_that_does_not_is_refused_with_the_size_that_would():
    with pytest.raises(
        DeviceError, match=r"at size 2048 takes about 6\.\d GB .* 2\.0 GB are"
    ) as error:
        given_room(2 * GB, size=2048)
    largest = largest_size(*PAIR, Settings(), "gpu", 2 * GB)
    assert f"; {largest} would fit: give --size {largest}, or --size auto" in str(error.value)
    for size in (700, "auto"):
        with pytest.raises(DeviceError, match="none would fit, not even 32"):
            given_room(100 * MB, size=size)


def test_auto_is_the_usual_size_or_what_fits():
    largest = largest_size(*PAIR, Settings(), "gpu", GB // 2)
    assert 32 <= largest < 700 and given_room(GB // 2, size="auto") == largest
    small = (40, 60), (60, 40)
    assert given_room(2 * GB, photos=small, size="auto") == 700


def test_photos_of_many_pixels_are_the_hosts():
    huge = (8000, 10_000), (1500, 1000)
    assert given_room(3 * GB, "gpu", huge) == given_room(10 * GB, "cpu", huge) == 700
    with pytest.raises(DeviceError, match="would fit"):
        given_room(3 * GB, "cpu", huge)


def test_as_many_pairs_are_solved_at_once_as_fit():
    def most(free, platform="gpu"):
        return pairs_at_once(device(free, platform), (352, 512), 4, Settings())

    assert most(100 * GB, "cpu") == most(0) == most(GB) == 1
    assert most(10**13) == capacity.MOST_PAIRS
    count = most(4 * GB)
    arrays = (352, 512), (352, 512), 4, Settings(), "gpu"
    room = capacity.MEMORY_SHARE * 4 * GB
    assert expected_bytes(*arrays, count) <= room < expected_bytes(*arrays, count + 1)


def test_this_machine_has_memory():
    free = free_bytes(jax.devices("cpu")[0])
    limits = [limit for limit, _ in host_memory.control_groups()]
    assert 0 < free <= min([psutil.virtual_memory().total, *limits])


GROUPS = {
    "v2": ("0::/job/step", "", "memory.max", "memory.current", "inactive_file"),
    "v1": (
        "7:pids:/job/step\n4:memory:/job/step", "memory", "memory.limit_in_bytes",
        "memory.usage_in_bytes", "total_inactive_file",
    ),
}  # fmt: skip


@pytest.mark.parametrize("version", GROUPS)
def test_memory_ends_where_a_control_group_does(tmp_path, monkeypatch, version):
    membership, controller, limit, use, idle = GROUPS[version]
    (tmp_path / "membership").write_text(membership + "\n")
    unlimited = {"v2": "max", "v1": str(2**63 - 4096)}[version]
    for folder, most in (("", unlimited), ("job", 8 * GB), ("job/step", unlimited)):
        place = tmp_path / controller / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / limit).write_text(f"{most}\n")
        (place / use).write_text(f"{5 * GB}\n")
        (place / "memory.stat").write_text(f"anon 7\ninactive_file {GB}\n{idle} {GB}\n")
    groups = [*host_memory.control_groups(tmp_path, tmp_path / "membership")]
    assert (8 * GB, 4 * GB) in groups
    assert len(groups) == {"v2": 1, "v1": 3}[version]
    monkeypatch.setattr(host_memory, "control_groups", lambda: groups)
    memory = SimpleNamespace(available=100 * GB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    cpu = jax.devices("cpu")[0]
    held = min(psutil.Process().memory_info().rss, capacity.CPU_MEMORY.always)
    assert free_bytes(cpu) == pytest.approx(4 * GB + held, abs=200 * MB)
    memory.available = GB
    assert free_bytes(cpu) == pytest.approx(GB + held, abs=200 * MB)


def test_where_there_are_no_control_groups_nothing_is_limited(tmp_path):
    assert not [*host_memory.control_groups(tmp_path, tmp_path / "membership")]
    (tmp_path / "membership").write_text("0::/\n")
    assert not [*host_memory.control_groups(tmp_path, tmp_path / "membership")]


def test_a_stage_begins_when_the_history_of_the_one_before_is_gone(
    params, monkeypatch, nothing_kept
):
    held = []

    def begin(*arrays, **method):
        held.append(sum(array.shape[:1] == (HISTORY_PAIRS,) for array in jax.live_arrays()))
        return SINGLE.begin(*arrays, **method)

    before = sum(array.shape[:1] == (HISTORY_PAIRS,) for array in jax.live_arrays())
    monkeypatch.setattr(single, "SINGLE", SINGLE._replace(begin=begin))
    run(params, optimizer="lbfgs-fixed", free_share=0.5, steps=2)
    assert held == [before, before]
