"""Attempts from the request to the file, with a color transfer or a made-up solve."""

import dataclasses
import json
import threading

import numpy as np
import pytest
from helpers.app import QUICK
from PIL import Image

import jphoto
from jphoto import images
from jphoto.app.jobs import attempts as names
from jphoto.solver.progress import Progress, Status, Step
from jphoto.solver.single import Solution

SETTINGS = jphoto.Settings(**QUICK)
STEPS = 9


@pytest.fixture
def made_up(monkeypatch):
    """A solve that brightens the content photo step by step; it waits for `go` before each step."""
    go = threading.Event()
    go.set()

    def solve(pair, params, preprocessing, settings, progress=None, *rest, **options):
        for step in range(STEPS + 1):
            assert go.wait(20)
            picture = (1.5 * pair.content - 0.2) * (0.5 + step / STEPS / 2)
            terms = Step(*[1.0] * 6, 64) if step else None
            shown = picture.clip(0, 1)
            told = Progress(
                step, min(step, 1), STEPS, step / STEPS, terms, step / 1.0,
                lambda quick=False, shown=shown: shown,
            )  # fmt: skip
            if progress(told) is False:
                return Solution(np.float32(picture), (), Status.STOPPED, {"solve": 0.0})
        steps = (Step(*[1.0] * 6, 64),)
        return Solution(np.float32(picture), steps, Status.FINISHED, {"solve": 0.0})

    monkeypatch.setattr("jphoto.pipeline.transfer.solve", solve)
    return go


def events(server, client="window"):
    """A window that listens; its events so far are read by `taken`."""
    return server.session.hub.listen(client, [])


def taken(listener):
    found = [*listener._waiting.values()]
    listener._waiting.clear()
    return found


def test_an_attempt_becomes_the_file_that_the_command_line_writes(
    server, pair, photos, command, tmp_path
):
    attempt = server.ended(server.begin(*pair))
    assert attempt["status"] == "finished" and "color transfer" in attempt["outcome"]
    assert attempt["regions"][0]["name"] == "whole photo" and attempt["memory"] > 1e8
    url = f"/api/attempts/{attempt['id']}"
    sizes = {
        name: images.read_picture(server.http.get(f"{url}/{name}.jpg").content, role=name).shape
        for name in ("result", "content", "thumb")
    }
    assert sizes == dict.fromkeys(sizes, (36, 64, 3))
    for strength in (1.0, 0.4):
        out = tmp_path / f"out-{strength}.png"
        options = ["--steps", 0, "--smoothing", "none", "--regions", "none", "--size", 64]
        options += ["--style-strength", strength, "--out", out]
        status, _, errors = command(
            "transfer", photos / "content.png", photos / "style.png", *options
        )
        assert status == 0, errors
        response = server.http.get(f"{url}/file?format=.png&strength={strength}")
        assert "content-in-style.png" in response.headers["content-disposition"]
        saved, expected = (images.read_original(one, role="r") for one in (response.content, out))
        np.testing.assert_array_equal(saved.picture, expected.picture)
        label = jphoto.read_label(response.content)
        assert label == jphoto.read_label(out)
        assert label.settings.style_strength == strength
    folder = server.session.of_attempt(server.session.attempt(attempt["id"]))
    assert not [path for path in folder.iterdir() if path.name.startswith("save-")]


def test_it_improves_in_front_of_the_window(server, pair, made_up):
    made_up.clear()
    listener = events(server)
    attempt = server.begin(*pair, settings={"steps": 3})
    seen, frames = [], []
    made_up.set()
    done = server.ended(attempt)
    assert done["status"] == "finished" and done["frame"] == STEPS + 1
    for _ in range(500):  # windows are told once the attempt's file is written
        for kind, event in taken(listener):
            (seen if kind == "attempt" else frames).append(event)
        if seen[-1]["status"] == "finished":
            break
        threading.Event().wait(0.01)
    assert seen[-1]["status"] == "finished" and frames[-1]["n"] == STEPS + 1
    assert server.http.get(frames[-1]["url"]).status_code == 200
    server.session.hub.leave(listener)


def test_statuses_come_in_order(server, pair, made_up, monkeypatch):
    told = []
    tell = server.session.tell
    monkeypatch.setattr(
        server.session, "tell", lambda one, keep=True: (told.append(one.status), tell(one, keep))
    )
    attempt = server.ended(server.begin(*pair, settings={"steps": 3}))
    order = [*dict.fromkeys(told)]
    assert order == ["queued", "reading", "solving", "saving", "finished"], attempt["error"]


