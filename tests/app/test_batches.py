"""Many photos at once: done by `jphoto.batches`, resumed, and named where they fail."""

import io
import threading
import zipfile
from pathlib import Path

import pytest
from helpers.app import QUICK, asked
from PIL import Image

from jphoto.app.jobs.batch_job import BatchJob
from jphoto.batches.inputs import prepare


@pytest.fixture(scope="module")
def many(server, pair, tmp_path_factory):
    """Three photos, two of the same name and one too small."""
    folder = tmp_path_factory.mktemp("many")
    added = [pair[0]]
    for name, size in (("b/content.png", (60, 40)), ("small.png", (9, 8))):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        Image.effect_noise(size, 50).convert("RGB").save(path)
        added.append(server.add(path))
    return added


def begin(server, photos, style, **values):
    body = {
        "contents": [photo["id"] for photo in photos],
        "styles": [{"id": style["id"], "weight": 1}],
        "settings": QUICK,
    }
    return server.ok("POST", "/api/batches", json={**body, **values})


def test_a_batch_makes_what_it_can_and_names_the_rest(server, pair, many):
    done = server.ended(begin(server, many, pair[1]), "batches")
    assert (done["status"], done["total"], done["done"], done["failed"]) == ("finished", 3, 2, 1)
    assert len({row["name"] for row in done["rows"]}) == 3
    failed = done["rows"][2]
    assert "9 x 8" in failed["error"] and failed["result"] is None
    for row in done["rows"][:2]:
        assert server.http.get(row["result"]).status_code == 200
        assert server.http.get(row["thumb"]).headers["content-type"] == "image/jpeg"
        assert (Path(done["folder"]) / row["name"]).is_file()
    content = server.http.get(f"/api/batches/{done['id']}/results.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [row["name"] for row in done["rows"][:2]]


def test_it_goes_to_a_folder_of_choice_and_goes_on_there(server, pair, many, tmp_path):
    target = tmp_path / "results"
    done = server.ended(begin(server, many[:2], pair[1], folder=str(target)), "batches")
    assert done["done"] == 2 and (target / "results.jsonl").is_file()
    times = [path.stat().st_mtime_ns for path in sorted(target.glob("*.png"))]
    gone = target / done["rows"][0]["name"]
    gone.unlink()
    server.ok("POST", f"/api/batches/{done['id']}/resume")
    again = server.ended(done, "batches")
    assert again["done"] == 2 and gone.is_file()
    assert sum(p.stat().st_mtime_ns in times for p in target.glob("*.png")) == 1
    another = server.ended(begin(server, many[:2], pair[1], folder=str(target)), "batches")
    assert another["done"] == 2


@pytest.mark.parametrize("folder", ["relative", "/proc/nothing", 3])
def test_a_folder_that_cannot_be_used_is_refused(server, pair, many, folder):
    body = {"contents": [many[0]["id"]], "styles": [{"id": pair[1]["id"]}], "folder": folder}
    assert server.refused("POST", "/api/batches", json=body)[0] == 400


def test_an_attempt_gets_its_turn_between_two_photos(server, pair, many, monkeypatch):
    """After the first photo the batch waits, and goes on after the attempt."""
    runs, watch, told = [], BatchJob._watch, threading.Event()

    def watched(job, progress):
        if not runs and progress.last:
            runs.append(server.begin(*pair))
        goes_on = watch(job, progress)
        told.set()
        return goes_on

    def prepared(task, *rest):
        assert not task.number or told.wait(20)
        return prepare(task, *rest)

    monkeypatch.setattr(BatchJob, "_watch", watched)
    monkeypatch.setattr("jphoto.batches.run.prepare", prepared)
    order, send = [], server.session.hub.send

    def noted(kind, key, content):
        order.append((kind, content.get("status")))
        send(kind, key, content)

    monkeypatch.setattr(server.session.hub, "send", noted)
    batch = begin(server, many[:2], pair[1], settings={**QUICK, "seed": 5})
    assert server.ended(batch, "batches")["done"] == 2
    assert server.ended(runs[0])["status"] == "finished"
    assert order.index(("attempt", "finished")) < order.index(("batch", "finished"))


def test_a_restart_finds_it_stopped_and_resumes_it(tmp_path, photos):
    with asked(tmp_path / "session") as server:
        pair = server.add(photos / "content.png"), server.add(photos / "style.png", "style")
        batch = server.session.batches[begin(server, pair[:1], pair[1])["id"]]
        server.ended({"id": batch.id}, "batches")
        batch.status, batch.rows[0]["status"] = "running", "queued"
        batch.write(server.folder)
    with asked(tmp_path / "session") as server:
        (found,) = server.ok("GET", "/api/state")["batches"]
        assert found["status"] == "stopped"
        server.ok("POST", f"/api/batches/{found['id']}/resume")
        done = server.ended(found, "batches")
        assert (done["status"], done["done"]) == ("finished", 1)
