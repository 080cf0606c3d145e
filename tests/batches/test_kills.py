"""Killed at random moments and started again, a batch loses nothing and does nothing twice."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from jphoto import images

PAIRS, KILLS, LONGEST = 120, 25, 0.1


def run(manifest, calm, killed):
    arguments = [str(item) for item in (manifest, calm, killed, KILLS, LONGEST)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "helpers.killed", *arguments],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def latest(out):
    lines = (out / "results.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def total(path):
    return f"{images.read_picture(path, role='content').sum(dtype=float):.4f}"


def test_a_killed_batch_ends_as_one_left_in_peace(tmp_path):
    lines = []
    for number in range(PAIRS):
        levels = np.random.default_rng(number).integers(0, 256, (32, 40, 3), dtype=np.uint8)
        Image.fromarray(levels).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{(number + 1) % PAIRS}.png,{number % 3}/{number}.png")
    manifest = tmp_path / "pairs.csv"
    manifest.write_text("\n".join(["content,style,out", *lines]))
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    assert run(manifest, calm, killed) >= 20
    expected = {path.relative_to(calm): path for path in calm.rglob("*.png")}
    found = {path.relative_to(killed): path for path in killed.rglob("*.png")}
    assert found.keys() == expected.keys() and len(found) == PAIRS
    for name, path in expected.items():
        assert found[name].read_bytes() == path.read_bytes()
    records = [latest(out) for out in (calm, killed)]
    assert [r["key"] for r in records[0]] == [r["key"] for r in records[1]]
    assert all(record["status"] == "finished" for record in records[1])
    recorded = {total(Path(record["content"])): record["time"] for record in records[1]}
    begun = [line.split() for line in killed.with_suffix(".notes").read_text().splitlines()]
    assert PAIRS < len(begun) <= PAIRS + 4 * KILLS  # what was under way when it was killed
    assert all(float(at) < recorded[photo] for at, photo in begun)
