"""The page in a real browser, from two files to a saved picture."""

import re
import zipfile
from functools import partial
from pathlib import Path

import pytest
from helpers import browser
from PIL import Image, ImageOps

import jphoto.app

PAGE = Path(jphoto.app.__file__).parent / "page"
MOST_BYTES = 150_000
"""Of the page: HTML, styles, scripts and icons that opening it loads."""
FULL_SIZE = (6528, 3672)
"""24 megapixels with the proportions of the tiny photos, which share its programs."""
WAIT = 180_000
"""Milliseconds; only a fault waits for so long."""


@pytest.fixture(scope="module")
def files(tmp_path_factory, photos):
    """A content photo of 24 megapixels, a tiny style, three tiny photos, and no photo."""
    folder = tmp_path_factory.mktemp("files")
    with Image.open(photos / "content.png") as image:
        image.convert("RGB").resize(FULL_SIZE).save(folder / "flower.jpg", quality=60)
        for number, turned in enumerate((image, ImageOps.mirror(image), ImageOps.flip(image))):
            turned.save(folder / f"many-{number}.png")
    with Image.open(photos / "style.png") as image:
        image.save(folder / "orange.png")
    (folder / "notes.jpg").write_text("no photo")
    return folder


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A browser and the address of a server."""
    browser.chromium()
    folder = tmp_path_factory.mktemp("session")
    with browser.serving(folder) as address, browser.browser() as chromium:
        yield chromium, address


@pytest.fixture(scope="module")
def window(opened):
    """A window with the page, and all addresses that it has asked for."""
    chromium, address = opened
    size = {"width": 1280, "height": 800}
    context = chromium.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.asked, page.faults = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    page.goto(address)
    page.locator(".examples button").first.wait_for()
    page.asked_at_first = list(page.asked)
    yield page
    context.close()


def choose(page, button, *paths):
    """Press a button that asks for files, and give it these."""
    with page.expect_file_chooser() as asked:
        button.click()
    asked.value.set_files(list(paths))


def status(page):
    return page.locator(".status-words")


def done(page):
    """Wait for the end of the attempt in the viewer."""
    status(page).filter(has_text=re.compile("^Done")).wait_for()


def frames(page):
    """The addresses of live frames that the page has shown."""
    return {url for url in page.asked if "/frame/" in url}


def set_number(page, name, value):
    page.locator(f"#setting-{name}").fill(str(value))
    page.keyboard.press("Tab")


@pytest.fixture(scope="module")
def transferred(window, files):
    """The page after a transfer with a few steps at a tiny size."""
    choose(window, window.locator(".place[data-drop=content]"), files / "flower.jpg")
    window.locator("#panel:visible, .note.trouble").first.wait_for()
    assert window.locator(".note").all_text_contents() == []
    window.locator("#panel summary").click()
    for name, value in (("size", 64), ("levels", 1), ("steps", 60), ("tolerance", 0)):
        set_number(window, name, value)
    # What compiles fastest.
    for name, value in (("optimizer", "adam"), ("preconditioner", "none"), ("smoothing", "none")):
        window.locator(f"#setting-{name}").select_option(value)
    window.locator("#panel summary").click()
    window.locator("[data-slot=add]").click()
    choose(window, window.locator("#styles .dialog-body > button"), files / "orange.png")
    done(window)
    return window


def test_the_page_asks_for_all_of_its_modules_at_once():
    """Those that main.js needs; one after the other they would take half a second."""
    needed, waiting = set(), ["main.js"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += re.findall(r'^import [^;]*?"\./(\w+\.js)";', (PAGE / name).read_text(), re.M)
    page = (PAGE / "index.html").read_text()
    links = re.findall(r'rel="modulepreload" href="/page/(\w+\.js)"', page)
    assert sorted(links) == links == sorted(needed) and len(needed) > 20


def test_the_page_is_small(window):
    names = {url.split("/page/")[1] for url in window.asked_at_first if "/page/" in url}
    assert len(names) > 10
    loaded = [PAGE / "index.html", *(PAGE / name for name in names)]
    assert sum(path.stat().st_size for path in loaded) < MOST_BYTES


def test_live_frames_arrive(transferred):
    attempts = {url.split("/")[-3] for url in frames(transferred)}
    most = max(sum(f"/{one}/" in url for url in frames(transferred)) for one in attempts)
    assert most >= 8


def test_the_file_has_the_size_of_the_photo(transferred):
    transferred.locator("#actions .primary").click()
    with transferred.expect_download() as saved:
        transferred.locator("#keep .primary").click()
    assert saved.value.suggested_filename.endswith(".jpg")
    with Image.open(saved.value.path()) as image:
        assert (image.format, image.size) == ("JPEG", FULL_SIZE)
    transferred.keyboard.press("Escape")


def test_the_strength_is_an_opacity_and_solves_nothing(transferred):
    before = len([url for url in transferred.asked if url.endswith("/api/attempts")])
    slider = transferred.locator("#slider-Strength")
    slider.fill("0.4")
    assert transferred.locator(".over").last.evaluate("one => one.style.opacity") == "0.4"
    transferred.wait_for_timeout(600)  # longer than it takes to remember it
    assert len([url for url in transferred.asked if url.endswith("/api/attempts")]) == before
    transferred.reload()
    transferred.locator(".over").last.wait_for(state="attached")
    done(transferred)
    assert transferred.locator(".over").last.evaluate("one => one.style.opacity") == "0.4"
    assert transferred.locator(".attempts li").count() == 1
    assert transferred.locator("#sources .chip").count() == 2


def test_the_divider_moves_by_keys_and_mouse(transferred):
    value = transferred.locator(".divider-range")
    value.focus()
    transferred.keyboard.press("Home")
    assert value.input_value() == "0"
    pane = transferred.locator(".pane").first.bounding_box()
    transferred.mouse.click(pane["x"] + pane["width"] / 2, pane["y"] + pane["height"] / 2)
    assert value.input_value() == pytest.approx("0.5")
    transferred.keyboard.press("o", delay=1)
    transferred.keyboard.down("o")
    assert "original" in transferred.locator("#viewer").get_attribute("class")
    transferred.keyboard.up("o")
    assert "original" not in transferred.locator("#viewer").get_attribute("class")


def test_a_finger_drags_the_divider(transferred):
    box = transferred.locator(".divider-handle").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    screen = transferred.context.new_cdp_session(transferred)
    send = partial(screen.send, "Input.dispatchTouchEvent")
    send({"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        send({"type": "touchMove", "touchPoints": [{"x": x + 20 * step, "y": y + 5 * step}]})
    send({"type": "touchEnd", "touchPoints": []})
    screen.detach()
    before, after = 0.5, float(transferred.locator(".divider-range").input_value())
    assert after > before + 0.1
    transferred.locator(".divider-range").fill(str(before))


def test_enlarged_it_shows_tiles_of_both_pictures(transferred):
    transferred.keyboard.press("z")
    for whose in ("photos", "attempts"):
        tile = transferred.locator(f".tiles img[src*='/{whose}/']").first
        tile.wait_for()
        assert tile.evaluate("one => one.decode().then(() => one.naturalWidth)") == 512
    transferred.keyboard.press("z")
    assert transferred.locator(".tiles img").count() == 0


def test_a_change_starts_again_and_stop_keeps_what_is_there(transferred):
    transferred.locator("#panel summary").click()
    set_number(transferred, "steps", 4000)
    status(transferred).filter(has_text="Solving, step").wait_for()
    transferred.locator(".news button", has_text="Stop").click()
    status(transferred).filter(has_text="Stopped").wait_for()
    assert transferred.locator(".attempts li").count() == 2
    assert transferred.locator("#actions .primary").is_enabled()
    transferred.locator(".attempts .open").first.click()
    done(transferred)
    assert transferred.locator("#setting-steps").input_value() == "60"


def test_two_attempts_can_be_compared(transferred):
    transferred.locator(".attempts li").last.hover()
    transferred.locator(".attempts li").last.locator(".mini").first.click()
    assert transferred.locator(".label").all_text_contents() == ["Attempt 2", "Attempt 1"]
    transferred.locator(".attempts li").last.locator(".mini").first.click()
    assert transferred.locator(".label").all_text_contents() == ["Original", "Result"]


def test_a_file_that_is_no_photo_is_named(transferred, files):
    transferred.locator("[data-slot=add]").click()
    choose(transferred, transferred.locator("#styles .dialog-body > button"), files / "notes.jpg")
    note = transferred.locator(".note.trouble")
    note.wait_for()
    assert "notes.jpg" in note.text_content()
    note.locator("button").click()
    assert transferred.locator("#sources .chip").count() == 2


def shares(page):
    return page.locator(".region-name small").all_text_contents()


def click_at(page, canvas, x, y):
    box = page.locator("canvas").nth(canvas).bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_regions_are_matched_by_two_clicks_and_painted_with_a_brush(transferred):
    transferred.keyboard.press("r")
    transferred.locator(".region-name").first.wait_for()
    found = shares(transferred)
    selects = transferred.locator(".region select")
    first, second = (selects.nth(k).input_value() for k in range(2))
    selects.nth(0).select_option(second)
    assert shares(transferred) != found
    assert selects.nth(0).input_value() == first
    transferred.keyboard.press("Control+z")
    assert shares(transferred) == found
    transferred.locator(".region-tools button", has_text="Brush").click()
    transferred.locator(".region-name").first.click()
    for _ in range(8):
        transferred.keyboard.press("]")  # a larger brush
    for x, y in ((0.05, 0.05), (0.5, 0.5), (0.95, 0.95)):
        click_at(transferred, 0, x, y)
    assert shares(transferred) != found
    for _ in range(3):
        transferred.keyboard.press("Control+z")
    assert shares(transferred) == found
    transferred.locator(".region-tools button", has_text="Match").click()


def test_a_mask_goes_out_and_comes_back(transferred, files):
    found = shares(transferred)
    mask = transferred.locator(".region-files [aria-label^='Export']").first
    with transferred.expect_download() as saved:
        mask.click()
    with Image.open(saved.value.path()) as image:
        assert len(image.convert("RGB").getcolors()) == len(found)
    path = files / "mask.png"
    saved.value.save_as(path)
    choose(transferred, transferred.locator(".region-files [aria-label^='Import']").first, path)
    transferred.wait_for_timeout(300)
    assert shares(transferred) == found
    assert transferred.locator(".note.trouble").count() == 0


def test_own_regions_are_used(transferred):
    transferred.keyboard.press("Escape")
    if transferred.locator("#regions").is_hidden():
        transferred.keyboard.press("r")
    transferred.locator(".region-name").first.wait_for()
    transferred.locator(".region-tools .primary").click()
    done(transferred)
    assert transferred.locator("#panel .help button").first.is_visible()
    assert "own regions" in transferred.locator(".attempts li").last.text_content()


def test_a_batch_of_three(transferred, files):
    transferred.locator("#actions button", has_text="Many photos").click()
    paths = [files / f"many-{number}.png" for number in range(3)]
    choose(
        transferred,
        transferred.locator("#many button", has_text="Choose photos"),
        *paths,
        files / "notes.jpg",
    )
    transferred.locator("#many .primary").click()
    transferred.locator("#many", has_text="3 of 3 done").wait_for()
    assert "notes.jpg" in transferred.locator("#many ul.trouble").text_content()
    with transferred.expect_download() as saved:
        transferred.locator("#many a", has_text=".zip").click()
    names = zipfile.ZipFile(saved.value.path()).namelist()
    assert {"many-0.png", "many-1.png", "many-2.png"} <= {Path(name).name for name in names}
    transferred.keyboard.press("Escape")


def violations(page):
    page.evaluate(browser.axe() + "; null")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 5
    return [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_people_who_use_other_means_find_their_way(transferred, scheme):
    transferred.emulate_media(color_scheme=scheme)
    assert violations(transferred) == []
    transferred.locator("#actions .primary").click()
    assert violations(transferred) == []
    transferred.keyboard.press("Escape")
    transferred.keyboard.press("r")
    transferred.locator(".region-name").first.wait_for()
    assert violations(transferred) == []
    transferred.locator(".region-tools button", has_text="Cancel").click()


@pytest.mark.parametrize("width", [360, 640, 1280])
def test_nothing_is_wider_than_the_window(transferred, width):
    transferred.set_viewport_size({"width": width, "height": 780})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert transferred.evaluate(wide) == 0
    photo = transferred.locator(".pane").first.bounding_box()
    assert photo["height"] > 780 * 0.5


def test_a_second_window_shows_the_same_attempts(transferred):
    other = transferred.context.new_page()
    other.goto(transferred.url)
    other.locator(".attempts li").first.wait_for()
    count = transferred.locator(".attempts li").count()
    assert other.locator(".attempts li").count() == count
    other.close()


def test_no_request_leaves_the_machine_and_nothing_fails_in_the_page(transferred):
    hosts = {url.split("/")[2] for url in transferred.asked if url.startswith("http")}
    assert hosts == {transferred.url.split("/")[2]}
    assert {url.split(":")[0] for url in transferred.asked} <= {"http", "blob"}
    assert transferred.faults == []
