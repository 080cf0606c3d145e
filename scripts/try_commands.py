"""Tries every command of the installed jphoto once, on the bundled photos at a small size.

    python scripts/try_commands.py

Works in a temporary folder and needs nothing of the checkout. Exits with 1 at the first command
that fails, or if a command is not tried here.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import typer

from jphoto.cli import app

SMALL = "--size 64 --steps 1 --regions none"
COMMANDS = f"""
demo meadow {SMALL}
transfer jphoto-demo/meadow-content.jpg jphoto-demo/meadow-style.jpg {SMALL} --out a.jpg --force
transfer jphoto-demo/meadow-content.jpg jphoto-demo/meadow-style.jpg --preset preview --out b.jpg
compare jphoto-demo/meadow-content.jpg jphoto-demo/meadow-style.jpg --presets preview --out c.jpg
segment jphoto-demo/meadow-content.jpg jphoto-demo/meadow-style.jpg --out regions
inspect a.jpg --content jphoto-demo/meadow-content.jpg
batch photos --style jphoto-demo/meadow-style.jpg {SMALL} --out made
look make jphoto-demo/meadow-style.jpg jphoto-demo/meadow-content.jpg --size 240 --out one.look
look mix one.look one.look --weights 0.7,0.3 --out mixed.look
look show mixed.look --out card.png
look list
transfer jphoto-demo/meadow-content.jpg one.look --preset preview --out d.jpg
transfer jphoto-demo/meadow-content.jpg golden-hour --preset preview --out e.jpg
video clip.mp4 jphoto-demo/meadow-style.jpg --preview --regions none --out clip-made.mp4
eval-video clip.mp4 clip-made.mp4
eval --pairs pairs --results results/{{i}}.png --out report
weights list
weights verify
weights install alexnet
warm-up --help
""".strip().splitlines()
"""In the order in which each finds what it needs. `warm-up` compiles for minutes."""


def main() -> int:
    """Try all commands."""
    tried = {"app"}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number, line in enumerate(COMMANDS):
            if number == 1:
                _prepare()
            print(f"jphoto {line}", flush=True)
            subprocess.run([sys.executable, "-m", "jphoto", *line.split()], check=True)
            tried.add(max((one for one in _names() if line.startswith(one)), key=len))
        _open_app()
    missing = set(_names()) - tried
    if missing:
        print(f"not tried: {', '.join(sorted(missing))}")
    return int(bool(missing))


def _names() -> list[str]:
    """All commands."""
    names, waiting = [], [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        below = getattr(command, "commands", {})
        waiting += [(f"{name} {short}".strip(), one) for short, one in below.items()]
        names += [name] * (not below)
    return names


def _prepare() -> None:
    """A folder of photos, a pair to evaluate, and a clip, from the photos of the demo."""
    for path in ("photos", "pairs/1", "results"):
        Path(path).mkdir(parents=True)
    for role in ("content", "style"):
        photo = Path(f"jphoto-demo/meadow-{role}.jpg").read_bytes()
        Path(f"pairs/1/{role}.jpg").write_bytes(photo)
    Path("photos/meadow.jpg").write_bytes(Path("jphoto-demo/meadow-content.jpg").read_bytes())
    Path("results/1.png").write_bytes(Path("jphoto-demo/meadow.jpg").read_bytes())
    with av.open("clip.mp4", "w") as clip:
        stream = clip.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        colors = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.roll(colors, number, 1), "rgb24")
            clip.mux(stream.encode(frame))
        clip.mux(stream.encode())


def _open_app() -> None:
    """The app begins, answers, and ends by Ctrl-C."""
    print("jphoto app --no-browser", flush=True)
    command = [sys.executable, "-m", "jphoto", "app", "--no-browser", "--port", "18770"]
    told = Path("told.txt")
    with told.open("w") as stream:
        data = {**os.environ, "XDG_DATA_HOME": str(Path.cwd())}
        running = subprocess.Popen(command, stderr=stream, env=data)
    until = time.monotonic() + 60
    while not re.search(r"open http", told.read_text()) and time.monotonic() < until:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    if running.wait(60) not in (0, 130) or "open http" not in told.read_text():
        raise RuntimeError(f"jphoto app has failed: {told.read_text()}")


if __name__ == "__main__":
    sys.exit(main())