def test_stopped_keeps_the_best_picture_and_equals_what_was_shown(server, pair, made_up):
    made_up.clear()
    attempt = server.running(server.begin(*pair, settings={"steps": 3}))
    server.ok("POST", f"/api/attempts/{attempt['id']}/stop")
    made_up.set()
    attempt = server.ended(attempt)
    assert attempt["status"] == "stopped" and attempt["frame"] == 1 and not attempt["stopping"]
    shown = [
        images.read_picture(server.http.get(f"/api/attempts/{attempt['id']}/{name}").content,
                            role="shown")
        for name in ("frame/1.jpg", "result.jpg")
    ]  # fmt: skip
    assert np.abs(shown[0] - shown[1]).mean() < 0.02
    assert server.http.get(f"/api/attempts/{attempt['id']}/file?format=.png").status_code == 200


def test_of_an_attempt_that_is_deleted_while_it_runs_nothing_is_left(server, pair, made_up):
    made_up.clear()
    attempt = server.running(server.begin(*pair, settings={"steps": 3}))
    folder = server.session.of_attempt(server.session.attempt(attempt["id"]))
    server.ok("DELETE", f"/api/attempts/{attempt['id']}")
    made_up.set()
    server.ended(server.begin(*pair))
    assert not folder.exists()
    assert server.refused("GET", f"/api/attempts/{attempt['id']}")[0] == 404


def test_a_strength_is_mixed_before_colors_are_clipped(server, pair, made_up):
    """As when it is solved with that strength; the made-up picture goes beyond black and white."""
    attempt = server.ended(server.begin(*pair, settings={"steps": 3}))
    response = server.http.get(f"/api/attempts/{attempt['id']}/file?format=.tif&strength=0.5")
    saved = images.read_picture(response.content, role="saved")
    session = server.session
    content = images.read_picture(session.original(pair[0]["id"]), role="content")
    expected = (content + 1.5 * content - 0.2) / 2
    np.testing.assert_allclose(saved, expected.clip(0, 1), atol=1.1 / 255)
    assert np.abs(saved - (content + (1.5 * content - 0.2).clip(0, 1)) / 2).max() > 3 / 255


def test_a_result_of_python_gets_another_strength_too(photos):
    paths = photos / "content.png", photos / "style.png"
    whole = jphoto.transfer(*paths, settings=SETTINGS)
    part = dataclasses.replace(SETTINGS, style_strength=0.3)
    expected = jphoto.transfer(*paths, settings=part)
    found = whole.with_strength(0.3)
    np.testing.assert_array_equal(found.picture, expected.picture)
    assert found.label == expected.label
    again = expected.with_strength(0.6).picture
    np.testing.assert_allclose(again, whole.with_strength(0.6).picture, atol=1e-4)
    none = whole.with_strength(0)
    with pytest.raises(jphoto.SettingsError, match="nothing of the style"):
        none.with_strength(0.5)
    with pytest.raises(jphoto.SettingsError, match="from 0 to 1"):
        whole.with_strength(1.5)


def test_a_new_attempt_of_a_window_replaces_its_older_ones(server, pair, made_up):
    made_up.clear()
    running = server.running(server.begin(*pair, settings={"steps": 3}))
    other = server.begin(*pair, kind="preview", client="another window")
    waiting = server.begin(*pair, kind="preview")
    newest = server.begin(*pair, settings={"steps": 4})
    assert server.refused("GET", f"/api/attempts/{waiting['id']}")[0] == 404
    made_up.set()
    statuses = [server.ended(one)["status"] for one in (running, other, newest)]
    assert statuses == ["stopped", "finished", "finished"]


def test_a_preview_is_seen_before_what_it_replaces_is_kept(server, pair, made_up, monkeypatch):
    told, tell = [], server.session.tell
    monkeypatch.setattr(
        server.session, "tell",
        lambda one, keep=True: (told.append((one.id, one.status)), tell(one, keep)),
    )  # fmt: skip
    made_up.clear()
    running = server.running(server.begin(*pair, settings={"steps": 3}))
    while server.session.attempt(running["id"]).status != "reading":
        threading.Event().wait(0.005)
    preview = server.begin(*pair, kind="preview")
    other = server.begin(*pair, kind="preview", client="another window")
    made_up.set()
    assert [server.ended(one)["status"] for one in (preview, other, running)] == [
        "finished", "finished", "stopped",
    ]  # fmt: skip
    order = [told.index((preview["id"], "finished")), told.index((running["id"], "stopped"))]
    assert order == sorted(order)
    assert told.index((running["id"], "stopped")) < told.index((other["id"], "finished"))


