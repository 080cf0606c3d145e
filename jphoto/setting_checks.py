"""Checks of single settings: which values a field takes, and what is wrong with one."""

import dataclasses
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin


def complaint(settings: object, field: "dataclasses.Field[Any]") -> str | None:
    """What is wrong with one field, or None."""
    value = getattr(settings, field.name)
    types, words = allowed_values(field)
    if value in words and isinstance(value, str):
        return None
    if not types:
        return f"{field.name} must be one of {', '.join(words)}, not {value!r}"
    if types == (bool,):
        return None if isinstance(value, bool) else f"{field.name} must be a bool, not {value!r}"
    kind = "a number" if float in types else "a whole number"
    or_word = "".join(f" or {word}" for word in words)
    if isinstance(value, bool) or not isinstance(value, (*types, int)):
        return f"{field.name} must be {kind}{or_word}, not {value!r}"
    low, high = field.metadata["bounds"]
    if low <= value <= high:  # NaN is not
        return None
    return f"{field.name} must be {kind} from {low} to {high}{or_word}, not {value!r}"


def allowed_values(
    field: "dataclasses.Field[Any]",
) -> tuple[tuple[type[Any], ...], tuple[str, ...]]:
    """The values that a field takes: its type, if any, and its words."""
    is_union = get_origin(field.type) in (Union, UnionType)
    parts = get_args(field.type) if is_union else (field.type,)
    words = [get_args(part) for part in parts if get_origin(part) is Literal]
    return tuple(part for part in parts if isinstance(part, type)), sum(words, ())
