"""What files say of their picture in words outside EXIF and XMP, as XMP properties.

PNG has texts with keywords, JPEG and GIF have comments, and IPTC records are in JPEG and TIFF only.
As properties they reach every format that a picture may be saved in. `xmp` adds those that a
packet lacks.
Source: PNG 3rd edition, section 11.3.3.1; IPTC Photo Metadata Standard, its two forms of each
field.
"""

import datetime
import email.utils
import re
from collections.abc import Mapping

Texts = tuple[tuple[str, str], ...]
"""(property, text) such as ("dc:title", "A meadow"); lists have the same property several times."""

PROPERTIES = {
    "Title": "dc:title",
    "Author": "dc:creator",
    "Description": "dc:description",
    "Copyright": "dc:rights",
    "Source": "dc:source",
    "Creation Time": "xmp:CreateDate",
    "Comment": "dc:description",
}
"""By keyword of PNG."""
# Encoders and editors leave their names in comments.
_OF_PROGRAM = re.compile(
    r"creator: |created (with|by|using)|(file )?(written|saved|processed|optimized|compressed) "
    r"(by|with|using)|file source|lead tech|intel\(r\)|applemark|lavc|xv version|handmade soft|"
    r".*\b(jpeg|gif) (encoder|library|codec)|.*\bversion [\d.]+$|software|made with|"
    r"generated (by|with)|edited with|ezgif|screenshot",
    re.IGNORECASE,
)


def texts_of_png(found: Mapping[str, str]) -> Texts:
    """Convert the texts of a PNG file, by keyword."""
    pairs = []
    for keyword, name in PROPERTIES.items():
        text: str | None = found.get(keyword, "").strip("\0 \t\r\n")
        if text and keyword == "Creation Time":
            text = _date(text)
        elif text and keyword == "Comment" and _OF_PROGRAM.match(text):
            text = None
        if text:
            pairs.append((name, text))
    return tuple(pairs)


def texts_of_comment(comment: bytes) -> Texts:
    """Convert the comment of a JPEG or GIF file, unless a program has left its name there."""
    return texts_of_png({"Comment": decoded(comment)})


def decoded(text: bytes) -> str:
    """Decode a text that does not say how: most are UTF-8, old ones are of Western Windows."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def _date(text: str) -> str | None:
    """Convert a date as in mail, EXIF or XMP to that of XMP; None if it is none of these."""
    exif = re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", text)
    for parse in (datetime.datetime.fromisoformat, email.utils.parsedate_to_datetime):
        try:
            return parse(exif).isoformat()
        except (ValueError, TypeError, IndexError):
            continue
    return None
