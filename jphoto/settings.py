"""The settings of a transfer: one flat, frozen record, and the only place of each default.

Each field has its help, its bounds and its group as metadata. The command line makes its options
from them, and `Settings` checks all fields at once.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Literal

from jphoto.errors import SettingsError
from jphoto.presets import PRESETS
from jphoto.setting_checks import complaint

DEFAULT_SIZE = 700
"""Long side of the working copy, in pixels."""

SIZES, TERMS, METHOD = "Size and steps", "Style and content", "Method (for experts)"
DEVICE, OUTPUT = "Device", "Result file"  # groups of fields: the headings of their options


def _field(
    default: int | float | str,
    help: str,
    group: str,
    bounds: tuple[int | float, int | float] | None = None,
    words: Mapping[str, str] | None = None,
) -> Any:
    """A dataclass field with its metadata.

    Args:
      default: value.
      help: what the field does, for users.
      group: of fields that are listed together.
      bounds: smallest and largest number, for a field that takes numbers.
      words: that the field takes, each with its meaning.
    """
    metadata = {"help": help, "group": group, "bounds": bounds, "words": dict(words or {})}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How to transfer a style. Sizes are in pixels; loss weights have no unit.

    Raises: SettingsError, naming every field that is out of range or of the wrong type.
    """

    size: int | Literal["auto"] = _field(
        DEFAULT_SIZE,
        "Long side, in pixels, of the working copy on which the transfer is computed. The result "
        "still has the photo's full size. Larger takes more time and memory and is rarely better.",
        SIZES,
        (32, 8192),
        {"auto": f"{DEFAULT_SIZE}, or less if memory is short."},
    )
    steps: int = _field(
        5,
        "Largest number of improvement steps at the full working size; each halving of the size "
        "doubles it. More steps take longer and come closer to the style. 0: colors only.",
        SIZES,
        (0, 100_000),
    )
    levels: int = _field(
        3,
        "Number of working sizes, each half of the next. The result at a smaller size is the "
        "start at the next, which saves time. 1: full working size only.",
        SIZES,
        (1, 8),
    )
    tolerance: float = _field(
        1e-3,
        "A size ends early once steps improve the result by less than this fraction each. "
        "Higher: faster and less exact. 0: never end early.",
        SIZES,
        (0, 1),
    )
    free_share: float = _field(
        0.0,
        "Fraction of the steps that come first and ignore --photorealism-weight, as in the paper "
        "of 2017. Higher: more of the style before the result is made photorealistic.",
        SIZES,
        (0, 1),
    )
    style_weight: float = _field(
        1.0,
        "How much the colors and textures of the style photo count. Higher: closer to the style, "
        "further from the content photo.",
        TERMS,
        (0, 1_000_000),
    )
    content_weight: float = _field(
        0.75,
        "How much the objects of the content photo count, as the network recognizes them. "
        "Higher: closer to the content photo, less style.",
        TERMS,
        (0, 1_000_000),
    )
    photorealism_weight: float = _field(
        600.0,
        "How strictly the result must stay a photo: nearby pixels change color together, and no "
        "texture is painted. Higher: cleaner but less style. 0: may look like a painting.",
        TERMS,
        (0, 1_000_000_000),
    )
    recoloring_weight: float = _field(
        4.0,
        "How closely each region follows one simple color change. Higher: plainer and more "
        "even. Lower: colors vary more within a region.",
        TERMS,
        (0, 1_000_000),
    )
    variation_weight: float = _field(
        0.0,
        "Penalty on differences between neighboring pixels (total variation). Higher: smoother "
        "and softer, with less detail. 0: off.",
        TERMS,
        (0, 1_000_000),
    )
    style_strength: float = _field(
        1.0,
        "How much of the change to apply. 0: the content photo as it is. 1: the full style. "
        "Values between blend the two.",
        TERMS,
        (0, 1),
    )
    regions: Literal["auto", "labels", "features", "none"] = _field(
        "auto",
        "How to pair the parts of the two photos when there are no masks.",
        TERMS,
        words={
            "auto": "labels, if that network is installed. If too little of the photos matches: "
            "features, and then none.",
            "labels": "by what they show: sky with sky, water with water. Needs "
            "`jphoto weights install deeplab`.",
            "features": "parts that look alike.",
            "none": "the whole photo with the whole photo. Masks are ignored.",
        },
    )
    objective: Literal["jphoto", "paper"] = _field(
        "jphoto",
        "Formula that is minimized.",
        METHOD,
        words={
            "jphoto": "weights mean the same for every photo, size and network.",
            "paper": "as published in 2017. It needs other weights: use --preset paper.",
        },
    )
    backbone: Literal["auto", "vgg16", "vgg19"] = _field(
        "auto",
        "Neural network that compares colors, textures and objects.",
        METHOD,
        words={
            "auto": "vgg19 if it is installed, or if torchvision has downloaded it; else vgg16.",
            "vgg16": "comes with jphoto.",
            "vgg19": "as published. Needs `jphoto weights install vgg19`.",
        },
    )
    optimizer: Literal["lbfgs", "lbfgs-fixed", "adam"] = _field(
        "lbfgs",
        "Algorithm that improves the picture step by step.",
        METHOD,
        words={
            "lbfgs": "L-BFGS that shortens a step which does not improve the picture.",
            "lbfgs-fixed": "L-BFGS that takes every step in full, as published in 2017.",
            "adam": "Adam, with --learning-rate.",
        },
    )
    preconditioner: Literal["laplacian", "none"] = _field(
        "laplacian",
        "Information about the photo that lbfgs starts with.",
        METHOD,
        words={
            "laplacian": "its edges, by the matting Laplacian, so that fewer steps are needed.",
            "none": "nothing.",
        },
    )
    learning_rate: float = _field(
        0.01,
        "Step size of adam, as a change of pixel values from 0 (black) to 1 (white). Higher: "
        "faster but less stable.",
        METHOD,
        (1e-6, 1.0),
    )
    start: Literal["color", "content", "noise"] = _field(
        "color",
        "Picture that the first step starts from.",
        METHOD,
        words={
            "color": "the content photo, each region with the overall colors of the style.",
            "content": "the content photo.",
            "noise": "random noise, as published in 2017; see --seed.",
        },
    )
    smoothing: Literal["laplacian", "bilateral", "none"] = _field(
        "laplacian",
        "How to clean the result at the end, most of all its smooth parts, such as sky and walls.",
        METHOD,
        words={
            "laplacian": "along the edges of the content photo.",
            "bilateral": "by averaging color changes around each pixel, as published in 2017.",
            "none": "not at all.",
        },
    )
    seed: int = _field(
        0,
        "Number that selects the random noise of --start noise. The same number gives the same "
        "noise.",
        METHOD,
        (0, 2**31 - 1),
    )
    device: Literal["auto", "cpu", "gpu", "tpu"] = _field(
        "auto",
        "Where to compute. The result is the same up to rounding.",
        DEVICE,
        words={
            "auto": "the fastest there is.",
            "cpu": "the processor.",
            "gpu": "the graphics card.",
            "tpu": "a TPU.",
        },
    )
    out_size: int | Literal["full"] = _field(
        "full",
        "Long side of the result, in pixels; never larger than the content photo.",
        OUTPUT,
        (32, 65535),
        {"full": "the size of the content photo."},
    )
    depth: Literal["auto", "8", "16"] = _field(
        "auto",
        "Bits per color channel. More bits keep gradients smoother in later editing.",
        OUTPUT,
        words={
            "auto": "as in the content photo, if the file format allows it.",
            "8": "for every format.",
            "16": "for PNG and TIFF only.",
        },
    )
    gray: bool = _field(
        False,
        "Keep a gray photo gray. Otherwise it gets colors from the style.",
        OUTPUT,
    )
    strip_location: bool = _field(
        False, "Remove the place where the photo was taken (GPS) from the metadata.", OUTPUT
    )
    label: bool = _field(
        True,
        "Write into the metadata how the picture was made. `jphoto inspect` shows it.",
        OUTPUT,
    )

    def __post_init__(self) -> None:
        """Check every field and complain once."""
        wrong = [text for field in dataclasses.fields(self) if (text := complaint(self, field))]
        if wrong:
            raise SettingsError("; ".join(wrong))

    @property
    def long_side(self) -> int:
        """`size` in pixels, whether or not there is memory for it."""
        return DEFAULT_SIZE if self.size == "auto" else self.size

    @classmethod
    def preset(cls, name: str, **changes: Any) -> "Settings":
        """The settings of a preset, a key of `PRESETS`, with changes of your own.

        Raises: SettingsError, for an unknown preset, unknown names and wrong values.
        """
        if name not in PRESETS:
            raise SettingsError(f"no preset is called {name!r}, only {', '.join(PRESETS)}")
        return cls._known({**PRESETS[name], **changes})

    def to_json(self) -> str:
        """These settings as a JSON object, one key a field."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """The settings that `to_json` wrote; fields left out keep their defaults.

        Raises: SettingsError, for text that is no JSON object, unknown names and wrong values.
        """
        try:
            values = json.loads(text)
        except ValueError as error:  # JSONDecodeError is one, too many digits in a number another
            raise SettingsError(f"settings are not JSON: {error}") from None
        if not isinstance(values, Mapping):
            raise SettingsError(f"settings must be a JSON object, not {type(values).__name__}")
        return cls._known(values)

    @classmethod
    def _known(cls, values: Mapping[str, Any]) -> "Settings":
        """Settings of these values, once each is known to be one."""
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise SettingsError(f"unknown settings: {', '.join(unknown)}")
        return cls(**values)
