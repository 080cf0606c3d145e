"""Checks of single settings: which values a field takes, and what is wrong with one."""

import dataclasses
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin


def complaint(settings: object, field: "dataclasses.Field[Any]") -> str | None:
    """What is wrong with one field, or None."""
    value = getattr(settings, field.name)
    kinds, words = kinds_of(field)
    if value in words and isinstance(value, str):
        return None
    if not kinds:
        return f"{field.name} must be one of {', '.join(words)}, not {value!r}"
    if kinds == (bool,):
        return None if isinstance(value, bool) else f"{field.name} must be a bool, not {value!r}"
    kind = "a number" if float in kinds else "a whole number"
    or_word = "".join(f" or {word}" for word in words)
    if isinstance(value, bool) or not isinstance(value, (*kinds, int)):
        return f"{field.name} must be {kind}{or_word}, not {value!r}"
    low, high = field.metadata["bounds"]
    if low <= value <= high:  # NaN is not
        return None
    return f"{field.name} must be {kind} from {low} to {high}{or_word}, not {value!r}"


def kinds_of(field: "dataclasses.Field[Any]") -> tuple[tuple[type[Any], ...], tuple[str, ...]]:
    """What values a field takes: types, of which there are one or none, and words."""
    is_union = get_origin(field.type) in (Union, UnionType)
    parts = get_args(field.type) if is_union else (field.type,)
    words = [get_args(part) for part in parts if get_origin(part) is Literal]
    return tuple(part for part in parts if isinstance(part, type)), sum(words, ())
