"""Labels: how a picture was made, as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jphoto.errors import ImageError
from jphoto.label import Label
from jphoto.settings import Settings

LABEL = Label(
    jphoto="0.1.0",
    jax="0.10.2",
    device="cpu",
    network="ab" * 32,
    inputs={"content": "01" * 32, "style": "23" * 32},
    settings=Settings(size=512, out_size=3000, label=True, style_strength=0.6),
)


def test_a_label_is_read_as_it_was_written():
    assert Label.from_json(LABEL.to_json()) == LABEL
    assert json.loads(LABEL.to_json())["settings"]["size"] == 512
    assert LABEL.software == "jphoto 0.1.0"


def changed(**values):
    return json.dumps({**json.loads(LABEL.to_json()), **values})


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "7", "{}", '{"settings": {}}', changed(jphoto=1), changed(inputs=[]),
        changed(settings={"size": 1}), changed(settings={"speed": 1}), changed(settings=[]),
        changed(more=1), "[" * 100_000,
    ],
)  # fmt: skip
def test_any_other_text_is_an_error(text):
    with pytest.raises(ImageError, match="label cannot be read"):
        Label.from_json(text)


@given(st.text())
def test_no_text_causes_another_error(text):
    with pytest.raises(ImageError):
        Label.from_json(text)


def test_files_that_differ_are_named_by_role():
    assert LABEL.differing_inputs(dict(LABEL.inputs)) == []
    assert LABEL.differing_inputs({"content": "01" * 32, "style": "x"}) == ["style"]
    other = {**LABEL.inputs, "content_mask": "y"}
    assert LABEL.differing_inputs(other) == ["content_mask"]
    assert LABEL.differing_inputs({"style": "23" * 32}) == ["content"]
