"""One process of the memory case: does one thing, and prints how much memory that took at most.

    python bench/probe.py transfer '{"size": 256, "steps": 60}'

The other things are `evaluation` (of a pair in a file) and `rival` (the same by PyTorch).
"""

import json
import sys
from typing import Any

EVALUATIONS = 2


def evaluation(*, case: str) -> dict[str, Any]:
    """One loss and gradient of jphoto's, twice."""
    import jax
    import numpy as np
    from machine import peak_memory
    from sides import ours

    from jphoto.solver.pairs import Pair

    with np.load(case) as arrays:
        pair = Pair(*(arrays[name] for name in Pair._fields))
    own = ours(pair, "tf32" if jax.default_backend() == "gpu" else "float32")
    for _ in range(EVALUATIONS):
        jax.block_until_ready(own.evaluate())
    return {"peak_bytes": peak_memory()}


def transfer(
    *,
    size: int,
    photo: str = "meadow",
    stripes: int | None = None,
    preset: str = "default",
    **changes: Any,
) -> dict[str, Any]:
    """A transfer, as the command line runs it; compilation is in its seconds.

    Args:
      size: long side of the photos, which are enlarged if need be, and of the result.
      photo: a bundled one.
      stripes: so many regions in place of the painted ones; 0 for those that are found.
      preset: of the settings, with changes.
    """
    import photos
    from machine import peak_memory

    import jphoto

    content, style, *masks = photos.sources(size, photo)
    if stripes is not None:
        masks = [photos.labels(stripes, *of.shape[:2]) for of in (content, style)]
    settings = jphoto.Settings.preset(preset, **{"backbone": "vgg16", "size": size, **changes})
    given = dict(zip(("content_mask", "style_mask"), masks, strict=True)) if stripes != 0 else {}
    result = jphoto.transfer(content, style, settings=settings, **given)
    return {
        "content": content.shape[:2],
        "style": style.shape[:2],
        "regions": sum(region.use.startswith("matched") for region in result.regions),
        "peak_bytes": peak_memory(),
        "seconds": result.seconds,
        "steps": len(result.steps),
        "objective": [result.steps[0].total, result.steps[-1].total],
    }


def rival(**options: Any) -> dict[str, Any]:
    """The same evaluations by PyTorch, in a process that this one starts."""
    from torch_rival.client import Rival

    with Rival() as worker:
        worker.request("open", **options)
        worker.request("time", what="evaluate", runs=EVALUATIONS, warm_up=0)
        return {"peak_bytes": worker.request("memory")}


if __name__ == "__main__":
    kinds = {"evaluation": evaluation, "transfer": transfer, "rival": rival}
    print(json.dumps(kinds[sys.argv[1]](**json.loads(sys.argv[2]))))
