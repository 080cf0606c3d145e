"""What there is to say about a result, as plain values and text for any terminal or file."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from jphoto.label import Label
from jphoto.pipeline.transfer import Result
from jphoto.regions import Region
from jphoto.settings import Settings


def summary(result: Result) -> dict[str, Any]:
    """A result without its picture, ready for JSON.

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


def finite(content: Any) -> Any:
    """Plain values as JSON can hold them: a float that is not finite is null."""
    if isinstance(content, dict):
        return {key: finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def region_lines(regions: Sequence[Region]) -> list[str]:
    """The table of regions, a line each: name, share of either photo, and what became of it."""
    width = max(len(region.name) for region in regions)
    return [
        f"{region.name:<{width}}  content {region.content_share:6.1%}  "
        f"style {region.style_share:6.1%}  {_sureness(region)}{region.use}"
        for region in regions
    ]


def share_lines(regions: Sequence[Region]) -> list[str]:
    """The regions of a single photo, a line each."""
    width = max(len(region.name) for region in regions)
    return [
        f"{region.name:<{width}}  {region.content_share:6.1%}  {_sureness(region)}".rstrip()
        for region in regions
    ]


def _sureness(region: Region) -> str:
    return "" if region.confidence is None else f"sure {region.confidence:4.0%}  "


def label_lines(label: Label) -> list[str]:
    """How a picture was made, a line each; settings that are the defaults are left out."""
    chosen, usual = dataclasses.asdict(label.settings), dataclasses.asdict(Settings())
    changed = [f"{name} {value}" for name, value in chosen.items() if value != usual[name]]
    return [
        f"made by {label.software}, jax {label.jax} on {label.device}",
        *(f"{role:<12}  sha256 {digest}" for role, digest in label.inputs.items()),
        f"{'weights':<12}  {label.network}",
        f"{'settings':<12}  {', '.join(changed)}",
    ]


def outcome_line(result: Result) -> str:
    """How the transfer went, in one line."""
    first, last = result.steps[0].total, result.steps[-1].total
    settings, seconds = result.settings, result.seconds["total"]
    return (
        f"{result.status.value} after {len(result.steps)} steps in {seconds:.0f} s: "
        f"objective {first:.3f} to {last:.3f}, {settings.backbone} on {settings.device}"
    )
