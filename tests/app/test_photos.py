"""Uploads: photos, looks, and everything that is neither."""

import errno
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jphoto import images
from jphoto.app.jobs import folder as session_folder
from jphoto.app.server import photos as routes


def upload(server, content, name="a.jpg", role="content"):
    options = {"params": {"name": name, "role": role}, "content": content}
    return server.refused("POST", "/api/photos", **options)


def nothing_is_left(server):
    folder = server.folder.part("photos")
    assert {path.name for path in folder.iterdir()} == set(server.session.photos)
    assert not [*server.folder.root.rglob("*.part")]


def test_a_photo_is_kept_as_it_was_and_shown_reduced(server, tmp_path):
    path = tmp_path / "wide.png"
    gradient = np.linspace(0, 255, 900 * 1700 * 3).reshape(900, 1700, 3)
    Image.fromarray(gradient.astype(np.uint8)).save(path)
    photo = server.add(path)
    assert (photo["width"], photo["height"], photo["depth"]) == (1700, 900, 8)
    assert (photo["name"], photo["bytes"]) == ("wide.png", path.stat().st_size)
    kept = Path(server.session.original(photo["id"]))
    assert kept.read_bytes() == path.read_bytes()
    shown = {}
    for name, side in (("view", 1600), ("thumb", 320)):
        response = server.http.get(photo[name])
        assert response.headers["content-type"] == "image/jpeg"
        picture = images.read_picture(response.content, role="shown")
        assert max(picture.shape) == side
        shown[name] = picture.mean()
    assert abs(shown["view"] - gradient.mean() / 255) < 0.01
    tile = images.read_picture(
        server.http.get(f"/api/photos/{photo['id']}/tile/1/1.jpg").content, role="tile"
    )
    assert tile.shape == (900 - 512, 512, 3)
    assert np.abs(tile - gradient[512:, 512:1024] / 255).mean() < 0.02
    assert server.http.get(f"/api/photos/{photo['id']}/tile/4/0.jpg").status_code == 404


def test_the_same_file_is_kept_once_and_a_copy_of_another_name_beside_it(server, photos):
    first, again = (server.add(photos / "content.png") for _ in range(2))
    copy = server.add(photos / "content.png", name="other name.png")
    assert first["id"] == again["id"] and copy["name"] == "other name.png"
    listed = {one["id"]: one["name"] for one in server.ok("GET", "/api/state")["photos"]}
    assert listed[first["id"]] == "content.png" and listed[copy["id"]] == "other name.png"


@pytest.mark.parametrize(
    "name",
    ["../../evil.jpg", "/etc/passwd", "C:\\evil.jpg", "a" * 5000 + ".jpg", "\0.jpg", "..", "",
     "a\n.jpg", "look.sh", "photo.json", "<img src=x>.png"],
)  # fmt: skip
def test_names_are_shown_and_never_paths(server, photos, name):
    before = set(server.folder.root.parent.rglob("*"))
    photo = server.add(photos / "style.png", name=name)
    assert "/" not in photo["name"] and "\\" not in photo["name"] and photo["name"].isprintable()
    new = set(server.folder.root.parent.rglob("*")) - before
    assert all(path.is_relative_to(server.folder.part("photos", photo["id"])) for path in new)
    files = {path.name for path in server.folder.part("photos", photo["id"]).iterdir()}
    assert len(files) == 4 and {"photo.json", "view.jpg", "thumb.jpg"} <= files


def huge_png():
    """A PNG of a few bytes that claims to have 900 megapixels."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + crc

    header = (30000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"no photo at all", "not an image"), (b"\xff\xd8\xff\xe0 cut", "damaged|not"),
     (huge_png(), "too large")],
    ids=["empty", "text", "cut", "huge"],
)  # fmt: skip
def test_what_is_no_photo_is_refused_by_name_and_nothing_is_left(server, content, words):
    status, line = upload(server, content, name="my photo.jpg")
    assert status == 400 and any(word in line for word in words.split("|"))
    assert not content or "my photo.jpg" in line
    nothing_is_left(server)


def test_a_damaged_look_is_refused(server):
    status, line = upload(server, b"PK\x03\x04 nothing", name="a.look", role="style")
    assert status == 400 and "a.look" in line
    nothing_is_left(server)


def test_a_file_that_is_too_large_is_refused_before_and_while_it_is_sent(server, monkeypatch):
    monkeypatch.setattr(routes, "MOST_UPLOAD_BYTES", 1000)
    assert upload(server, b"x" * 1001)[0] == 413
    assert upload(server, iter([b"x" * 600] * 2))[0] == 413
    nothing_is_left(server)


def test_a_full_disk_leaves_nothing(server, photos, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(session_folder.files, "replacing", refuse)
    status, line = upload(server, (photos / "content.png").read_bytes() + b" ")
    assert status == 507 and "disk is full" in line
    monkeypatch.undo()
    nothing_is_left(server)


def test_a_photo_in_use_is_not_deleted_and_another_one_is(server, photos, tmp_path):
    Image.new("RGB", (60, 50), "red").save(tmp_path / "red.png")
    photo = server.add(tmp_path / "red.png")
    attempt = server.begin(photo, photo, kind="preview")
    server.ended(attempt)
    status, line = server.refused("DELETE", f"/api/photos/{photo['id']}")
    assert status == 409 and "red.png" in line
    server.ok("DELETE", f"/api/attempts/{attempt['id']}")
    server.ok("DELETE", f"/api/photos/{photo['id']}")
    assert server.refused("GET", photo["view"])[0] == 404
    nothing_is_left(server)


def test_bundled_photos_and_looks_are_there(server):
    state = server.ok("GET", "/api/state")
    names = [one["id"] for one in state["looks"]]
    assert "look:golden-hour" in names
    thumb = server.http.get("/api/photos/look:golden-hour/thumb.jpg").content
    assert images.read_picture(thumb, role="thumb").shape == (320, 320, 3)
    example = server.ok("POST", f"/api/examples/{state['examples'][0]['name']}")
    assert server.http.get(example["content"]["thumb"]).status_code == 200
    assert server.http.get(state["examples"][0]["style_thumb"]).status_code == 200
    assert server.refused("POST", "/api/examples/other")[0] == 404


def test_the_state_names_every_setting_with_its_help(server):
    state = server.ok("GET", "/api/state")
    settings = {one["name"]: one for one in state["settings"]}
    assert settings["style_weight"]["kind"] == "float" and settings["style_weight"]["help"]
    assert settings["size"]["choices"] == ["auto"] and settings["size"]["kind"] == "int"
    assert settings["gray"]["kind"] == "bool"
    assert settings["regions"]["kind"] == "choice" and settings["regions"]["group"] == "plain"
    assert state["folder"] == str(server.folder.root)
    json.dumps(state, allow_nan=False)
