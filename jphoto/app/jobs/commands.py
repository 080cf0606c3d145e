"""The command line and the Python program that make the same as an attempt."""

import dataclasses
import shlex
from pathlib import Path
from typing import Any

from jphoto.app.jobs import attempts as names
from jphoto.app.jobs.attempts import Attempt
from jphoto.app.jobs.photos import LOOK_PREFIX
from jphoto.app.jobs.session import Session
from jphoto.formats import result_stem, result_suffix
from jphoto.presets import PRESETS
from jphoto.settings import Settings


def commands(session: Session, attempt: Attempt, strength: float) -> dict[str, str]:
    """Both, with the names of the files as they were uploaded, and of masks as they are exported.

    Args:
      session: that has the attempt.
      attempt: to describe.
      strength: of the style.
    """
    content = session.photo(attempt.content).name
    styles = [_style(session, one["id"]) for one in attempt.styles]
    settings = dataclasses.asdict(attempt.to_settings(style_strength=strength))
    preset = names.PREVIEW if attempt.kind == names.PREVIEW else "default"
    usual = dataclasses.asdict(Settings()) | PRESETS[preset]
    changed = {name: value for name, value in settings.items() if value != usual[name]}
    stem = result_stem(Path(content).stem, [Path(style).stem for style in styles])
    out = stem + result_suffix(Path(content))
    options = {
        "content_mask": _mask_name("content", 1) if attempt.masks.get("content") else None,
        "style_mask": [
            _mask_name("style", n)
            for n, key in enumerate(attempt.masks.get("styles") or (), 1)
            if key
        ],
        "style_weights": attempt.weights,
        "style_for": {kind: _style(session, key) for kind, key in attempt.style_for.items()},
    }
    return {
        "shell": _shell(content, styles, options, preset, changed, out),
        "python": _python(content, styles, options, preset, changed, out),
    }


def _style(session: Session, key: str) -> str:
    return key.removeprefix(LOOK_PREFIX) if key in session.looks else session.photo(key).name


def _mask_name(role: str, number: int) -> str:
    return f"{role}_mask.png" if number == 1 else f"{role}_mask_{number}.png"


def _shell(
    content: str,
    styles: list[str],
    options: dict[str, Any],
    preset: str,
    changed: dict[str, Any],
    out: str,
) -> str:
    # A name that begins with a hyphen is no option.
    photos = [f"./{name}" if name.startswith("-") else name for name in (content, *styles)]
    words = ["jphoto", "transfer", *photos]
    if options["content_mask"]:
        words += ["--content-mask", options["content_mask"]]
    for mask in options["style_mask"]:
        words += ["--style-mask", mask]
    if options["style_weights"]:
        words += ["--style-weights", ",".join(map(str, options["style_weights"]))]
    for kind, style in options["style_for"].items():
        words += ["--style-for", f"{kind}={style}"]
    if preset != "default":
        words += ["--preset", preset]
    for name, value in changed.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words += [f"--{option}", str(value)]
    # A name that begins with a hyphen is no option.
    words = [
        f"./{word}" if word in (content, *styles) and word[:1] == "-" else word for word in words
    ]
    return shlex.join([*words, "--out", out])


def _python(
    content: str,
    styles: list[str],
    options: dict[str, Any],
    preset: str,
    changed: dict[str, Any],
    out: str,
) -> str:
    style = repr(styles[0]) if len(styles) == 1 else repr(styles)
    masks = options["style_mask"]
    given = {**options, "style_mask": masks[0] if len(masks) == 1 else masks}
    arguments = [repr(content), style]
    arguments += [f"{name}={value!r}" for name, value in given.items() if value]
    values = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    if preset != "default":
        comma = ", " if values else ""
        arguments.append(f'settings=jphoto.Settings.preset("{preset}"{comma}{values})')
    elif values:
        arguments.append(f"settings=jphoto.Settings({values})")
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"import jphoto\n\nresult = jphoto.transfer(\n{lines})\nresult.save({out!r})\n"
