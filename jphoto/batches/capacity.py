"""How many pairs are solved at once: what a device has use for, and memory."""

import jax

PIXEL_BYTES = 4200
"""Of memory while a pair is solved, for each pixel of its content's array."""
MEMORY_SHARE = 0.8
"""Of what a device has, that is counted on."""
MOST_PAIRS = 32


def at_once(device: jax.Device, size: tuple[int, int]) -> int:
    """Pairs to solve at once, in arrays of a height and width.

    On a CPU a single pair takes all cores, and more of them only memory.
    """
    if device.platform == "cpu":
        return 1
    memory = (device.memory_stats() or {}).get("bytes_limit", 0)
    fitting = int(MEMORY_SHARE * memory / bytes_of(size, 1))
    return max(1, min(fitting, MOST_PAIRS))


def bytes_of(size: tuple[int, int], count: int) -> int:
    """Of a device's memory while so many pairs are solved, in arrays of a height and width."""
    height, width = size
    return PIXEL_BYTES * height * width * count
