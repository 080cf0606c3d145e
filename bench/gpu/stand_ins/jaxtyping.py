"""Replaces jaxtyping: annotations that say nothing about shapes."""

from typing import Any


class _Annotation:
    """Subscripted with a type and a shape, it is the type."""

    def __class_getitem__(cls, parameters: tuple[Any, str]) -> Any:
        return parameters[0]


def __getattr__(name: str) -> Any:
    """Every annotation, such as Float32."""
    if name.startswith("_"):
        raise AttributeError(name)
    return _Annotation
