"""Shots and key frames: where a clip is cut, and which frames are to be solved.

A frame becomes a key frame when too little of the last one is seen in it, and the last frame of a
shot does, if the last key frame does not show enough of it. A fade changes exposure alone and makes
no key frames; those that are much darker than others of the shot are dropped.
"""

from typing import NamedTuple

from jphoto.video.following import Followed, Follower
from jphoto.video.motion import FrameMotion

CUT_AGREEMENT = 0.4
"""Mean agreement of a frame with the one before, below which there is a cut between them."""
KEY_AGREEMENT = 0.7
"""Mean agreement of a frame with the last key frame, below which it becomes one."""
LAST_AGREEMENT = 0.9
"""The same for the last frame of a shot: places beyond a key frame are guessed until the next."""
BRIGHTER = 1.5
"""Gain over the last key frame at which a frame becomes one, since dark frames are noisy."""
DIM = 0.6
"""Exposure at which a key frame is dropped, as a share of the brightest one's in its shot."""
SHORTEST_GAP, LONGEST_GAP = 8, 600
"""Frames between key frames. The longest bounds what is in memory of a long still scene."""


class Shot(NamedTuple):
    """Frames between two cuts."""

    first: int
    """Number of its first frame, counted from the beginning of the clip."""
    end: int
    """Number of the frame after its last."""
    keys: tuple[int, ...]
    """Numbers of its key frames, at least one."""


class ShotFinder:
    """Finds shots and key frames while the frames of a clip pass by, in order."""

    def __init__(self) -> None:
        self._number = -1
        self._before: FrameMotion | None = None
        self._shot: _OpenShot | None = None

    def add(self, frame: FrameMotion) -> tuple[Shot | None, tuple[int, ...]]:
        """The next frame.

        Returns: the shot that has ended before this frame, if one has; and the numbers of new key
          frames, of which each is this frame or the one before.
        """
        self._number += 1
        number, before, self._before = self._number, self._before, frame
        if before is None or self._shot is None:
            self._shot = _OpenShot(number, frame)
            return None, (number,)
        beside = Follower(before.colors).step(frame.to_previous, frame.colors)
        if beside.agreement.mean() < CUT_AGREEMENT:
            shot, keys = self._shot.end(number, before)
            self._shot = _OpenShot(number, frame)
            return shot, (*keys, number)
        return None, (number,) if self._shot.add(number, frame) else ()

    def end(self) -> tuple[Shot | None, tuple[int, ...]]:
        """The clip has ended; returns as `add`."""
        if self._before is None or self._shot is None:
            return None, ()
        return self._shot.end(self._number + 1, self._before)


class _OpenShot:
    """A shot whose end is not found yet."""

    def __init__(self, number: int, frame: FrameMotion) -> None:
        self._first = number
        self._keys, self._exposures = [number], [1.0]
        self._follow(frame)

    def _follow(self, frame: FrameMotion) -> None:
        self._follower = Follower(frame.colors)
        self._seen = self._follower.start()

    def add(self, number: int, frame: FrameMotion) -> bool:
        """The next frame; whether it is a key frame."""
        self._seen = self._follower.step(frame.to_previous, frame.colors)
        gap = number - self._keys[-1]
        new = gap >= LONGEST_GAP or (gap >= SHORTEST_GAP and _is_new(self._seen, KEY_AGREEMENT))
        if new:
            self._add_key(number)
            self._follow(frame)
        return new

    def _add_key(self, number: int) -> None:
        self._exposures.append(self._exposures[-1] * self._seen.gain)
        self._keys.append(number)

    def end(self, end: int, last: FrameMotion) -> tuple[Shot, tuple[int, ...]]:
        """The shot, with the number of the frame after its last; and new key frames."""
        new: tuple[int, ...] = ()
        if end - 1 > self._keys[-1] and _is_new(self._seen, LAST_AGREEMENT):
            new = (end - 1,)
            self._add_key(end - 1)
        least = DIM * max(self._exposures)
        exposed = zip(self._keys, self._exposures, strict=True)
        return Shot(self._first, end, tuple(key for key, one in exposed if one >= least)), new


def _is_new(seen: Followed, least: float) -> bool:
    return bool(seen.agreement.mean() < least) or seen.gain > BRIGHTER
