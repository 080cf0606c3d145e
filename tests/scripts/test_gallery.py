"""The gallery shows every picture of its script, with the authors of all photos in it."""

import tomllib

from helpers.pages import ROOT
from helpers.scripts import load

PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
LOOKS = tomllib.loads((ROOT / "jphoto/looks/photos/looks.toml").read_text(encoding="utf-8"))
AUTHORS = {photo["file"]: photo["author"] for look in LOOKS["look"] for photo in look["photo"]}
MOST_BYTES = 160_000


def test_every_picture_is_shown_and_small():
    for name in load("gallery").NAMES:
        assert f"(pictures/gallery-{name}.jpg)" in PAGE
        assert (ROOT / "docs" / "pictures" / f"gallery-{name}.jpg").stat().st_size < MOST_BYTES


def test_all_looks_are_named():
    (section,) = (one for one in PAGE.split("\n## ") if one.startswith("Twelve looks"))
    assert len(LOOKS["look"]) == 12
    assert all(look["name"] in section for look in LOOKS["look"])


def test_a_section_names_the_authors_of_its_photos():
    sections = PAGE.split("\n## ")
    for name, photos in load("gallery").PAIRS.items():
        (section,) = (one for one in sections if f"gallery-{name}.jpg" in one)
        words = " ".join(section.split())
        for photo in photos:
            assert photo.exists()
            assert AUTHORS[photo.name] in words
