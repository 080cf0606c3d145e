"""Phases of the work as lines: at once where they are long, otherwise only if they last."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jphoto.cli.progress import LINES
from jphoto.cli.run import interruption
from jphoto.process.phases import phase, phases_shown


def test_long_phases_are_shown_at_once_and_short_ones_not_at_all():
    shown = []
    with phases_shown(shown.append, patience=60), phase("reading"), phase("compiling", long=True):
        pass
    assert shown == ["compiling"]


def test_a_phase_that_lasts_is_shown():
    shown = []
    with phases_shown(shown.append, patience=0.001), phase("reading"):
        while not shown:
            time.sleep(0.001)
    assert shown == ["reading"]


def test_outside_a_command_nothing_is_shown(capsys, caplog):
    logger = logging.getLogger("jphoto.process.phases")
    before = logger.level, logger.propagate, list(logger.handlers)
    with phases_shown(print), pytest.raises(KeyError):
        raise KeyError
    assert (logger.level, logger.propagate, logger.handlers) == before
    with phase("reading", long=True):
        pass
    assert capsys.readouterr() == ("", "") and not caplog.records


def test_a_phase_is_not_told_twice_in_a_row(capsys):
    LINES("10 %")
    for words in ("compiling", "compiling"):
        LINES.phase(words)
    assert capsys.readouterr().err == "10 %\ncompiling\n"


def test_a_command_may_run_in_any_thread():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(interruption().__enter__).result()
