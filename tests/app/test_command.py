"""`jphoto app` as a command: it starts, says where, ends by Ctrl-C, and starts once."""

import importlib
import os
import signal
import subprocess
import sys
import urllib.request
from importlib.util import find_spec

import pytest


def test_without_the_extra_it_says_how_to_install_it(command, monkeypatch):
    def found(name):
        return None if name == "uvicorn" else find_spec(name)

    module = importlib.import_module("jphoto.cli.app")  # jphoto.cli.app is typer's object, too
    monkeypatch.setattr(module, "find_spec", found)
    status, _, errors = command("app")
    assert status == 1 and "pip install 'jphoto[app]'" in errors and errors.count("\n") == 1


@pytest.fixture
def started(tmp_path):
    """The command, and the address that it prints."""
    options = ["app", "--no-browser", "--port", "18800"]
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    run = [sys.executable, "-m", "jphoto", *options]
    with subprocess.Popen(run, stderr=subprocess.PIPE, text=True, env=environment) as process:
        lines = iter(process.stderr.readline, "")
        address = next(line for line in lines if line.startswith("open ")).split()[1]
        yield process, address, run, environment
        process.kill()


def test_it_serves_until_ctrl_c_and_a_second_one_opens_the_first(started, tmp_path):
    process, address, run, environment = started
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    assert b"<html" in opener.open(address).read()
    second = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 0 and address in second.stderr and "running" in second.stderr
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert "unexpected" not in process.stderr.read()
    assert not [*tmp_path.rglob("*.part")]
