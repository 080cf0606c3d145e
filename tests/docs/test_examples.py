"""The Python examples of the pages run as they are written, on tiny photos."""

import shutil
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.pages import PAGES, ROOT, blocks

from jphoto import images

EXAMPLES = [page for page in PAGES if blocks(page, "python")]


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run(page, prepared, tmp_path, monkeypatch):
    """In order, so that a later one has the names of those before it."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(page, "python"):
        names |= given(tmp_path)
        exec(compile(block, str(page), "exec"), names)


def given(folder):
    """What the text around the examples takes as there."""
    roles = "content", "style"
    content, style = (
        jnp.asarray(images.read_picture(folder / f"{role}.jpg", role=role)) for role in roles
    )
    return {
        "content": content,
        "style": style,
        "contents": jnp.stack([content] * 2),
        "styles": jnp.stack([style] * 2),
        "original": np.kron(content, np.ones((2, 2, 1), np.float32)),
        "viewer": SimpleNamespace(display=lambda picture: None),
    }
