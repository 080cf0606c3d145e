"""The README says what the code does."""

import re
import subprocess
from pathlib import Path

import typer
from helpers.scripts import load

from jphoto.cli import app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def commands():
    """Every command of the command line by its full name, with the options it takes."""
    found, waiting = {}, [("jphoto", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        found[name] = {option for parameter in command.params for option in parameter.opts}
        waiting += [(f"{name} {n}", c) for n, c in getattr(command, "commands", {}).items()]
    return found


def test_the_first_two_commands_are_one_line_each():
    demo, tests = BLOCKS[:2]
    assert demo.count("\n") == 1 and "pip install ." in demo and demo.endswith("jphoto demo\n")
    assert tests == "bash scripts/check\n"
    assert "bash scripts/check" in (ROOT / ".ci" / "run").read_text()


def test_the_tables_are_what_the_code_and_the_results_say():
    assert load("readme_tables").updated(README) == README, "run scripts/readme_tables.py"


def test_the_plots_show_the_results():
    found = load("readme_tables").results()
    stale = load("plots").stale(found, ROOT / "docs")
    assert stale == [], "run scripts/readme_tables.py --plots"


def test_every_command_shown_exists_with_its_options():
    known = commands()
    lines = [line for block in BLOCKS for line in block.splitlines()]
    shown = [line[line.index("jphoto ") :] for line in lines if "jphoto " in line]
    assert len(shown) >= 5
    for line in shown:
        name = max((n for n in known if line.startswith(n)), key=len)
        assert name != "jphoto"
        assert set(re.findall(r" (--[a-z-]+)", line)) <= known[name], line


def test_every_command_is_shown():
    named = {name for name in commands() if name not in ("jphoto", "jphoto weights")}
    assert {name for name in named if name not in README} == set()


def test_departures_from_the_papers_are_listed():
    modules = [path for path in (ROOT / "jphoto").rglob("*.py") if "Departs:" in path.read_text()]
    listed = README.split("Where it departs from the papers:")[1].split("## ")[0]
    assert listed.count("\n- ") >= 4
    for path in modules:
        assert path.stem in DEPARTURES, f"list the departure in {path.name} in the README"
        assert DEPARTURES[path.stem] in listed


DEPARTURES = {
    "losses": "dimensionless",
    "grams": "sum of squares of its mask",
    "objective": "dimensionless",
    "paper_objective": "the true one",
    "vgg": "rounds sizes up",
    "deeplab": "two branches",
    "matching": "left alone",
    "lift": "lean where the photo is flat",
    "lbfgs": "never searches along a line",
}


def test_local_links_lead_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)


def test_nothing_that_is_not_ours_is_tracked():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not re.search(r"\.(safetensors|h5|ckpt|tflite|pth)$", tracked, re.MULTILINE)
