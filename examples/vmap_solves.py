"""Many solves by one program: `jax.vmap` over 8 pairs, and over 8 style weights of one pair.

    python examples/vmap_solves.py --size 128 --out vmapped

Writes a sheet of the results of each. The photos are those that come with jphoto: crops of a
content photo as 8 pairs, and one pair under style weights from 1/8 to 16.
"""

import argparse
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jphoto import functional, images, weights

STEPS = (9, 6)
"""Evaluations at half the size and at the full size."""
STYLE_WEIGHTS = 2.0 ** np.arange(-3, 5, dtype=np.float32)


def solve_pairs(params: Any, preprocessing: str, contents: jax.Array, styles: jax.Array) -> Any:
    """Solve several pairs at once.

    Args:
      params: weights of VGG.
      preprocessing: of VGG.
      contents: n x h x w x 3, sRGB in [0, 1].
      styles: n x hs x ws x 3.
    """

    # All arrays are arguments: XLA would compute with what a program closes over as it compiles.
    def solve(params: Any, content: jax.Array, style: jax.Array) -> functional.Solved:
        return functional.solve(params, content, style, steps=STEPS, preprocessing=preprocessing)

    return jax.jit(jax.vmap(solve, in_axes=(None, 0, 0)))(params, contents, styles)


def solve_style_weights(
    params: Any, preprocessing: str, content: jax.Array, style: jax.Array, values: jax.Array
) -> Any:
    """Solve one pair under several style weights at once; its targets are computed once.

    Args:
      params: weights of VGG.
      preprocessing: of VGG.
      content: h x w x 3, sRGB in [0, 1].
      style: hs x ws x 3.
      values: n style weights.
    """

    def solve(
        params: Any, content: jax.Array, style: jax.Array, value: jax.Array
    ) -> functional.Solved:
        loss_weights = functional.loss_weights()._replace(style=value)
        return functional.solve(
            params, content, style, weights=loss_weights, steps=STEPS, preprocessing=preprocessing
        )

    solves = jax.jit(jax.vmap(solve, in_axes=(None, None, None, 0)))
    return solves(params, content, style, values)


def photos(size: int) -> tuple[jax.Array, jax.Array]:
    """Eight square crops of a content photo, and the style photo eight times."""
    with resources.as_file(resources.files("jphoto") / "photos" / "meadow") as folder:
        content, style = (
            images.read_picture(folder / f"{role}.jpg", role=role) for role in ("content", "style")
        )
    height, width = content.shape[:2]
    side = min(height, width) // 2
    corners = [
        (y, x) for y in (0, height - side) for x in np.linspace(0, width - side, 4, dtype=int)
    ]
    crops = [images.resize(content[y : y + side, x : x + side], (size, size)) for y, x in corners]
    return jnp.stack(crops), jnp.stack([images.resize(style, (size, size))] * len(crops))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both, and write their sheets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128, help="side of the photos, in pixels")
    parser.add_argument("--out", type=Path, default=Path("vmapped"), help="folder for the sheets")
    options = parser.parse_args(arguments)
    vgg, (contents, styles) = weights.load("vgg16"), photos(options.size)
    options.out.mkdir(parents=True, exist_ok=True)
    pairs = solve_pairs(vgg.params, vgg.preprocessing, contents, styles)
    weighted = solve_style_weights(
        vgg.params, vgg.preprocessing, contents[0], styles[0], jnp.asarray(STYLE_WEIGHTS)
    )
    sheets = {
        "pairs": [(f"pair {n}", picture) for n, picture in enumerate(pairs.picture)],
        "style-weights": [
            (f"style weight {value:g}", picture)
            for value, picture in zip(STYLE_WEIGHTS, weighted.picture, strict=True)
        ],
    }
    for name, pictures in sheets.items():
        tiles = [(label, np.clip(np.asarray(picture), 0, 1)) for label, picture in pictures]
        images.save_picture(images.side_by_side(tiles), options.out / f"{name}.jpg")


if __name__ == "__main__":
    main()
