"""What a user may choose about a transfer: one flat, frozen record, the only place of each default.

Every field carries its own help, bounds and group as metadata: the command line makes its options
from them, and `Settings` checks them all at once.
"""

import dataclasses
import json
from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from jphoto.errors import SettingsError

DEFAULT_SIZE = 700


def _field(
    default: int | float | str,
    help: str,
    group: str,
    bounds: tuple[int | float, int | float] | None = None,
) -> Any:
    """A dataclass field with what the command line and the check need to know of it."""
    return dataclasses.field(
        default=default, metadata={"help": help, "group": group, "bounds": bounds}
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How to transfer a look. Sizes in pixels; loss weights without dimension.

    Raises: SettingsError, naming every field that is out of range or of the wrong type.
    """

    size: int | Literal["auto"] = _field(
        DEFAULT_SIZE,
        "Long side at which it is solved; a smaller photo is not enlarged. auto is 700, or what "
        "there is memory for.",
        "Work",
        (32, 8192),
    )
    steps: int = _field(
        11,
        "Evaluations of the network at full size, at most; half as many again at each size before.",
        "Work",
        (1, 100_000),
    )
    levels: int = _field(
        3,
        "Sizes to solve at, each half the next; 1 for full size alone.",
        "Work",
        (1, 8),
    )
    tolerance: float = _field(
        1e-3,
        "Ends a size whose steps lower the objective by less than this share each; 0 never does.",
        "Work",
        (0, 1),
    )
    free_share: float = _field(
        0.0, "Share of the steps taken first, as a stage without photorealism.", "Work", (0, 1)
    )
    style_weight: float = _field(1.0, "Pull toward the style's textures.", "Look", (0, 1_000_000))
    content_weight: float = _field(0.2, "Hold on the content's objects.", "Look", (0, 1_000_000))
    photorealism_weight: float = _field(
        600.0, "Hold on local affine recoloring: no painted texture.", "Look", (0, 1_000_000_000)
    )
    recoloring_weight: float = _field(
        2.0, "Hold on one recoloring a region: a plainer picture.", "Look", (0, 1_000_000)
    )
    variation_weight: float = _field(
        0.0, "Pull toward smoothness: total variation.", "Look", (0, 1_000_000)
    )
    style_strength: float = _field(
        1.0, "How far the look is taken; 0 leaves the content as it is.", "Look", (0, 1)
    )
    regions: Literal["auto", "labels", "features", "none"] = _field(
        "auto",
        "What meets what without masks: things of one kind, parts alike, or whole photos; auto "
        "takes the first that can be trusted.",
        "Look",
    )
    objective: Literal["jphoto", "paper"] = _field(
        "jphoto",
        "Units of the terms: without dimension, or as published in 2017.",
        "Method",
    )
    backbone: Literal["auto", "vgg16", "vgg19"] = _field(
        "auto", "Network that sees the style; auto takes vgg19 when it is installed.", "Method"
    )
    optimizer: Literal["lbfgs", "lbfgs-fixed", "adam"] = _field(
        "lbfgs", "Method of descent; lbfgs-fixed takes every step in full.", "Method"
    )
    preconditioner: Literal["laplacian", "none"] = _field(
        "laplacian", "What L-BFGS begins with as the inverse Hessian: the Laplacian's.", "Method"
    )
    learning_rate: float = _field(
        0.01, "Adam's step size, in units of the [0, 1] range.", "Method", (1e-6, 1.0)
    )
    start: Literal["color", "content", "noise"] = _field(
        "color", "First picture: recolored by region, the content itself, or noise.", "Method"
    )
    smoothing: Literal["laplacian", "bilateral", "none"] = _field(
        "laplacian",
        "Smooth the local affine maps of the result: by one solve, or as published in 2017.",
        "Method",
    )
    seed: int = _field(0, "Seed of the noise start.", "Method", (0, 2**31 - 1))
    device: Literal["auto", "cpu", "gpu", "tpu"] = _field(
        "auto", "Where to compute; auto takes the fastest there is.", "Machine"
    )
    out_size: int | Literal["full"] = _field(
        "full", "Long side of the result; full is the content photo's own.", "Output", (32, 65535)
    )
    depth: Literal["auto", "8", "16"] = _field(
        "auto", "Bits a channel; auto has the content's, where the format can.", "Output"
    )
    gray: bool = _field(False, "Leave a gray photo gray.", "Output")
    strip_location: bool = _field(
        False, "Leave out where the content was taken: GPS in its metadata.", "Output"
    )
    label: bool = _field(
        True, "Say in the metadata how the picture was made; inspect reads it.", "Output"
    )

    def __post_init__(self) -> None:
        """Check every field and complain once."""
        wrong = [text for field in dataclasses.fields(self) if (text := _complaint(self, field))]
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


PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "fast": {"steps": 3, "levels": 2},
    "best": {"steps": 26, "tolerance": 0.0},
    # Luan et al. 2017 with the constants of the program published with it.
    "paper": {
        "steps": 2000,
        "levels": 1,
        "tolerance": 0.0,
        "free_share": 0.5,
        "style_weight": 100.0,
        "content_weight": 5.0,
        "photorealism_weight": 1e4,
        "recoloring_weight": 0.0,
        "variation_weight": 1e-3,
        "objective": "paper",
        "optimizer": "lbfgs-fixed",
        "preconditioner": "none",
        "start": "noise",
        "smoothing": "bilateral",
    },
    # Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks".
    "neural": {
        "steps": 200,
        "levels": 1,
        "tolerance": 0.0,
        "content_weight": 0.05,
        "photorealism_weight": 0.0,
        "recoloring_weight": 0.0,
        "regions": "none",
        "preconditioner": "none",
        "start": "content",
        "smoothing": "none",
    },
}
"""What each preset sets; every other field keeps its default."""


def _complaint(settings: Settings, field: "dataclasses.Field[Any]") -> str | None:
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
