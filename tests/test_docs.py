"""Links, names, paths and Python code in the documentation lead to things that exist."""

import ast
import importlib
import re

import pytest
from helpers.pages import CONTRIBUTING, PAGES, ROOT, blocks

import jphoto

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
of_today = pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name != "CHANGELOG.md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
"""The changelog may name what is no longer there."""
FOLDERS = r"(?:jphoto|tests|bench|docs|scripts|examples|weights)"


def value_of(name):
    """What a dotted name such as jphoto.matting.lift means."""
    parts = name.split(".")
    value = importlib.import_module(parts[0])
    for number, part in enumerate(parts[1:], 2):
        if not hasattr(value, part):
            importlib.import_module(".".join(parts[:number]))
        value = getattr(value, part)
    return value


@each_page
def test_relative_links_lead_to_files(page):
    links = re.findall(r"\]\((?!http)([^)#]*)[^)]*\)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


@each_page
def test_links_to_headings_lead_to_headings(page):
    for path, heading in re.findall(r"\]\((?!http)([^)#]*)#([^)]+)\)", page.read_text()):
        target = (page.parent / path) if path else page
        titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
        anchors = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
        assert heading in anchors


@of_today
def test_names_in_backticks_exist(page):
    for name in re.findall(r"`(jphoto(?:\.[A-Za-z_]\w*)+)", page.read_text()):
        value_of(name)


@of_today
def test_paths_in_backticks_exist(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    paths = re.findall(rf"`(?:python |bash )?({FOLDERS}/[\w./-]*)`?", text)
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing


@each_page
def test_python_code_uses_names_that_exist(page):
    for block in blocks(page, "python"):
        tree = ast.parse(block)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {}
        exec(compile(ast.Module(imports, []), page.name, "exec"), names)
        compile(tree, page.name, "exec")
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = names.get(node.value.id)
                assert owner is None or hasattr(owner, node.attr), ast.unparse(node)


def test_the_tree_names_every_room_and_nothing_else():
    (tree,) = blocks(CONTRIBUTING, "text")
    package, _, outside = tree.partition("\ntests/")
    named = re.findall(r"^  ([\w.]+)/? ", package, re.MULTILINE)
    entries = [path.name for path in (ROOT / "jphoto").iterdir() if path.name[0] not in "_."]
    assert sorted(named) == sorted(set(entries) - {"py.typed"})
    assert all((ROOT / name).is_dir() for name in re.findall(r"^(\w+)/", outside, re.MULTILINE))


def test_citation_and_changelog_have_the_version():
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (.*)$", citation, re.MULTILINE)[1] == jphoto.__version__
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## \[([\d.]+)\]", changes, re.MULTILINE)[1] == jphoto.__version__
