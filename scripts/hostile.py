"""Damaged photos and masks through the command line: nothing may break, hang, swell or be left.

    python scripts/hostile.py --count 1000

Whole files of each format are damaged at random, always in the same way for the same seed, and
given to `jphoto transfer` as content, style or mask. Each run must end within seconds and in
bounded memory, either with a whole picture or with one line that begins with "jphoto:" and nothing
written. Only the solver is left out: what is at stake is reading, mapping and writing. Exits with 1
if any run does otherwise, and keeps its file with `--keep`.
"""

import argparse
import contextlib
import faulthandler
import functools
import io
import json
import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
from PIL import Image

from jphoto import images

SIZE = (60, 44)
"""Width and height of the photos before they are damaged."""
MOST_SECONDS, MOST_BYTES = 10.0, 2_000_000_000
ROLES = ("content", "style", "content mask", "style mask")
OPTIONS = ("--size", "64", "--steps", "1", "--backbone", "vgg16")


class Case(NamedTuple):
    """One damaged file, and what it is given as."""

    number: int
    kind: str
    role: str
    content: bytes


@functools.cache
def whole_files() -> dict[str, bytes]:
    """A file of each kind, by suffix and further words."""
    chance = np.random.default_rng(0)
    ramp = np.linspace(0, 255, SIZE[0] * SIZE[1] * 3).reshape(SIZE[1], SIZE[0], 3)
    photo = Image.fromarray(np.uint8(np.clip(ramp + chance.normal(0, 20, ramp.shape), 0, 255)))
    mask = Image.fromarray(np.uint8(np.arange(SIZE[0]) // 20 * 120)[None].repeat(SIZE[1], 0))
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Camera", 6
    exif.get_ifd(0x8825)[1] = "N"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    tags = {"exif": exif, "icc_profile": _profile()}
    levels = np.uint16(257) * np.asarray(photo)
    deep = Image.fromarray(levels[..., 0])
    files = {
        "jpg": _saved(photo, "JPEG", quality=92, xmp=xmp, **tags),
        "jpg progressive": _saved(photo, "JPEG", progressive=True),
        "jpg cmyk": _saved(photo.convert("CMYK"), "JPEG"),
        "png": _saved(photo, "PNG", **tags),
        "png alpha": _saved(photo.convert("RGBA"), "PNG"),
        "png palette": _saved(photo.quantize(32), "PNG"),
        "png 16": _saved_deep(photo, ".png"),
        "png 16 gray": _saved(deep, "PNG"),
        "tif": _saved(photo, "TIFF", compression="tiff_deflate", **tags),
        "tif lzw": _saved(photo, "TIFF", compression="tiff_lzw"),
        "tif 16": _saved_deep(photo, ".tif"),
        "tif 16 gray": _saved(deep, "TIFF"),
        "webp": _saved(photo, "WEBP", quality=90, xmp=xmp, **tags),
        "avif": _saved(photo, "AVIF", **tags),
        "webp lossless": _saved(photo.convert("RGBA"), "WEBP", lossless=True),
        "jxl": imagecodecs.jpegxl_encode(np.asarray(photo), usecontainer=True),
        "jxl 16": _saved_deep(photo, ".jxl"),
        "jp2": imagecodecs.jpeg2k_encode(np.asarray(photo), level=0),
        "jp2 16": imagecodecs.jpeg2k_encode(levels, level=0),
        "ppm 16": b"P6 %d %d 65535\n" % SIZE + levels.astype(">u2").tobytes(),
        "gif": _saved(photo, "GIF", save_all=True, append_images=[photo.rotate(180)]),
        "heic": _heic(photo),
        **_rare_files(photo, levels),
        "mask heic": _heic(mask.convert("RGB")),
        "mask png": _saved(mask.convert("RGB"), "PNG"),
        "mask palette": _saved(mask.convert("P"), "PNG"),
    }
    return files


def _rare_files(photo: Image.Image, levels: np.ndarray) -> dict[str, bytes]:
    """Files of the decoders that few photos need, of levels from 0 to 65535."""
    animated: dict[str, Any] = {"save_all": True, "append_images": [photo.rotate(180)]}
    twelve, light = levels >> 4, np.float32(levels / 65535)
    pam = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH 3\nMAXVAL 65535\nTUPLTYPE RGB\nENDHDR\n" % SIZE
    return {
        "heic 10": _heic(photo, levels),
        "avif 10": imagecodecs.avif_encode(levels >> 6, level=90, bitspersample=10),
        "avif 12": imagecodecs.avif_encode(twelve, level=90, bitspersample=12),
        "jpg 12": imagecodecs.jpeg_encode(twelve, bitspersample=12),
        "jpg lossless": imagecodecs.jpeg_encode(levels, bitspersample=16, lossless=True),
        "png animated": _saved(photo, "PNG", **animated),
        "webp animated": _saved(photo, "WEBP", **animated),
        "pam": pam + levels.astype(">u2").tobytes(),
        "pfm": b"PF\n%d %d\n-1.0\n" % SIZE + light.tobytes(),
        "tif zstd": _tiff(levels, compression="zstd"),
        "tif 12 packed": _tiff(twelve, bitspersample=12),
        "tif float tiles": _tiff(light, tile=(16, 16), compression="deflate", predictor=True),
        "tif big": _tiff(levels, bigtiff=True),
        "tif subifd": _tiff(levels, thumbnail=np.asarray(photo.resize((15, 11)))),
        "dng": _dng(twelve[..., 0]),
    }


def _tiff(levels: np.ndarray, thumbnail: np.ndarray | None = None, **options: Any) -> bytes:
    """With the photo in a child directory if there is a thumbnail."""
    import tifffile

    file = io.BytesIO()
    with tifffile.TiffWriter(file, bigtiff=options.pop("bigtiff", False)) as writer:
        if thumbnail is not None:
            writer.write(thumbnail, photometric="rgb", subifds=1, subfiletype=1)
        writer.write(levels, photometric="rgb", **options)
    return file.getvalue()


def _dng(levels: np.ndarray) -> bytes:
    import tifffile

    file = io.BytesIO()
    matrix = [n for row in np.eye(3) for value in row for n in (int(value), 1)]
    tags = [
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, bytes((0, 1, 1, 2)), True),
        (50706, "B", 4, bytes((1, 4, 0, 0)), True),
        (50708, "s", 0, "Camera", True),
        (50717, "H", 1, 4095, True),
        (50721, "2i", 9, matrix, True),
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),
        (50778, "H", 1, 21, True),
    ]
    tifffile.imwrite(file, levels, photometric=32803, extratags=tags)
    return file.getvalue()


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _heic(photo: Image.Image, levels: np.ndarray | None = None) -> bytes:
    """With 10 bits a channel if levels of 16 bits are given."""
    import pillow_heif

    file = io.BytesIO()
    if levels is None:
        pillow_heif.from_pillow(photo).save(file, quality=90)
    else:
        deep = pillow_heif.from_bytes("RGB;16", SIZE, levels.tobytes())
        deep.save(file, quality=90)
    return file.getvalue()


