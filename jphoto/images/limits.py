"""The largest photos that are read, and what is skipped of their metadata.

The limits are our own: Pillow refuses from 179 megapixels on, and libheif, libjxl and tifffile have
other limits or none.
"""

from jphoto.process import memory

MOST_PIXELS = 500_000_000
"""In a photo. Telephones take 200 megapixels, the largest cameras 400 in several shots. Files that
claim more are rather made to fill the memory: a few kilobytes can hold a PNG of one color."""
MOST_METADATA_BYTES = 2**24
"""Of a profile, of EXIF or of XMP, unpacked. Real ones have 3 MB at most (profiles of printers, XMP
with a long history); a chunk of 16 KB may claim to unpack to this size."""
READING_BYTES = 25
"""For each pixel while a photo is read: a picture of three colors in float32, and at the same time
what the decoder holds. Measured at 100 to 500 megapixels: JPEG 15 (turned: 18), WebP 23, gray PNG
13; at 24 megapixels of 16 bits: PNG, TIFF, AVIF, JPEG XL and JPEG 2000 18 to 19, TIFF with opacity
24."""


class TooLargeError(Exception):
    """A photo is beyond the limit of pixels, or of the memory that is free."""


def refuse_too_large(width: int, height: int) -> None:
    """Check the size of a photo before its pixels are decoded.

    Raises: TooLargeError, if it has more than `MOST_PIXELS` or reading it takes more memory than is
      free.
    """
    if width * height > MOST_PIXELS:
        raise TooLargeError(
            f"scale it down first (it has {width} x {height} pixels, "
            f"{width * height / 1e6:.0f} megapixels; at most {MOST_PIXELS / 1e6:g} can be read)"
        )
    needed, free = READING_BYTES * width * height, memory.free_bytes()
    if needed > free:
        raise TooLargeError(
            f"scale it down first, or end other programs (reading its {width} x {height} pixels "
            f"takes about {needed / 1e9:.1f} GB of memory, of which {free / 1e9:.1f} GB are free)"
        )
