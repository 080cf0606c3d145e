"""The notebooks run at a tiny size, and keep outputs that a page can show."""

import importlib.util
import json
import re

import pytest
from helpers.pages import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
MOST_BYTES = 600_000

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path):
    """The code cells."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@each_notebook
def test_a_notebook_runs(path):
    code = [
        "".join(cell["source"])
        for cell in cells(path)
        if "install" not in cell["metadata"].get("tags", ())
    ]
    if any("import torch" in one for one in code) and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed: pip install '.[bench]'")
    names = {}
    for one in code:
        tiny = re.sub(r"^SIZE = \d+$", "SIZE = 64", one, flags=re.MULTILINE)
        tiny = re.sub(r"^STEPS = \(.*\)", "STEPS = (2,)", tiny, flags=re.MULTILINE)
        exec(compile(tiny, path.name, "exec"), names)


@each_notebook
def test_a_notebook_installs_with_its_first_cell_and_keeps_small_outputs(path):
    first, *others = cells(path)
    assert "".join(first["source"]).startswith("%pip install --quiet jphoto")
    assert path.stat().st_size < MOST_BYTES
    assert any(cell["outputs"] for cell in others)
    for cell in others:
        kinds = [output["output_type"] for output in cell["outputs"]]
        assert "error" not in kinds and "stderr" not in [o.get("name") for o in cell["outputs"]]
