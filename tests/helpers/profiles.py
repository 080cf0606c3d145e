"""Color profiles made by hand from the ICC specification: Pillow itself can only make sRGB."""

import struct

import numpy as np


def icc(space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x", start + len(body), b"", 0x02400000, kind, space, pcs, b"acsp"
    )
    white = struct.pack(">3i", 63190, 65536, 54061)  # D50
    return head + white.ljust(60, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * value) for value in values))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 * value))


WHITE = {b"wtpt": xyz(0.9642, 1, 0.8249)}
WIDE_PRIMARIES = np.array(
    [[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]]
)


def cmyk_profile() -> bytes:
    """A press whose inks are all gray: L falls with the sum of the inks, a = b = 0."""
    inks = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    lightness = np.rint(255 * (1 - inks[:, :3].sum(1) / 3) * (1 - inks[:, 3]))
    lab = np.stack([lightness, np.full(16, 128), np.full(16, 128)], axis=1).astype(np.uint8)
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(np.eye(3, dtype=int).ravel() * 65536))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + 4 * ramp + lab.tobytes() + 3 * ramp
    return icc(b"CMYK", b"Lab ", WHITE | {b"A2B0": lut})


def table(values: np.ndarray) -> bytes:
    levels = np.rint(65535 * values).astype(int)
    return b"curv\0\0\0\0" + struct.pack(f">I{len(levels)}H", len(levels), *levels)


def parametric(kind: int, *numbers: float) -> bytes:
    fixed = [round(65536 * number) for number in numbers]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", kind, 0, *fixed)


SRGB_CURVE = parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
P3_PRIMARIES = np.array(
    [[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]]
)


def rgb(primaries: np.ndarray, curve: bytes) -> bytes:
    """A profile of three equal curves and a matrix, whose rows here are the primaries in XYZ."""
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    columns = {name: xyz(*row) for name, row in zip(names, primaries, strict=True)}
    return icc(
        b"RGB ", b"XYZ ", WHITE | columns | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    )


WIDE = rgb(WIDE_PRIMARIES, gamma(2.2))
"""The primaries and the gamma of Adobe RGB (1998)."""
P3 = rgb(P3_PRIMARIES, SRGB_CURVE)
"""Display P3."""
GRAY = icc(b"GRAY", b"XYZ ", WHITE | {b"kTRC": gamma(1.8)})
