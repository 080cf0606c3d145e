"""Reports about results: plain values for JSON, and lines of text for a terminal."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from jphoto.label import Label
from jphoto.pipeline.transfer import Result
from jphoto.regions import Region
from jphoto.settings import Settings


def summary(result: Result) -> dict[str, Any]:
    """Describe a result, without its picture, in values that JSON can hold.

    Returns: status, size as [height, width], steps (a list of loss terms), regions, seconds and
      settings.
    """
    return {
        "status": result.status.value,
        "size": list(result.picture.shape[:2]),
        "steps": [finite(step._asdict()) for step in result.steps],
        "regions": [region._asdict() for region in result.regions],
        "seconds": result.seconds,
        "settings": dataclasses.asdict(result.settings),
    }


def finite(value: Any) -> Any:
    """Replace floats that are not finite by None, which JSON can hold, in nested plain values."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def region_lines(regions: Sequence[Region]) -> list[str]:
    """The table of regions, one line each: name, share of each photo, confidence and use."""
    width = max(len(region.name) for region in regions)
    return [
        f"{region.name:<{width}}  content {region.content_share:6.1%}  "
        f"style {region.style_share:6.1%}  {_confidence(region)}{region.use}"
        for region in regions
    ]


def share_lines(regions: Sequence[Region]) -> list[str]:
    """The regions of a single photo, one line each: name, share and confidence."""
    width = max(len(region.name) for region in regions)
    return [
        f"{region.name:<{width}}  {region.content_share:6.1%}  {_confidence(region)}".rstrip()
        for region in regions
    ]


def _confidence(region: Region) -> str:
    return "" if region.confidence is None else f"confidence {region.confidence:4.0%}  "


def label_lines(label: Label) -> list[str]:
    """How a picture was made, as lines; settings with default values are left out."""
    used, defaults = dataclasses.asdict(label.settings), dataclasses.asdict(Settings())
    changed = [f"{name} {value}" for name, value in used.items() if value != defaults[name]]
    return [
        f"made by {label.software}, jax {label.jax} on {label.device}",
        *(f"{role:<12}  sha256 {digest}" for role, digest in label.inputs.items()),
        *([f"{'look of':<12}  {label.look}"] if label.look else []),
        f"{'weights':<12}  {label.network or 'none'}",
        f"{'settings':<12}  {', '.join(changed)}",
    ]


def not_finite_line(result: Result) -> str:
    """What happened to a result whose status is `Status.NOT_FINITE`."""
    return (
        f"the objective was not finite after step {len(result.steps)}; the best picture before "
        "that was saved; try smaller weights"
    )


def outcome_line(result: Result) -> str:
    """The outcome of a transfer in one line: status, steps, seconds, objective and network."""
    settings, seconds = result.settings, result.seconds["total"]
    if not result.steps:
        return (
            f"{result.status.value} after a color transfer in {seconds:.1f} s on {settings.device}"
        )
    first, last = result.steps[0].total, result.steps[-1].total
    return (
        f"{result.status.value} after {len(result.steps)} steps in {seconds:.0f} s: "
        f"objective {first:.3f} to {last:.3f}, {settings.backbone} on {settings.device}"
    )
