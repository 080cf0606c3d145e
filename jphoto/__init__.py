"""jphoto: give one photo the look of another.

    import jphoto
    result = jphoto.transfer("meadow.jpg", "dusk.jpg", settings=jphoto.Settings(size=512))
    result.save("meadow-at-dusk.jpg")

Nothing heavy is imported until it is used: `import jphoto` does not import jax.
"""

import importlib
from typing import TYPE_CHECKING, Any

from jphoto.errors import (
    DeviceError,
    ImageError,
    JphotoError,
    MaskError,
    SettingsError,
    WeightsError,
)
from jphoto.settings import Settings

if TYPE_CHECKING:
    from jphoto.finish import read_label
    from jphoto.label import Label
    from jphoto.pair import Result, transfer
    from jphoto.progress import Progress, Status, Step
    from jphoto.segmentation import Regions, find_regions

__version__ = "0.1.0"

__all__ = [
    "DeviceError",
    "ImageError",
    "JphotoError",
    "Label",
    "MaskError",
    "Progress",
    "Regions",
    "Result",
    "Settings",
    "SettingsError",
    "Status",
    "Step",
    "WeightsError",
    "find_regions",
    "read_label",
    "transfer",
]

_LAZY = {
    "Label": "jphoto.label",
    "Progress": "jphoto.progress",
    "Regions": "jphoto.segmentation",
    "Result": "jphoto.pair",
    "Status": "jphoto.progress",
    "Step": "jphoto.progress",
    "find_regions": "jphoto.segmentation",
    "read_label": "jphoto.finish",
    "transfer": "jphoto.pair",
}


def __getattr__(name: str) -> Any:
    """Import what needs jax on first use (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'jphoto' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
