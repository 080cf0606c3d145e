"""Lines that are printed, whatever is in the names of files."""

import logging
import sys
from io import StringIO

import pytest
from rich.console import Console

from jphoto.cli import _Lines
from jphoto.cli.lines import harmless
from jphoto.cli.progress import progress_bar

EVIL = "a\n\x1b]0;title\x07\x1b[31m\x9b2J\u202egpj.exe\udcff"


def test_only_what_controls_the_terminal_is_escaped():
    assert harmless(EVIL) == r"a\n\x1b]0;title\x07\x1b[31m\x9b2J\u202egpj.exe\udcff"
    names = "é 😀 👩‍🚀 Bild\u202f3.png [red]"  # spaces of several kinds; a joiner in an emoji
    assert harmless(names) == names


@pytest.mark.parametrize(
    "arguments",
    [["inspect", EVIL], ["transfer", EVIL, "s.jpg"], ["segment", EVIL], [EVIL + ".jpg", "s.jpg"],
     ["batch", EVIL, "--out", "o"], ["eval", "--pairs", EVIL, "--results", "r", "--out", "o"]],
)  # fmt: skip
def test_no_name_reaches_the_terminal_as_it_is(arguments, command):
    status, _, errors = command(*arguments)
    assert status and r"a\n\x1b]0;title" in errors
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\udcff"} & {*errors}


def test_a_warning_is_one_line_above_the_bar_of_its_time(monkeypatch):
    monkeypatch.setattr(sys, "stderr", StringIO())
    terminal = StringIO()
    with progress_bar(Console(file=terminal, force_terminal=True, width=80)) as bar:
        bar.add_task("[bold]")
        _Lines().handle(logging.makeLogRecord({"msg": "odd\n\x1b[2J"}))
    assert sys.stderr.getvalue() == ""
    assert r"jphoto: odd\n\x1b[2J" in terminal.getvalue() and "[bold]" in terminal.getvalue()
