"""The check that built pages load nothing from the network knows what loads and what does not."""

import importlib.util

import pytest
from helpers.pages import ROOT

pytest.importorskip("sphinx", reason="the extra docs is not installed")
spec = importlib.util.spec_from_file_location("offline", ROOT / "docs/_extensions/offline.py")
offline = importlib.util.module_from_spec(spec)
spec.loader.exec_module(offline)


@pytest.mark.parametrize(
    "text",
    [
        '<script async src="https://cdn.example.org/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.org/a.css">',
        '<img\n  alt="a badge" src="http://example.org/badge.svg">',
        "@import 'https://example.org/a.css';",
        "src: url(https://example.org/a.woff2)",
    ],
)
def test_what_a_browser_would_load_is_found(text):
    assert offline.loaded_from_network(text)


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://example.org">',
        '<math xmlns="http://www.w3.org/1998/Math/MathML">',
        '<img src="../_images/panda.jpg"><a href="https://example.org">',
        "background: url(data:image/svg+xml;base64,AAAA)",
    ],
)
def test_links_and_local_files_are_not(text):
    assert not offline.loaded_from_network(text)
