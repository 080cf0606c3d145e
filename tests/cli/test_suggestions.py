"""A command line without a command is answered by the one that was meant; shells complete it."""

import os
import subprocess
import sys

import pytest

from jphoto import formats


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The current folder: two photos, a manifest and two folders."""
    for name in ("c.jpg", "s.jpg", "my photo.HEIC", "pairs.csv"):
        (tmp_path / name).touch()
    for name in ("photos", "looks", "pairs/content", "pairs/style"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("typed", "problem", "meant"),
    [
        ("c.jpg|s.jpg", '"c.jpg" is a file, not a command', "transfer c.jpg s.jpg"),
        ("c.jpg", '"c.jpg" is a file, not a command', "transfer c.jpg STYLE"),
        (
            "my photo.HEIC|s.jpg|-o|a b.png|--size|64",
            '"my photo.HEIC" is a file, not a command',
            "transfer 'my photo.HEIC' s.jpg -o 'a b.png' --size 64",
        ),
        ("c.jpg|s.jpg|o.jpg", '"c.jpg" is a file', "transfer c.jpg s.jpg --out o.jpg"),
        ("gone.CR2|s.jpg", '"gone.CR2" is not a command', "transfer gone.CR2 s.jpg"),
        ("c.jpg|looks", '"c.jpg" is a file', "batch looks --content c.jpg --out FOLDER"),
        ("photos|s.jpg", '"photos" is a folder', "batch photos --style s.jpg --out FOLDER"),
        ("photos", '"photos" is a folder', "batch photos --style STYLE --out FOLDER"),
        (
            "photos|--style=looks|--out|x",
            '"photos" is a folder, not a command',
            "batch photos --style=looks --out x",
        ),
        ("pairs|--out=x", '"pairs" is a folder', "batch pairs --out=x"),
        ("pairs.csv", '"pairs.csv" is a file', "batch pairs.csv --out FOLDER"),
        ("tranfser|c.jpg|--force", '"tranfser" is not a command', "transfer c.jpg --force"),
        ("Batch|photos", '"Batch" is not a command', "batch photos"),
        ("help|batch", '"help" is not a command', "batch --help"),
        ("-h", "there is no option -h", "--help"),
        ("--size|64|c.jpg|s.jpg", "the command is missing", "transfer --size 64 c.jpg s.jpg"),
        ("--style|s.jpg|photos", "the command is missing", "batch --style s.jpg photos"),
        ("--force|transfer|c.jpg", "the command comes first", "transfer --force c.jpg"),
    ],
)
def test_the_command_that_was_meant(desk, command, typed, problem, meant):
    status, out, err = command(*typed.split("|"))
    assert (status, out) == (2, "")
    assert err.startswith(f"jphoto: {problem}")
    assert err.endswith(f"; did you mean: jphoto {meant}\n") and err.count("\n") == 1


@pytest.mark.parametrize("typed", ["xyzzy", "--xyzzy", "weights|instal"])
def test_without_any_resemblance_the_usage_is_shown(desk, command, typed):
    status, _, err = command(*typed.split("|"))
    assert status == 2 and "Usage: jphoto" in err


PROGRAM = """
import sys
from jphoto.cli import main
try:
    main()
finally:
    heavy = {"jax", "numpy", "PIL", "scipy"} & set(sys.modules)
    assert not heavy, heavy
"""


def completed(shell, words):
    """What a shell offers for the last of the words."""
    environment = os.environ | {
        "_JPHOTO_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": " ".join(words),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip().splitlines()


def test_shells_complete_commands_and_options():
    assert completed("bash", ["jphoto", "tra"]) == ["transfer"]
    assert completed("bash", ["jphoto", "transfer", "--out-"]) == ["--out-size"]
    assert completed("bash", ["jphoto", "transfer", "c"]) == []  # files, by the shell itself
    assert completed("fish", ["jphoto", "batch", "--suf"]) == [
        f"--suffix\tFormat of all results: {formats.written_suffixes()}"
    ]
    assert '"transfer":' in " ".join(completed("zsh", ["jphoto", "tra"]))


def test_completion_is_installed(tmp_path, command, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    status, out, _ = command("--install-completion")
    script = (tmp_path / ".bash_completions" / "jphoto.sh").read_text()
    assert status == 0 and "bash completion installed" in out
    assert "complete -o default -F _jphoto_completion jphoto" in script
    assert command("--show-completion")[1].strip() == script.strip()
