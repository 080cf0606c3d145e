"""The session folder: a restart, damage, age and size, and a second server."""

import json
import time

import numpy as np
import pytest
from helpers.app import asked

import jphoto
from jphoto import images
from jphoto.app.jobs import session as sessions
from jphoto.app.jobs.folder import Folder


@pytest.fixture
def left(tmp_path, photos):
    """A folder that a server has left, with an attempt."""
    with asked(tmp_path / "session") as server:
        pair = server.add(photos / "content.png"), server.add(photos / "style.png", "style")
        attempt = server.ended(server.begin(*pair))
        before = server.http.get(f"/api/attempts/{attempt['id']}/file?format=.png").content
    return tmp_path / "session", attempt, before


def test_a_restart_loses_nothing_and_makes_the_same_file(left):
    folder, attempt, before = left
    with asked(folder) as server:
        (found,) = server.ok("GET", "/api/state")["attempts"]
        assert found == attempt
        url = f"/api/attempts/{attempt['id']}"
        assert server.http.get(f"{url}/file?format=.png").content == before
        assert server.http.get(f"{url}/result.jpg").status_code == 200


@pytest.mark.parametrize(("frame", "status"), [(True, "stopped"), (False, "failed")])
def test_what_was_running_when_the_server_died_has_ended(left, frame, status):
    folder, attempt, before = left
    record = folder / "attempts" / attempt["id"] / "attempt.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "status": "solving"}))
    for name in ["solved.npy", "label.json", *([] if frame else ["frame.jpg"])]:
        (record.parent / name).unlink()
    (folder / "photos" / ".new-1").mkdir()
    with asked(folder) as server:
        (found,) = server.ok("GET", "/api/state")["attempts"]
        assert (found["status"], found["stopping"]) == (status, False)
        assert "server ended" in found["error"]
        saved = server.http.get(f"/api/attempts/{attempt['id']}/file?format=.png")
        assert saved.status_code == (200 if frame else 404)
        if frame:
            pictures = [images.read_picture(one, role="r") for one in (saved.content, before)]
            assert np.abs(pictures[0] - pictures[1]).mean() < 0.03
            assert jphoto.read_label(saved.content).inputs == jphoto.read_label(before).inputs
    assert not (folder / "photos" / ".new-1").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"id": 3}', "null", "\\ud800", '{"created": "x"}']
)
@pytest.mark.parametrize("name", ["attempt.json", "photo.json"])
def test_a_damaged_file_is_skipped_with_a_word(left, caplog, text, name):
    folder = left[0]
    (record, *_) = sorted(folder.glob(f"*/*/{name}"))
    record.write_text(text)
    with asked(folder) as server:
        state = server.ok("GET", "/api/state")
    assert len(state["attempts"]) + len(state["photos"]) == 2
    assert str(record) in caplog.text and "damaged" in caplog.text


def test_old_attempts_go_first_and_what_is_needed_stays(left, photos, monkeypatch):
    folder, old, _ = left
    with asked(folder) as server:
        session = server.session
        pair = [{"id": key} for key in (old["content"], old["styles"][0]["id"])]
        new = server.ended(server.begin(*pair))
        monkeypatch.setattr(sessions, "MOST_BYTES", session.folder.size() - 1)
        session.clean()
        assert [*session.attempts] == [new["id"]] and len(session.photos) == 2
        assert not session.folder.part("attempts", old["id"]).exists()
        monkeypatch.undo()
        session.attempts[new["id"]].created = time.time() - 31 * 86400
        session.clean()
        assert not session.attempts and len(session.photos) == 2


def test_a_second_server_finds_the_folder_taken_and_the_address_of_the_first(tmp_path):
    with asked(tmp_path / "session") as server:
        server.folder.tell_address("http://127.0.0.1:8765/?token=x")
        second = Folder(tmp_path / "session")
        assert not second.lock()
        assert second.other_address() == "http://127.0.0.1:8765/?token=x"
        second._lock.close()


def test_the_token_outlives_the_server_and_is_private(tmp_path):
    folder = Folder(tmp_path / "session")
    token = folder.token()
    assert folder.token() == token and len(token) == 48
    assert (folder.root / "token").stat().st_mode & 0o077 == 0
    (folder.root / "token").write_text("short")
    assert len(folder.token()) == 48
    folder._lock.close()
