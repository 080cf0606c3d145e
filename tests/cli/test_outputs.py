"""Outputs through the command line: limits, names, races, links, streams. No photo is solved."""

import errno
import hashlib
import io
import json
import os
import stat
import threading

import numpy as np
import pytest
from PIL import Image

import jphoto
from jphoto import images
from jphoto.images.encoders.formats import FORMATS
from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

PHOTOS = ["content.png", "style.png"]
WORK = ["--size", "64", "--steps", "1", "--backbone", "vgg16", "--regions", "none"]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The current folder, with two photos."""
    chance = np.random.default_rng(0)
    for name, size in zip(PHOTOS, ((64, 48), (60, 52)), strict=True):
        levels = chance.integers(0, 256, (size[1], size[0], 3), np.uint8)
        Image.fromarray(levels).save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def meanwhile(monkeypatch):
    """The solver is replaced: what this list holds is done instead, and the content returned."""
    done = []

    def stand_in(pair, *_, **__):
        for do in done:
            do()
        return Solution((pair.content + 1) / 2, (Step(*[1.0] * 6, 64),), Status.FINISHED, {})

    monkeypatch.setattr("jphoto.pipeline.transfer.solve", stand_in)
    return done


def fail():
    raise AssertionError("the solve has begun")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def transfer(command, *arguments):
    return command("transfer", *PHOTOS, *WORK, *arguments)


# Limits of formats


def test_a_result_too_large_for_its_format_is_refused_before_the_work(desk, command, meanwhile):
    meanwhile.append(fail)
    Image.new("RGB", (40, 16384)).save(desk / "content.png")
    status, _, errors = transfer(command, "-o", "out.webp")
    assert status == 1 and errors.count("\n") == 1
    assert "out.webp would have 40 x 16384 pixels" in errors and "at most 16383 a side" in errors
    assert ".png, .tif" in errors and ".webp" not in errors.split("; use")[1]
    assert names(desk) == PHOTOS


def test_the_limit_is_of_the_upright_picture_at_its_output_size(desk, command, meanwhile):
    meanwhile.append(fail)
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying
    Image.new("RGB", (65501, 40)).save(desk / "content.png", exif=exif)
    assert "40 x 65501 pixels" in transfer(command, "-o", "out.jpg")[2]
    # Smaller, it would fit, and reaches the network, for which it is too narrow.
    assert "the network needs" in transfer(command, "-o", "out.jpg", "--out-size", "9000")[2]


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_limits_are_those_of_the_encoders(tmp_path, suffix):
    longest = FORMATS[suffix].longest
    for size in ((1, longest), (longest, 1)):
        images.save_picture(np.zeros((*size, 3), np.float32), tmp_path / f"a{suffix}")
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert image.size == size[::-1]
    with pytest.raises(jphoto.SavedElsewhereError, match=r"was saved as .*b\.png"):
        images.save_picture(np.zeros((1, longest + 1, 3), np.float32), tmp_path / f"b{suffix}")
    assert names(tmp_path) == [f"a{suffix}", "b.png"]


def test_avif_ends_where_its_decoders_do(tmp_path):
    longest = FORMATS[".avif"].longest
    for more in (0, 1):
        images.save_picture(np.zeros((1, longest + more, 3), np.float32), tmp_path / f"{more}.avif")
    with Image.open(tmp_path / "0.avif") as image:
        assert image.size == (longest, 1)
    with pytest.raises(Image.UnidentifiedImageError):
        Image.open(tmp_path / "1.avif").close()


def test_a_tiff_of_4_gb_is_refused_and_png_named():
    images.check_size("a.tif", (30_000, 30_000, 3), 8)
    with pytest.raises(jphoto.ImageError, match=r"at most 4 GB; use .png"):
        images.check_size("a.tif", (30_000, 30_000, 3), 16)
    images.check_size("a.jpg", (30_000, 30_000, 3), 0)


def test_avif_is_written_with_colors_opacity_and_metadata(desk, command, meanwhile):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    rgba = np.stack(np.broadcast_arrays(ramp[None], ramp[:48, None], 90, 200), -1).astype(np.uint8)
    Image.fromarray(rgba).save(desk / "content.png", exif=exif)
    assert transfer(command, "-o", "out.avif")[0] == 0
    assert transfer(command, "-o", "out.png")[0] == 0
    back, exact = (images.read_original(f"out.{s}", role="result") for s in ("avif", "png"))
    np.testing.assert_allclose(back.picture, exact.picture, atol=0.08)
    np.testing.assert_allclose(back.alpha, 200 / 255, atol=0.01)
    assert b"Maker" in (back.metadata.exif or b"")
    assert command("inspect", "out.avif")[0] == 0


# A final write that fails


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_result_that_cannot_be_encoded_is_saved_as_png(desk, command, meanwhile, monkeypatch):
    monkeypatch.setattr(Image.Image, "save", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("jphoto.images.thumbnail", lambda _: None)
    (desk / "out.png").write_bytes(b"old")
    status, out, errors = transfer(command, "-o", "out.jpg", "--json")
    assert (status, errors.count("\n")) == (1, 1)
    assert "out.jpg cannot be written: division by zero" in errors and "out-2.png" in errors
    assert json.loads(out)["out"] == "out-2.png"
    assert images.read_original("out-2.png", role="result").picture.shape == (48, 64, 3)
    assert (desk / "out.png").read_bytes() == b"old"


def test_a_folder_that_is_full_leads_to_the_temporary_one(
    desk, command, meanwhile, monkeypatch, tmp_path_factory
):
    other = tmp_path_factory.mktemp("other")
    monkeypatch.setattr("tempfile.tempdir", str(other))
    meanwhile.append(lambda: desk.joinpath("sub").rmdir())
    (desk / "sub").mkdir()
    status, out, errors = transfer(command, "-o", "sub/out.jpg")
    assert status == 1 and str(other / "out.png") in errors and str(other / "out.png") in out
    assert names(other) == ["out.png"]


def test_a_batch_names_where_a_picture_was_saved(desk, command, monkeypatch):
    (desk / "in").mkdir()
    (desk / "content.png").rename(desk / "in/a.jpg")
    real = images.thumbnail

    def interrupt(picture):
        (desk / "out/a.jpg").write_bytes(b"precious")
        return real(picture)

    monkeypatch.setattr("jphoto.images.thumbnail", interrupt)
    status, out, _ = command("batch", "in", "--style", "style.png", "-o", "out", *WORK)
    assert status == 1 and "a-2.jpg" in out
    assert (desk / "out/a.jpg").read_bytes() == b"precious" and (desk / "out/a-2.jpg").exists()


# Nothing is written over


def test_a_file_that_appears_meanwhile_is_not_overwritten(desk, command, meanwhile):
    meanwhile += [
        lambda: (desk / "out.jpg").write_bytes(b"theirs"),
        lambda: (desk / "look.cube").write_bytes(b"theirs"),
    ]
    status, out, errors = transfer(command, "-o", "out.jpg", "--export-lut", "look.cube")
    assert status == 1 and errors.count("\n") == 2 and "was saved as out-2.jpg" in errors
    assert "wrote out-2.jpg" in out and "wrote look-2.cube" in out
    assert (desk / "out.jpg").read_bytes() == (desk / "look.cube").read_bytes() == b"theirs"
    assert not list(desk.glob(".jphoto-*"))


def test_names_are_taken_exclusively_without_hard_links(desk, command, meanwhile, monkeypatch):
    def link(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    assert transfer(command, "-o", "out.jpg")[0] == 0
    meanwhile.append(lambda: (desk / "new.jpg").write_bytes(b"theirs"))
    assert transfer(command, "-o", "new.jpg")[0] == 1
    assert (desk / "new.jpg").read_bytes() == b"theirs" and (desk / "new-2.jpg").exists()


def test_force_keeps_links_and_permissions(desk, command, meanwhile):
    (desk / "sub").mkdir()
    old = desk / "sub/old.jpg"
    old.write_bytes(b"old")
    old.chmod(0o640)
    (desk / "link.jpg").symlink_to("sub/old.jpg")
    assert "exists" in transfer(command, "-o", "link.jpg")[2]
    assert transfer(command, "-o", "link.jpg", "--force")[0] == 0
    assert (desk / "link.jpg").is_symlink() and old.read_bytes() != b"old"
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert names(desk / "sub") == ["old.jpg"]


def test_a_dangling_link_is_followed(desk, command, meanwhile):
    (desk / "link.jpg").symlink_to("new.jpg")
    (desk / "lost.jpg").symlink_to("missing/new.jpg")
    (desk / "loop.jpg").symlink_to("loop.jpg")
    assert transfer(command, "-o", "link.jpg")[0] == 0
    assert (desk / "link.jpg").is_symlink() and (desk / "new.jpg").is_file()
    meanwhile.append(fail)
    assert "missing does not exist" in transfer(command, "-o", "lost.jpg", "--force")[2]
    assert "a link that leads to itself" in transfer(command, "-o", "loop.jpg", "--force")[2]


@pytest.mark.parametrize("option", ["-o", "--export-lut"])
def test_devices_pipes_and_inputs_are_no_outputs(desk, command, meanwhile, option):
    meanwhile.append(fail)
    suffix = ".cube" if option != "-o" else ".png"
    out = [] if option == "-o" else ["-o", "out.png"]
    os.mkfifo(desk / f"pipe{suffix}")
    (desk / f"null{suffix}").symlink_to("/dev/null")
    (desk / f"hard{suffix}").hardlink_to(desk / "style.png")
    for name, words in (("pipe", "a device or a pipe"), ("null", "a device"), ("hard", "inputs")):
        status, _, errors = transfer(command, *out, option, f"{name}{suffix}", "--force")
        assert status == 1 and words in errors and errors.count("\n") == 1


# Names that are made


@pytest.mark.parametrize(
    ("content", "result"),
    [("a.b.PNG", "a.b-in-style.PNG"), ("IMG.gif", "IMG-in-style.png"), ("x.JPG", "x-in-style.JPG")],
)
def test_without_out_the_name_is_made_of_both(desk, command, meanwhile, content, result):
    with Image.open("content.png") as image:
        image.save(desk / content)
    status, out, _ = command("transfer", content, "style.png", *WORK, "--force")
    assert status == 0 and out.endswith(f"wrote {result}\n")
    status, out, _ = command("transfer", content, "style.png", *WORK, "--force")
    stem, suffix = result.rsplit(".", 1)
    assert status == 0 and out.endswith(f"wrote {stem}-2.{suffix}\n")


def test_a_made_name_is_numbered_also_when_a_file_appears(desk, command, meanwhile):
    meanwhile.append(lambda: (desk / "content-in-style.png").write_bytes(b"theirs"))
    status, out, errors = transfer(command, "--force")
    assert (status, errors) == (0, "") and out.endswith("wrote content-in-style-2.png\n")
    assert (desk / "content-in-style.png").read_bytes() == b"theirs"


def test_a_made_name_is_not_too_long(desk, command, meanwhile):
    long = "ü" * 120 + ".png"
    (desk / "content.png").rename(desk / long)
    status, out, _ = command("transfer", long, "style.png", *WORK)
    assert status == 0 and f"wrote {'ü' * 50}-in-style.png" in out


# Streams


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_pipes_are_read_once_and_the_label_knows_their_bytes(desk, command, meanwhile):
    writers = []
    for name in PHOTOS:
        pipe = desk / f"pipe {name}"
        os.mkfifo(pipe)
        content = (desk / name).read_bytes()
        writers.append(threading.Thread(target=pipe.write_bytes, args=(content,)))
        writers[-1].start()
    status, out, _ = command("transfer", *[f"pipe {name}" for name in PHOTOS], *WORK)
    for writer in writers:
        writer.join()
    assert status == 0 and out.endswith("wrote stream-in-stream.png\n")
    inputs = jphoto.read_label("stream-in-stream.png").inputs
    assert inputs == {"content": digest(desk / "content.png"), "style": digest(desk / "style.png")}


def test_settings_come_from_a_pipe(desk, command, meanwhile):
    assert transfer(command, "-o", "first.png", "--style-strength", "0.5")[0] == 0
    os.mkfifo(desk / "pipe")
    writer = threading.Thread(
        target=(desk / "pipe").write_bytes, args=((desk / "first.png").read_bytes(),)
    )
    writer.start()
    status, _, errors = command("transfer", *PHOTOS, "--settings-from", "pipe", "-o", "second.png")
    writer.join()
    assert (status, errors) == (0, "")
    assert jphoto.read_label("second.png").settings.style_strength == 0.5


def test_standard_input_is_a_photo_once(desk, command, meanwhile, monkeypatch):
    class Input:
        buffer = io.BytesIO((desk / "content.png").read_bytes())

    monkeypatch.setattr("sys.stdin", Input)
    assert "only one picture" in command("transfer", "-", "-", *WORK)[2]
    assert command("transfer", "-", "style.png", *WORK, "-o", "out.jpg")[0] == 0
    assert jphoto.read_label("out.jpg").inputs["content"] == digest(desk / "content.png")
    status, _, errors = command("transfer", "-", "style.png", *WORK, "-o", "two.jpg")
    assert status == 1 and "standard input" in errors and "empty" in errors


def test_python_takes_bytes_and_open_files(desk, meanwhile):
    settings = jphoto.Settings(size=64, steps=1, backbone="vgg16", regions="none")
    with (desk / "style.png").open("rb") as style:
        content = (desk / "content.png").read_bytes()
        result = jphoto.transfer(content, style, settings=settings)
    expected = {role: digest(desk / f"{role}.png") for role in ("content", "style")}
    assert result.label.inputs == expected


def test_a_label_never_names_other_bytes_than_those_decoded(desk, command, meanwhile, monkeypatch):
    meanwhile.append(fail)
    real = images.srgb_on_white

    def change(original):
        (desk / "content.png").write_bytes((desk / "style.png").read_bytes())
        return real(original)

    monkeypatch.setattr("jphoto.images.srgb_on_white", change)
    status, _, errors = transfer(command, "-o", "out.png")
    assert status == 1 and "content.png was changed while it was read" in errors


def test_a_device_is_no_photo_and_a_batch_takes_no_pipe(desk, command, meanwhile):
    assert "is a device" in command("transfer", "/dev/null", "style.png", *WORK)[2]
    os.mkfifo(desk / "pipe.png")
    (desk / "pairs.csv").write_text("content,style\ncontent.png,pipe.png\n")
    status, out, _ = command("batch", "pairs.csv", "-o", "out", *WORK)
    assert status == 1 and "is a pipe" in out
