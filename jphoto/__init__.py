"""jphoto: give one photo the look of another. Three doors for Python.

1. Photos in, photos out: paths, Pillow images or arrays.

    result = jphoto.transfer("meadow.jpg", "dusk.jpg", settings=jphoto.Settings(size=512))
    result.save("meadow-at-dusk.jpg")
    results = jphoto.transfer_many([("a.jpg", "dusk.jpg"), ("b.jpg", "dusk.jpg")])
    dusk = jphoto.Look.from_photos(["dusk.jpg", "evening.jpg"])
    result = jphoto.transfer("meadow.jpg", dusk)

2. Arrays in, arrays out, inside your own jax.jit, jax.vmap and jax.grad: `jphoto.functional`.
   style_targets, content_targets, pair_targets, objective, descend, solve

3. Parts for your own project, each with an example in its docstring:
   jphoto.matting     matting affinities, Laplacian product and energy, preconditioner, local
                      affine fit, lift to another size
   jphoto.networks    VGG features
   jphoto.objectives  Gram matrices, losses, color transfer
   jphoto.optimizers  L-BFGS, Adam

Every error is a child of `jphoto.JphotoError`. `import jphoto` imports nothing heavy, not even jax.
"""

import importlib

from jphoto.errors import (
    DeviceError,
    ImageError,
    JphotoError,
    LookError,
    MaskError,
    SavedElsewhereError,
    SettingsError,
    StoppedError,
    VideoError,
    WeightsError,
)

TYPE_CHECKING = False  # for type checkers it is True; `typing` itself takes a while to import
if TYPE_CHECKING:
    from jphoto import functional, matting, networks, objectives, optimizers
    from jphoto.label import Label
    from jphoto.looks.look import Look
    from jphoto.pipeline.finish import read_label
    from jphoto.pipeline.segmentation import Regions, find_regions
    from jphoto.pipeline.transfer import Result, transfer
    from jphoto.pipeline.transfer_many import transfer_many
    from jphoto.settings import Settings
    from jphoto.solver.progress import ManyProgress, Progress, Status, Step

__version__ = "0.1.0"

__all__ = [
    "DeviceError",
    "ImageError",
    "JphotoError",
    "Label",
    "Look",
    "LookError",
    "ManyProgress",
    "MaskError",
    "Progress",
    "Regions",
    "Result",
    "SavedElsewhereError",
    "Settings",
    "SettingsError",
    "Status",
    "Step",
    "StoppedError",
    "VideoError",
    "WeightsError",
    "find_regions",
    "functional",
    "matting",
    "networks",
    "objectives",
    "optimizers",
    "read_label",
    "transfer",
    "transfer_many",
]

_LAZY = {
    "Label": "jphoto.label",
    "Look": "jphoto.looks.look",
    "ManyProgress": "jphoto.solver.progress",
    "Progress": "jphoto.solver.progress",
    "Regions": "jphoto.pipeline.segmentation",
    "Result": "jphoto.pipeline.transfer",
    "Settings": "jphoto.settings",
    "Status": "jphoto.solver.progress",
    "Step": "jphoto.solver.progress",
    "find_regions": "jphoto.pipeline.segmentation",
    "read_label": "jphoto.pipeline.finish",
    "transfer": "jphoto.pipeline.transfer",
    "transfer_many": "jphoto.pipeline.transfer_many",
}
_ROOMS = ("functional", "matting", "networks", "objectives", "optimizers")


def __getattr__(name: str) -> object:
    """Import modules on first use (PEP 562)."""
    if name in _ROOMS:
        return importlib.import_module(f"jphoto.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'jphoto' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    """The public names, for completion in a shell."""
    return sorted({*globals(), *__all__})
