"""Settings: their checks and messages, their JSON, and the options that are made from them."""

import dataclasses
import importlib.util
import inspect
import json
import math
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st

import jphoto.settings
from jphoto.cli import app, main
from jphoto.errors import JphotoError, SettingsError
from jphoto.presets import PRESETS
from jphoto.setting_checks import allowed_values
from jphoto.solver.plan import STEPS_RATIO

# The run-time check of annotations would refuse a wrong type before Settings can: this is the same
# file, loaded without it.
_spec = importlib.util.spec_from_file_location("unhooked_settings", jphoto.settings.__file__)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
Settings = _module.Settings

FIELDS = dataclasses.fields(Settings)
NUMBERS = [field for field in FIELDS if field.metadata["bounds"]]
CHOICES = [field for field in FIELDS if get_origin(field.type) is Literal]
FLAGS = [field for field in FIELDS if field.type is bool]
WHOLE = [field for field in NUMBERS if float not in allowed_values(field)[0]]
DEMO = {"size": 400}


def named(fields):
    return pytest.mark.parametrize("field", fields, ids=lambda field: field.name)


def complaint(**values):
    with pytest.raises(SettingsError) as caught:
        Settings(**values)
    return str(caught.value)


def values_of(field):
    if field in CHOICES:
        return st.sampled_from(get_args(field.type))
    if field in FLAGS:
        return st.booleans()
    low, high = field.metadata["bounds"]
    whole, words = st.integers(math.ceil(low), high), allowed_values(field)[1]
    if words:
        return whole | st.sampled_from(words)
    return whole if field in WHOLE else whole | st.floats(low, high)


def or_word(field):
    return "".join(f" or {word}" for word in allowed_values(field)[1])


def test_every_field_is_a_number_with_bounds_a_choice_or_a_flag():
    assert len(NUMBERS) + len(CHOICES) + len(FLAGS) == len(FIELDS)
    assert all(field.metadata["help"] and field.metadata["group"] for field in FIELDS)
    assert all(all(field.metadata["words"].values()) for field in FIELDS)


def test_every_wrong_field_is_reported_at_once():
    wrong = {field.name: None for field in FIELDS}
    parts = complaint(**wrong).split("; ")
    assert [part.split()[0] for part in parts] == [field.name for field in FIELDS]


def test_right_fields_are_not_reported():
    assert complaint(steps=-1, size=64) == "steps must be a whole number from 0 to 100000, not -1"


@named(NUMBERS)
def test_bounds_are_allowed_and_values_beyond_are_not(field):
    low, high = field.metadata["bounds"]
    for value in (low, high):
        assert getattr(Settings(**{field.name: value}), field.name) == value
    step = 1 if field in WHOLE else 1e-6 * high
    for value in (low - step, high + step):
        text = complaint(**{field.name: value})
        assert text.startswith(f"{field.name} must be ")
        assert text.endswith(f" from {low} to {high}{or_word(field)}, not {value!r}")


@named(NUMBERS)
@pytest.mark.parametrize(
    "value", [True, "1", None, [1], math.nan, math.inf, -math.inf, 10**400], ids=repr
)
def test_values_that_are_no_number_in_bounds_are_refused(field, value):
    assert complaint(**{field.name: value}).startswith(f"{field.name} must be ")


@named(WHOLE)
def test_a_fraction_is_no_whole_number(field):
    expected = f"{field.name} must be a whole number{or_word(field)}, not 64.0"
    assert complaint(**{field.name: 64.0}) == expected


@named(FLAGS)
@pytest.mark.parametrize("value", ["true", 1, 0, None], ids=repr)
def test_values_that_are_no_bool_are_refused(field, value):
    assert complaint(**{field.name: value}) == f"{field.name} must be a bool, not {value!r}"


@named(CHOICES)
@pytest.mark.parametrize("value", ["other", "", 1, None, True, ["auto"]], ids=repr)
def test_values_that_are_no_choice_are_refused(field, value):
    choices = ", ".join(get_args(field.type))
    text = complaint(**{field.name: value})
    assert text == f"{field.name} must be one of {choices}, not {value!r}"


def test_the_error_is_a_jphoto_error_and_a_value_error():
    assert issubclass(SettingsError, JphotoError)
    assert issubclass(SettingsError, ValueError)


@given(st.fixed_dictionaries({}, optional={field.name: values_of(field) for field in FIELDS}))
def test_json_round_trip(values):
    settings = Settings(**values)
    assert Settings.from_json(settings.to_json()) == settings
    assert json.loads(settings.to_json()).keys() == {field.name for field in FIELDS}


def test_fields_missing_in_json_keep_their_defaults():
    assert Settings.from_json('{"steps": 3}') == Settings(steps=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "settings are not JSON"),
        ("{size: 3}", "settings are not JSON"),
        ('{"seed": ' + "1" * 5000 + "}", "settings are not JSON"),
        ("[]", "settings must be a JSON object, not list"),
        ("null", "settings must be a JSON object, not NoneType"),
        ('{"speed": 1, "colour": 2, "size": 64}', "unknown settings: colour, speed"),
        ('{"size": 1, "start": "blue"}', "size must be .*; start must be one of"),
        ('{"style_weight": NaN}', "style_weight must be a number"),
    ],
)
def test_unfit_json_is_refused(text, words):
    with pytest.raises(SettingsError, match=words):
        Settings.from_json(text)


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().size = 64


