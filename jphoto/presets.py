"""Presets: named sets of settings, from a first look to the published recipes."""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "preview": {"steps": 0, "smoothing": "none"},
    "fast": {"size": 512},
    "best": {"steps": 13, "tolerance": 0.0},
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
        "content_weight": 0.06,
        "photorealism_weight": 0.0,
        "recoloring_weight": 0.0,
        "regions": "none",
        "preconditioner": "none",
        "start": "content",
        "smoothing": "none",
    },
}
"""What each preset sets; every other field keeps its default."""
