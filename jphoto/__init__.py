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
    from jphoto.label import Label
    from jphoto.pipeline.finish import read_label
    from jphoto.pipeline.segmentation import Regions, find_regions
    from jphoto.pipeline.transfer import Result, transfer
    from jphoto.progress import Progress, Status, Step

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
    "Regions": "jphoto.pipeline.segmentation",
    "Result": "jphoto.pipeline.transfer",
    "Status": "jphoto.progress",
    "Step": "jphoto.progress",
    "find_regions": "jphoto.pipeline.segmentation",
    "read_label": "jphoto.pipeline.finish",
    "transfer": "jphoto.pipeline.transfer",
}


def __getattr__(name: str) -> Any:
    """Import what needs jax on first use (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'jphoto' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
