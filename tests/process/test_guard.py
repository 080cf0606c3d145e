"""Signals, standard streams, refused memory and unexpected errors, in real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import jphoto

ROOT = Path(jphoto.__file__).parents[1]
HEAD = """
import os, signal, sys, time
from pathlib import Path
from jphoto import files
from jphoto.process import guarded, news
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
def say(text):
    print(text, flush=True)
"""
FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no watch without fork")


def start(work, *arguments, shell='exec "$@"', **options):
    """A guarded command whose work is given in Python, started by a line of the shell."""
    lines = "\n".join("    " + line for line in work.strip().splitlines())
    program = f"{HEAD}\ndef work():\n{lines}\nguarded(work, files.delete_live_drafts)"
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    words = ["sh", "-c", shell, "sh", sys.executable, "-c", program, *arguments]
    return subprocess.Popen(words, text=True, env=environment, **options)


def ended(process, status):
    """What a process printed, which ends with a status."""
    out, errors = process.communicate(timeout=30)
    assert process.returncode == status, errors
    return out, errors


def signalled(process, *signals):
    """Send signals to a process that has printed a line, a while apart."""
    process.stdout.readline()
    for number in signals:
        process.send_signal(number)
        time.sleep(0.3)


BUSY = """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])  # as C++ code does
with files.replacing(Path(sys.argv[1])) as draft:
    draft.write_text("half")
    say("busy")
    time.sleep(60)
"""
SOLVING = """
from jphoto.cli.run import interruption
with interruption() as received:
    news.tell(news.STOPPABLE)
    say("solving")
    for _ in range(600):
        if received and sys.argv[2] == "obedient":
            break
        time.sleep(0.1)
files.write_text("whole \\udcff", Path(sys.argv[1]), force=False)
sys.exit(130)
"""


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_with_nothing_to_save_it_ends_at_once_and_leaves_nothing(number, status, tmp_path):
    process = start(BUSY, tmp_path / "out")
    signalled(process, number)
    assert ended(process, status)[1] == "jphoto: stopped\n"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_what_can_be_saved_is_saved(number, status, tmp_path):
    process = start(SOLVING, tmp_path / "out", "obedient")
    signalled(process, number)
    assert "stopping after this step" in ended(process, status)[1]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    process = start(SOLVING, tmp_path / "out", "deaf")
    signalled(process, signal.SIGINT, signal.SIGINT)
    assert ended(process, 130)[1].splitlines()[1:] == ["jphoto: stopped"]
    assert not [*tmp_path.iterdir()]


def test_a_second_sigterm_changes_nothing(tmp_path):
    process = start(SOLVING, tmp_path / "out", "obedient")
    signalled(process, signal.SIGTERM, signal.SIGTERM)
    ended(process, 143)
    assert (tmp_path / "out").exists()


def test_after_ctrl_z_it_goes_on(tmp_path):
    process = start(SOLVING, tmp_path / "out", "obedient")
    signalled(process, signal.SIGTSTP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)  # for a process that is not stopped, no end
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGINT)
    ended(process, 130)


def test_the_worker_ends_with_its_watch(tmp_path):
    process = start("say(os.getpid())\n" + BUSY, tmp_path / "out")
    worker = int(process.stdout.readline())
    process.stdout.readline()
    process.kill()
    process.communicate(timeout=30)
    until = time.monotonic() + 30
    while Path(f"/proc/{worker}/exe").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ("os.abort()", "unexpected end by SIGABRT"),
        ("os.write(2, b\"what(): std::bad_alloc\")\nos.abort()", "no more memory"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "no more memory"),
        ("os.write(2, b\"the JAX distributed service detected fatal errors\")\nos.abort()",
         "another process of the batch has ended"),
        ("raise MemoryError", "no more memory"),
        ("raise ImportError('x.so: failed to map segment from shared object')", "no more memory"),
        ("raise KeyError('bug\\nin two lines')", "unexpected error: KeyError"),
    ],
)  # fmt: skip
def test_a_bad_end_is_one_line(work, words):
    errors = ended(start(work, "transfer"), 1)[1]
    assert errors.startswith("jphoto: ") and errors.count("\n") == 1 and words in errors


def test_a_traceback_is_shown_when_asked_for():
    shown = start("raise KeyError('bug')", env={"JPHOTO_TRACEBACK": "1"})
    assert "Traceback" in ended(shown, 1)[1]


def test_what_libraries_write_and_warn_is_not_shown():
    work = "import warnings\nos.write(2, b'noise')\nwarnings.warn('deprecated')\nsay('done')"
    assert ended(start(work), 0) == ("done\n", "")


def test_a_crash_after_the_end_is_no_failure():
    assert ended(start("import atexit\natexit.register(os.abort)\nsay('done')"), 0)[1] == ""


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["transfer"], 0), (["transfer", "--json"], 1), (["inspect"], 1), (["weights", "list"], 1),
     (["weights", "install"], 0), (["--version"], 1)],
)  # fmt: skip
def test_a_full_disk_fails_only_what_is_there_to_print(arguments, status):
    with FULL.open("w") as full:
        errors = ended(start("say('x' * 99)", *arguments, stdout=full), status)[1]
    assert errors.startswith("jphoto: standard output cannot be written") and errors[-1] == "\n"


def test_a_broken_pipe_is_quiet():
    reading, writing = os.pipe()
    os.close(reading)
    process = start("say('x' * 99)", "inspect", stdout=writing)
    os.close(writing)
    assert ended(process, 0)[1] == ""


def test_closed_streams_are_not_taken_for_files():
    work = "file = open('/dev/null')\nsys.exit(file.fileno() < 3)"
    ended(start(work, "transfer", shell='exec "$@" <&- >&- 2>&-'), 0)


def test_names_that_cannot_be_printed_are_escaped():
    work = "say('\\udcff é')\nsys.stderr.write('\\udcff\\n')"
    out, errors = ended(start(work, env={"PYTHONIOENCODING": "ascii"}), 0)
    assert (out, errors) == ("\\udcff \\xe9\n", "\\udcff\n")


@pytest.mark.parametrize(
    ("limit", "words"),
    [("-v 600000", "this shell grants a program 0.6 GB"), ("-t 1", "the computing time"),
     ("-n 8", "refuses another process")],
)  # fmt: skip
def test_limits_of_the_shell_are_told(limit, words):
    process = start("while True: pass", "transfer", shell=f'ulimit {limit}; exec "$@"')
    assert words in ended(process, 1)[1]
