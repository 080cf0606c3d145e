"""Where torchvision keeps the networks that it has downloaded.

Source: torch/hub.py of PyTorch.
"""

import os
from pathlib import Path

from jphoto.weights.catalog import TORCHVISION


def cached_file(name: str) -> Path | None:
    """The file of a network that torchvision has downloaded, or None. It may be damaged.

    While PyTorch downloads, the file has another name.

    Args:
      name: "vgg16" or "vgg19".
    """
    path = _torch_home() / "hub" / "checkpoints" / TORCHVISION[name].source
    try:
        return path if path.is_file() else None
    except OSError:  # a folder of another user
        return None


def _torch_home() -> Path:
    home = os.environ.get("TORCH_HOME")
    # The same folder on every system.
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home or f"{cache}/torch").expanduser()
