"""Fetches one file whose hash is known in advance, and takes up a broken transfer where it ended.

What has arrived is kept in a .part file. What that file holds is never assumed: only the hash of
the whole decides. If a resumed file has the wrong one, its first half was from something else, and
one attempt from zero follows.
"""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from jphoto.errors import WeightsError
from jphoto.weights.digests import Digest

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes that have arrived, and those of the whole file if the server said."""

_TIMEOUT = 30.0
_BLOCK = 1 << 17


def download(
    addresses: tuple[str, ...], part: Path, expected: Digest, progress: Progress | None = None
) -> None:
    """Fetch a file from the first address that has it.

    Args:
      addresses: http or https, tried in order, each only if those before it failed.
      part: where the file grows; after an error it is gone, or holds what can be resumed.
      expected: what the file must hash to.
      progress: called after each block.

    Raises: WeightsError, if every address failed, with the reason of each; OSError, if the part
      cannot be written.
    """
    failures = []
    for address in addresses:
        try:
            _fetch(address, part, expected, progress)
            return
        except WeightsError as error:
            failures.append(str(error))
    raise WeightsError("; ".join(failures))


def _fetch(address: str, part: Path, expected: Digest, progress: Progress | None) -> None:
    if part.exists() and expected.of(part) == expected.value:
        return
    for _ in range(2):
        resumed = _transfer(address, part, progress)
        found = expected.of(part)
        if found == expected.value:
            return
        part.unlink()
        if not resumed:
            break
    raise WeightsError(
        f"{address} sent a file whose {expected.algorithm} is {found}, not {expected.value}"
    )


def _transfer(address: str, part: Path, progress: Progress | None) -> bool:
    """Whether the transfer was added to bytes that were there."""
    offset = part.stat().st_size if part.exists() else 0
    with _open(address, offset) as response:
        # A server that knows no ranges answers 200 and sends the whole file.
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
        raise _broken(address, f"after {done} of {total} bytes")
    return offset > 0


def _open(address: str, offset: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "jphoto"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    try:
        request = urllib.request.Request(address, headers=headers)
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT)
        return response
    except urllib.error.HTTPError as error:
        error.close()
        # 416: the part is already as long as the file, and is not the file.
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
            block = response.read(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise _broken(address, f"({error})") from None
        if not block:
            return
        yield block


def _broken(address: str, where: str) -> WeightsError:
    return WeightsError(f"{address} broke off {where}; the same command again resumes there")