def _saved_deep(photo: Image.Image, suffix: str) -> bytes:
    """With 16 bits a channel, which Pillow does not write."""
    original = images.read_original(np.uint16(257) * np.asarray(photo), role="photo")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"photo{suffix}"
        images.save_like(original.picture, original, path, metadata=original.metadata)
        return path.read_bytes()


def _profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A file after one to four accidents."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        if data:
            chance.choice(ACCIDENTS)(data, chance)
    return bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    """Anywhere, but as often among the first bytes as in all that follow."""
    return chance.randrange(len(data) if chance.random() < 0.5 else min(len(data), 400))


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 12)):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random) -> None:
    place, length = _place(data, chance), chance.choice((1, 2, 4, 8, 64))
    value = chance.choice((b"\x00", b"\xff", b"\x7f", bytes([chance.randrange(256)])))
    data[place : place + length] = value * min(length, len(data) - place)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _drop(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    del data[place : place + chance.choice((1, 2, 16, 256))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    data[place:place] = data[place : place + chance.choice((1, 2, 16, 256))]


def _shuffle(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(8, 200)):
        data[_place(data, chance)] = chance.randrange(256)


ACCIDENTS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _overwrite, _cut, _drop, _repeat, _shuffle,
)  # fmt: skip


def cases(count: int, seed: int) -> list[Case]:
    """So many damaged files, the kinds in turn."""
    chance, files, found = random.Random(seed), whole_files(), []
    for number in range(count):
        kind = [*files][number % len(files)]
        roles = ROLES[2:] if kind.startswith("mask") else ROLES[:2]
        found.append(Case(number, kind, chance.choice(roles), damaged(files[kind], chance)))
    return found


def worker(pipe: Connection) -> None:
    """Runs one case after the other; another process watches the time."""
    import jphoto.pipeline.transfer
    from jphoto.solver.progress import Status, Step
    from jphoto.solver.single import Solution
    from jphoto.weights import store

    faulthandler.enable()

    def stand_in(pair: Any, *_: Any, **__: Any) -> Solution:
        picture = (pair.content + pair.style.mean((0, 1))) / 2
        return Solution(picture, (Step(*[1.0] * 6, 60),), Status.FINISHED, {})

    jphoto.pipeline.transfer.solve = stand_in
    store.load = functools.cache(store.load)
    while True:
        case = pipe.recv()
        if case is None:
            return
        pipe.send(run(case))


def run(case: Case) -> str:
    """What is wrong with how the command line took it; empty if nothing."""
    files = whole_files()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {role: folder / f"{role.replace(' ', '_')}.png" for role in ROLES}
        for role, path in paths.items():
            path.write_bytes(files["mask png" if "mask" in role else "png"])
        paths[case.role] = folder / f"damaged.{case.kind.split()[-1 if 'mask' in case.kind else 0]}"
        paths[case.role].write_bytes(case.content)
        before, out = set(folder.iterdir()), folder / "out.png"
        content, style, *masks = map(str, paths.values())
        words = ["transfer", content, style, "-o", str(out), *OPTIONS]
        if "mask" in case.role:
            words += ["--content-mask", masks[0], "--style-mask", masks[1]]
        else:
            words += ["--regions", "none"]
        return _judged(words, out, before)


def _judged(words: list[str], out: Path, before: set[Path]) -> str:
    from jphoto.cli import main

    errors = io.StringIO()
    _forget_peak()
    began = time.perf_counter()
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            main(words)
        status: Any = 0
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:
        return f"a traceback: {traceback.format_exc()}"
    told, left = errors.getvalue(), set(out.parent.iterdir()) - before
    if time.perf_counter() - began > MOST_SECONDS:
        return f"took {time.perf_counter() - began:.1f} s"
    if _peak() > MOST_BYTES:
        return f"held {_peak() / 1e9:.1f} GB"
    if status == 0:
        try:
            Image.open(out).load()
        except Exception as error:
            return f"succeeded without a whole picture: {error}"
        return "" if left == {out} else f"left {left}"
    if status != 1 or "Traceback" in told or not told.splitlines()[-1].startswith("jphoto: "):
        return f"status {status} with {told!r}"
    return f"failed and left {left}" if left else ""


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """Most bytes held since then; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """Run all cases, tell what went wrong, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for files that broke something")
    options = parser.parse_args()
    context, wrong, kinds = multiprocessing.get_context("spawn"), {}, Counter[str]()
    pipe = process = None
    for case in cases(options.count, options.seed):
        if process is None or not process.is_alive():
            pipe, theirs = context.Pipe()
            process = context.Process(target=worker, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
        kinds[case.kind] += 1
        reason = _asked(pipe, case)
        if reason:
            wrong[f"{case.number} ({case.kind} as {case.role})"] = reason
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{case.number}.{case.kind.split()[0]}").write_bytes(case.content)
        if reason.startswith("no answer"):
            process.kill()
            process.join()
    if pipe is not None:
        pipe.close()
    print(json.dumps({"files": dict(kinds), "wrong": wrong}, indent=1))
    return 1 if wrong else 0


def _asked(pipe: Connection, case: Case) -> str:
    """What the worker says of a case; it also answers when it was killed by the system."""
    try:
        pipe.send(case)
        # The first one imports all there is.
        if not pipe.poll(6 * MOST_SECONDS):
            return "no answer within a minute"
        return str(pipe.recv())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return "no answer: the process died"


if __name__ == "__main__":
    sys.exit(main())
