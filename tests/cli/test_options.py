"""Arguments that commands share: presets, and options that were renamed."""

import pytest
import typer.main

from jphoto.cli import app
from jphoto.cli.options import PRESET_HELP, RENAMED, with_current_names
from jphoto.presets import PRESETS


def test_every_preset_is_explained():
    assert list(PRESET_HELP) == list(PRESETS)
    option = next(
        option
        for option in typer.main.get_command(app).commands["transfer"].params
        if option.name == "preset"
    )
    assert all(f"- {name}: {text}" in option.help for name, text in PRESET_HELP.items())


@pytest.mark.parametrize("command", ["transfer", "batch", "demo", "eval", "inspect", "segment"])
def test_every_option_has_help(command):
    for option in typer.main.get_command(app).commands[command].params:
        assert getattr(option, "help", None), option.name


@pytest.mark.parametrize(("renamed", "new"), RENAMED.items())
def test_an_old_name_works_with_a_notice(renamed, new, capsys):
    name, old = renamed
    options = typer.main.get_command(app).commands[name].params
    assert new in {text for option in options for text in option.opts}
    assert with_current_names([name, "a.jpg", old, "b.jpg"]) == [name, "a.jpg", new, "b.jpg"]
    notice = f"jphoto: {old} is now {new}; {old} will stop working in 0.3\n"
    assert capsys.readouterr().err == notice
    assert with_current_names([name, f"{old}=b=c.jpg"]) == [name, f"{new}=b=c.jpg"]
    assert capsys.readouterr().err == notice


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--like"],
        ["transfer", "--like-this"],
        ["transfer", "--", "--like"],
        ["inspect", "--like"],
        ["transfer", "--settings-from", "a.jpg"],
    ],
)
def test_all_other_arguments_stay_as_they_are(arguments, capsys):
    assert with_current_names(arguments) == arguments
    assert capsys.readouterr().err == ""


def test_the_command_line_accepts_an_old_name(tmp_path, command):
    photo = tmp_path / "missing.png"
    status, _, errors = command(
        "transfer", photo, photo, "--out", tmp_path / "out.png", "--like", photo
    )
    notice, error = errors.splitlines()
    assert status == 1 and "--like is now --settings-from" in notice and str(photo) in error
