"""Pairs over several devices, and over several processes."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

TESTS = Path(__file__).resolve().parents[1]


def test_what_is_laid_over_four_devices_is_what_it_is_on_one():
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=4"
    options = {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-m", "helpers.spread"],
        cwd=TESTS, capture_output=True, text=True, check=False, env={**os.environ, **options},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *away, compiled = [float(line) for line in done.stdout.split()]
    assert len(away) == 5 and max(away) < 1e-5
    assert compiled == 3  # for one device, for pairs over four, for rows over four


def free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


def test_two_processes_make_one_batch_each_pair_once(tmp_path):
    for number in range(9):
        levels = np.random.default_rng(number).integers(0, 256, (32, 40, 3), dtype=np.uint8)
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(levels).save(tmp_path / "photos" / f"{number}.png")
    source, out = tmp_path / "photos", tmp_path / "out"
    batch = ["batch", source, "--style", source / "0.png", "--out", out, "--regions", "none"]
    common = [*batch, "--backbone", "vgg16", "--device", "cpu"]
    cluster = ["--distributed", "--coordinator", f"localhost:{free_port()}", "--processes", 2]
    arguments = [str(argument) for argument in (tmp_path, 2, *common, *cluster)]
    done = subprocess.run(
        [sys.executable, "-m", "helpers.cluster", *arguments],
        cwd=TESTS, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    told = [(tmp_path / f"{k}.txt").read_text() for k in range(2)]
    assert done.stdout == "[0, 0]\n", (done.stderr, told)
    lines = (out / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(9))
    assert not list(out.glob("results-*"))
    assert [text.count(".png: ") for text in told] == [5, 4]
    assert told[0].split("finished")[-1].split()[0] == "9" and "pairs a minute" not in told[1]
    assert len(list(out.glob("*.png"))) == 9 and (out / "sheet.jpg").is_file()
