"""The tables of the settings, from the code."""

import dataclasses

from jphoto import Settings
from scripts.readme_tables.cells import head_of, line_of


def settings_table() -> str:
    """A table for each group of settings, with a row for each field."""
    groups: dict[str, list[str]] = {}
    for field in dataclasses.fields(Settings):
        rows = groups.setdefault(
            field.metadata["group"], head_of("setting", "default", "values", "what it does")
        )
        bounds, words = field.metadata["bounds"], field.metadata["words"]
        values = [f"{bounds[0]} to {bounds[1]}"] if bounds else []
        if field.type is bool:
            values, default = ["yes", "no"], "yes" if field.default else "no"
        else:
            values, default = [*values, *words], field.default
        meanings = [f"`{word}`: {meaning}" for word, meaning in words.items()]
        text = "<br>".join([field.metadata["help"], *meanings])
        rows.append(line_of(f"`{field.name}`", default, ", ".join(values), text))
    return "\n\n".join(f"### {group}\n\n" + "\n".join(rows) for group, rows in groups.items())