def test_settings_are_given_by_name():
    parameters = inspect.signature(Settings).parameters.values()
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)


@pytest.fixture(params=[("transfer", {}), ("demo", DEMO)], ids=["transfer", "demo"])
def command(request):
    """A command's options by the name of their parameter, and the defaults that it changes."""
    name, changed_defaults = request.param
    options = typer.main.get_command(app).commands[name].params
    return {option.name: option for option in options}, changed_defaults


@named(FIELDS)
def test_every_field_is_an_option(command, field):
    options, changed_defaults = command
    option = options[field.name]
    name = field.name.replace("_", "-")
    assert option.opts == [f"--{name}"]
    assert option.secondary_opts == ([f"--no-{name}"] if field in FLAGS else [])
    assert option.default == changed_defaults.get(field.name, field.default)
    first, *lines = option.help.split("\n\n")
    assert first.startswith(field.metadata["help"])
    assert option.rich_help_panel == field.metadata["group"]
    if bounds := field.metadata["bounds"]:
        assert first.endswith(f" From {bounds[0]:,} to {bounds[1]:,}.")
    words = allowed_values(field)[1]
    assert tuple(field.metadata["words"]) == words
    assert [line.split(": ")[0] for line in lines] == [f"- {word}" for word in words]


def test_no_option_under_a_group_of_settings_is_made_by_hand(command):
    groups = {field.metadata["group"] for field in FIELDS}
    grouped = [
        name
        for name, option in command[0].items()
        if getattr(option, "rich_help_panel", None) in groups
    ]
    assert grouped == [field.name for field in FIELDS]


@named(FIELDS)
def test_an_option_takes_only_what_its_field_takes(field, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["transfer", "a.jpg", "b.jpg", "-o", "c.jpg", f"--{field.name.replace('_', '-')}=~"])
    assert ended.value.code == 2
    types, words = allowed_values(field)
    words = words if words and not types else (*words, "valid", "integer" if int in types else "")
    words = ("does not take a value",) if field in FLAGS else words
    message = capsys.readouterr().err
    assert all(word in message for word in words)


def test_a_value_out_of_bounds_ends_the_command_with_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["transfer", "a.jpg", "b.jpg", "-o", str(tmp_path / "c.jpg"), "--size=1"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "jphoto: size must be a whole number from 32 to 8192 or auto, not 1\n"
    )


def test_a_preset_takes_changes():
    paper = Settings.preset("paper", steps=30)
    assert (paper.steps, paper.objective, paper.content_weight) == (30, "paper", 5.0)
    assert Settings.preset("default") == Settings()
    with pytest.raises(
        SettingsError, match="no preset is called 'papr', only default, preview, fast, best"
    ):
        Settings.preset("papr")
    with pytest.raises(SettingsError, match="unknown settings: colour"):
        Settings.preset("paper", colour=1)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_sets_its_values(preset):
    assert PRESETS[preset].items() <= vars(Settings.preset(preset)).items()


def test_presets_take_the_work_that_their_names_promise():
    """Work in evaluations at 700 pixels with the whole network.

    Each size has a quarter of the next one's pixels, and the finest needs half of the network.
    """
    settings = {name: Settings.preset(name) for name in ("fast", "default", "best")}
    work = {
        name: (s.long_side / jphoto.settings.DEFAULT_SIZE) ** 2
        * sum(s.steps * STEPS_RATIO**halvings / max(2, 4**halvings) for halvings in range(s.levels))
        for name, s in settings.items()
    }
    assert work["default"] <= 8
    assert work["fast"] <= 0.6 * work["default"]
    assert 2 * work["default"] < work["best"] <= 17


@pytest.mark.parametrize("name", ["transfer", "demo"])
def test_options_override_the_preset_and_the_preset_overrides_the_command(
    name, monkeypatch, tmp_path
):
    """Also if an option has the default value of Settings."""
    used = []

    def note(*_, settings, **__):
        used.append(settings)
        raise JphotoError("enough")

    monkeypatch.setattr("jphoto.cli.run.run_transfer", note)
    monkeypatch.chdir(tmp_path)
    for photo in ("a.jpg", "b.jpg"):
        Path(photo).touch()
    photos = ["a.jpg", "b.jpg", "-o", "c.jpg"] if name == "transfer" else ["-o", "."]
    for words in (["--preset=paper", "--start=color", "--seed=3"], ["--size=99"]):
        with pytest.raises(SystemExit):
            main([name, *photos, *words])
    changed_defaults = DEMO if name == "demo" else {}
    paper = {**changed_defaults, **PRESETS["paper"], "start": "color", "seed": 3}
    assert [dataclasses.asdict(settings) for settings in used] == [
        vars(Settings(**paper)), vars(Settings(**{**changed_defaults, "size": 99}))
    ]  # fmt: skip