def test_a_stop_before_the_first_picture_leaves_a_color_transfer(server, pair, monkeypatch):
    go, read = threading.Event(), jphoto.pipeline.transfer.read_style

    def waits(style):
        assert go.wait(20)
        return read(style)

    monkeypatch.setattr("jphoto.pipeline.transfer.read_style", waits)
    monkeypatch.delattr("jphoto.pipeline.transfer.solve")
    attempt = server.running(server.begin(*pair, settings={"steps": 3}))
    assert server.ok("POST", f"/api/attempts/{attempt['id']}/stop")["stopping"]
    go.set()
    stopped = server.ended(attempt)
    assert (stopped["status"], stopped["frame"]) == ("stopped", 1), stopped["error"]
    url = f"/api/attempts/{attempt['id']}"
    assert server.http.get(f"{url}/file?format=.png").status_code == 200


def test_what_nobody_waits_for_ends(server, pair, made_up, monkeypatch):
    monkeypatch.setattr("jphoto.app.server.application.GONE_SECONDS", 0.0)
    made_up.clear()
    listener = server.session.hub.listen("gone", [])
    running = server.running(server.begin(*pair, settings={"steps": 3}, client="gone"))
    server.session.hub.leave(listener)
    stopped = server.session.attempt(running["id"])
    for _ in range(200):
        if stopped.stopping:
            break
        threading.Event().wait(0.02)
    made_up.set()
    assert server.ended(running)["status"] == "stopped"


@pytest.mark.parametrize(
    ("values", "words"),
    [({"kind": "other"}, "kind"), ({"content": "nothing"}, "not there"), ({"content": None}, ""),
     ({"styles": []}, "styles"), ({"styles": [{"id": "x"}]}, "not there"),
     ({"styles": [1]}, "style"),
     ({"settings": {"sise": 3}}, "unknown settings: sise"), ({"settings": {"size": 3}}, "size"),
     ({"settings": [1]}, "settings"), ({"masks": {"content": "../x"}}, "mask"), ({"masks": 3}, ""),
     ({"style_for": {"sky": "x"}}, "not there"), ({"strength": 2}, "strength")],
)  # fmt: skip
def test_wrong_requests_meet_a_line(server, pair, values, words):
    body = {
        "kind": "transfer", "content": pair[0]["id"], "styles": [{"id": pair[1]["id"], "weight": 1}]
    }  # fmt: skip
    count = len(server.session.attempts)
    status, line = server.refused("POST", "/api/attempts", json={**body, **values})
    assert status in (400, 404) and words in line
    assert len(server.session.attempts) == count


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[1]", b"\xff", b"1" * 2_000_000])
def test_a_body_that_is_no_object_meets_a_line(server, content):
    assert server.refused("POST", "/api/attempts", content=content)[0] in (400, 413)


