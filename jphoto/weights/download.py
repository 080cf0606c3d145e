"""Downloads a file whose hash is known in advance, and resumes a download that was cut off.

The bytes received so far are kept in a .part file. Only the hash of the complete file decides
whether it is right. If a resumed file has the wrong hash, its first part may be of another file, so
it is downloaded once more from the beginning. With JPHOTO_OFFLINE=1 in the environment nothing is
downloaded.
"""

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from jphoto.errors import WeightsError
from jphoto.weights.digests import Digest

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes received so far, and the size of the file if the server gave it."""

_TIMEOUT_SECONDS = 30.0
"""Longest wait for a connection or for further bytes."""
_BLOCK_BYTES = 1 << 17
"""Bytes read at a time; progress is reported after each block."""


def is_offline() -> bool:
    """Whether JPHOTO_OFFLINE forbids downloads."""
    return os.environ.get("JPHOTO_OFFLINE", "") not in ("", "0")


def download(
    addresses: tuple[str, ...], part: Path, expected: Digest, progress: Progress | None = None
) -> None:
    """Download a file from the first address that has it.

    Args:
      addresses: http or https, tried in order, each only if those before it failed.
      part: path to write to; after an error it is deleted, or holds bytes that can be resumed.
      expected: hash of the file.
      progress: called after each block.

    Raises: WeightsError, if every address failed, with the reason for each, or if JPHOTO_OFFLINE is
      set; OSError, if the part cannot be written.
    """
    if is_offline():
        raise WeightsError("JPHOTO_OFFLINE is set in the environment; unset it")
    failures = []
    for address in addresses:
        try:
            _fetch(address, part, expected, progress)
            return
        except WeightsError as error:
            failures.append(str(error))
    raise WeightsError("; ".join(failures))


def _fetch(address: str, part: Path, expected: Digest, progress: Progress | None) -> None:
    if part.exists() and expected.matches(expected.of(part)):
        return
    for _ in range(2):
        resumed = _transfer(address, part, progress)
        found = expected.of(part)
        if expected.matches(found):
            return
        part.unlink()
        if not resumed:
            break
    raise WeightsError(
        f"{address} sent a file whose {expected.algorithm} is {found}, not {expected}"
    )


def _transfer(address: str, part: Path, progress: Progress | None) -> bool:
    """Download once to the end; whether the bytes were appended to earlier ones."""
    offset = part.stat().st_size if part.exists() else 0
    with _open(address, offset) as response:
        # A server without support for ranges answers 200 and sends the whole file.
        if response.status != 206:
            offset = 0
        total = None if response.length is None else offset + response.length
        done = offset
        with part.open("ab" if offset else "wb") as file:
            for block in _blocks(response, address):
                file.write(block)
                done += len(block)
                if progress:
                    progress(done, total)
    if total is not None and done < total:
        raise _cut_off(address, f"after {done} of {total} bytes")
    return offset > 0


def _open(address: str, offset: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "jphoto"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    try:
        request = urllib.request.Request(address, headers=headers)
        response: http.client.HTTPResponse = urllib.request.urlopen(
            request, timeout=_TIMEOUT_SECONDS
        )
        return response
    except urllib.error.HTTPError as error:
        error.close()
        # 416: the part is already as long as the file, but it is another file.
        if error.code == 416 and offset:
            return _open(address, 0)
        raise WeightsError(f"{address} answered {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise WeightsError(f"{address} cannot be reached: {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WeightsError(f"{address} cannot be reached: {error}") from None


def _blocks(response: http.client.HTTPResponse, address: str) -> Iterator[bytes]:
    while True:
        try:
            block = response.read(_BLOCK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _cut_off(address, f"({error})") from None
        if not block:
            return
        yield block


def _cut_off(address: str, where: str) -> WeightsError:
    return WeightsError(f"{address} broke off {where}; run the same command again to resume")
