"""The documentation, built by Sphinx from Markdown (MyST), notebooks and docstrings.

    python -m sphinx -W --keep-going docs docs/_build

Neither the build nor the pages need a network.
"""

import sys
from pathlib import Path

import jphoto

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "jphoto"
author = "the jphoto developers"
project_copyright = "the jphoto developers, Apache-2.0"
version = release = jphoto.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "commands",
    "docstrings",
    "equations",
    "offline",
    "repository",
]
exclude_patterns = ["_build", "_extensions"]
smartquotes = False  # two hyphens begin an option
nitpicky = False  # types in signatures are those of numpy and jax, whose pages are on the network

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # tests run the notebooks; their files keep the outputs that are shown

suppress_warnings = ["ref.python"]  # names of arguments that several classes have as fields
default_role = "py:obj"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88

html_theme = "furo"
html_title = "jphoto"
html_favicon = "../jphoto/app/page/icon.svg"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["jphoto.css"]
pygments_style = "friendly"
pygments_dark_style = "monokai"
copybutton_exclude = ".linenos, .gp, .go"