def test_a_failure_is_a_line_and_the_next_one_works(server, pair, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("jphoto.pipeline.transfer.prepare_pair", fail)
        failed = server.ended(server.begin(*pair))
        assert failed["status"] == "failed" and "RuntimeError: a bug" in failed["error"]
        patch.setattr("jphoto.app.jobs.transfers.free_bytes", lambda device: 1_000_000)
        failed = server.ended(server.begin(*pair))
        assert failed["status"] == "failed" and "GB of memory" in failed["error"]
    assert server.ended(server.begin(*pair))["status"] == "finished"


def test_a_failure_names_photos_as_their_owner_does(server, pair):
    content, style = pair
    paths = [server.session.original(style["id"]), str(server.session.view(content["id"]))]
    line = server.session.in_words(f"style photo: {paths[0]} is small; so is {paths[1]}")
    assert line == f"style photo: {style['name']} is small; so is {content['name']}"


def test_masks_of_the_page_are_used(server, pair, photos):
    masks = {}
    for role, photo in zip(("content", "style"), pair, strict=True):
        content = (photos / f"{role}_mask.png").read_bytes()
        added = server.ok("POST", "/api/masks", params={"photo": photo["id"]}, content=content)
        assert abs(sum(row["share"] for row in added["legend"]) - 1) < 1e-6
        shown = images.read_picture(server.http.get(f"/api/masks/{added['mask']}.png").content,
                                    role="mask")  # fmt: skip
        assert shown.shape[:2] == (added["height"], added["width"])
        masks[role] = added["mask"]
    chosen = {"content": masks["content"], "styles": [masks["style"]]}
    attempt = server.begin(*pair, settings={"regions": "auto"}, masks=chosen)
    found = server.ended(attempt)
    assert found["status"] == "finished", found["error"]
    assert len(found["regions"]) > 1
    shell = server.ok("GET", f"/api/attempts/{attempt['id']}/commands")["shell"]
    assert "--content-mask content_mask.png --style-mask style_mask.png" in shell
    wanted = {"photo": pair[0]["id"], "name": "trees.png"}
    status, line = server.refused("POST", "/api/masks", params=wanted, content=b"no mask")
    assert status == 400 and "mask: trees.png" in line


def test_regions_are_found_and_painted(server, pair):
    styles = [{"id": pair[1]["id"], "weight": 1}]
    body = {"content": pair[0]["id"], "styles": styles, "settings": {"regions": "none"}}
    found = server.ok("POST", "/api/regions", json=body)
    assert found["content"]["legend"][0]["share"] == 1.0 and len(found["styles"]) == 1
    assert server.http.get(f"/api/masks/{found['content']['mask']}.png").status_code == 200


def test_commands_say_what_was_done(server, pair):
    attempt = server.ended(server.begin(*pair))
    found = server.ok("GET", f"/api/attempts/{attempt['id']}/commands?strength=0.5")
    assert found["shell"].startswith("jphoto transfer content.png style.png --size 64 --steps 0")
    assert "--style-strength 0.5" in found["shell"]
    compile(found["python"], "program", "exec")
    assert "style_strength=0.5" in found["python"]


def test_a_photo_is_read_once_while_memory_is_plentiful(server, pair, monkeypatch):
    attempt, read, reads = server.ended(server.begin(*pair)), images.read_original, []
    originals = server.http.app._app.state.full_size.originals
    originals._last = None

    def counted(source, *, role):
        reads.append(source)
        return read(source, role=role)

    monkeypatch.setattr("jphoto.images.read_original", counted)
    url = f"/api/attempts/{attempt['id']}"
    kept = [server.http.get(f"{url}/file?format=.png&strength={s}").content for s in (1, 0.5, 1)]
    assert len(reads) == 1 and kept[0] == kept[2] != kept[1]
    assert server.http.get(f"/api/photos/{pair[1]['id']}/tile/0/0.jpg").status_code == 200
    assert server.http.get(f"{url}/file?format=.png&strength=1").content == kept[0]
    assert len(reads) == 3  # another photo takes its place
    monkeypatch.setattr("jphoto.app.jobs.originals.free_bytes", lambda: 1_000_000_000)
    server.ended(server.begin(*pair))
    assert originals._last is None
    reads.clear()
    assert server.http.get(f"{url}/file?format=.png&strength=1").content == kept[0]
    assert len(reads) == 1 and originals._last is None


def test_a_lut_and_a_look_come_out(server, pair):
    attempt = server.ended(server.begin(*pair))
    lut = server.http.get(f"/api/attempts/{attempt['id']}/lut?strength=1")
    assert lut.status_code == 200 and b"LUT_3D_SIZE 33" in lut.content


def test_a_preview_of_several_styles_needs_no_network_and_its_look_is_whole(
    server, tmp_path, monkeypatch
):
    added = []
    for name, sigma in (("a", 20), ("b", 60), ("c", 90)):
        Image.effect_noise((192, 128), sigma).convert("RGB").save(tmp_path / f"{name}.png")
        added.append(server.add(tmp_path / f"{name}.png"))
    with monkeypatch.context() as patch:
        patch.delattr("jphoto.weights.store.load")
        attempt = server.ended(server.begin(*added, kind="preview", settings={"size": 192}))
        assert attempt["status"] == "finished", attempt["error"]
    response = server.http.get(f"/api/attempts/{attempt['id']}/look")
    assert response.status_code == 200, response.text
    (tmp_path / "mix.look").write_bytes(response.content)
    assert jphoto.Look.load(tmp_path / "mix.look").statistics.averages
    styles = [{"id": style["id"], "weight": 1} for style in added[1:]]
    body = {"contents": [added[0]["id"]], "styles": styles, "settings": {**QUICK, "size": 192}}
    batch = server.ended(server.ok("POST", "/api/batches", json=body), "batches")
    assert (batch["status"], batch["done"]) == ("finished", 1)


def test_the_strength_is_remembered(server, pair):
    attempt = server.ended(server.begin(*pair))
    url = f"/api/attempts/{attempt['id']}"
    assert server.ok("PATCH", url, json={"strength": 0.25})["strength"] == 0.25
    kept = server.session.of_attempt(server.session.attempt(attempt["id"]), names.RECORD)
    assert json.loads(kept.read_text())["strength"] == 0.25
    assert server.refused("PATCH", url, json={"strength": "much"})[0] == 400
