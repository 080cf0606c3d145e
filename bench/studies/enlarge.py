"""Makes a photo of many megapixels from a small one, with the noise of a sensor.

    python -m bench.studies.enlarge photo.png large.tif --megapixels 24

The photo is enlarged by Lanczos. Then shot noise and read noise of a camera at about ISO 800 are
added in linear light, blurred as by the interpolation of a color filter array.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

from jphoto import images

SHOT_NOISE, READ_NOISE = 2e-4, 2e-6
"""Variance per unit of light, and variance without light; light is 1 where a photo is white."""
NOISE_BLUR = 0.7
"""Standard deviation of the blur of the noise, in pixels."""


def enlarged(picture: np.ndarray, megapixels: float, seed: int = 0) -> np.ndarray:
    """The photo at about so many megapixels, with noise.

    Args:
      picture: h x w x 3, sRGB in [0, 1].
      megapixels: of the result.
      seed: of the noise.
    """
    scale = (megapixels * 1e6 / (picture.shape[0] * picture.shape[1])) ** 0.5
    height, width = (round(scale * side) for side in picture.shape[:2])
    large = images.resize(picture, (height, width))
    random = np.random.default_rng(seed)
    for channel in range(3):  # one at a time, to save memory
        plane = large[..., channel]
        light = np.where(plane <= 0.04045, plane / 12.92, ((plane + 0.055) / 1.055) ** 2.4)
        noise = random.standard_normal(plane.shape, np.float32)
        noise = ndimage.gaussian_filter(noise, NOISE_BLUR)
        noise /= noise.std()
        light = np.clip(light + noise * np.sqrt(SHOT_NOISE * light + READ_NOISE), 0, 1)
        large[..., channel] = np.where(
            light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
        )
    return large


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--depth", type=int, default=0, choices=(8, 16))
    options = parser.parse_args()
    original = images.read_original(options.photo, role="photo")
    large = enlarged(images.srgb_on_white(original), options.megapixels)
    images.save_like(large, original, options.out, metadata=original.metadata, depth=options.depth)
    print(f"wrote {options.out}: {large.shape[1]} x {large.shape[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
