"""A process that does one thing and prints, as JSON, how much memory it took at most.

    python -m bench.harness.memory_probe transfer '{"size": 256, "steps": 60}'

It can also do an `evaluation` of a pair from a file, have the `rival` PyTorch do it, or transfer a
`video`.
"""

import json
import subprocess
import sys
from typing import Any

from bench.harness.processes import module_command, module_environment

EVALUATIONS = 2


def probe(what: str, options: dict[str, Any], environment: dict[str, str] | None = None) -> Any:
    """Run this module as a process.

    Args:
      what: transfer, evaluation, rival or video.
      options: arguments of the function of that name.
      environment: variables of the process; by default those of this one.

    Returns: what the process printed.
    """
    completed = subprocess.run(
        module_command(__name__, what, json.dumps(options, default=str)),
        stdout=subprocess.PIPE, env=environment or module_environment(), check=True,
    )  # fmt: skip
    return json.loads(completed.stdout)


def evaluation(*, case: str) -> dict[str, Any]:
    """One loss and gradient by jphoto, twice.

    Args:
      case: .npz of a pair, from `Context.write_pair`.
    """
    import jax
    import numpy as np

    from bench.harness.machine import peak_memory
    from bench.harness.sides import ours
    from jphoto.solver.pairs import Pair

    with np.load(case) as arrays:
        pair = Pair(*(arrays[name] for name in Pair._fields))
    own = ours(pair, "tf32" if jax.default_backend() == "gpu" else "float32")
    for _ in range(EVALUATIONS):
        jax.block_until_ready(own.evaluate())
    return {"peak_bytes": peak_memory()}


def video(*, clip: str, style: str, preset: str) -> dict[str, Any]:
    """A clip by `transfer_video`.

    Args:
      clip: its path.
      style: path of the style photo.
      preset: of the settings.
    """
    import tempfile
    from pathlib import Path

    import jphoto
    from bench.harness.machine import peak_memory
    from jphoto.cli.run import keep_compiled_programs
    from jphoto.video import transfer_video

    keep_compiled_programs()
    settings = jphoto.Settings.preset(preset)
    with tempfile.TemporaryDirectory() as folder:
        result = transfer_video(clip, style, Path(folder) / "out.mp4", settings=settings)
    return {
        "frames": result.frames,
        "key_frames": len(result.key_frames),
        "seconds": result.seconds,
        "peak_bytes": peak_memory(),
    }


def transfer(
    *,
    size: int,
    photo: str = "meadow",
    stripes: int | None = None,
    preset: str = "default",
    runs: int = 1,
    **changes: Any,
) -> dict[str, Any]:
    """A transfer, as the command line runs it.

    Args:
      size: long side of the photos, which are enlarged if necessary, and of the result.
      photo: name of a bundled pair.
      stripes: number of regions in place of the painted ones; 0 to have regions found.
      preset: of the settings.
      runs: transfers; the first one also compiles.
      changes: of the preset's settings.
    """
    import jax

    import jphoto
    from bench.harness import photos
    from bench.harness.machine import peak_memory
    from bench.harness.network import backbone

    content, style, *masks = photos.sources(size, photo)
    if stripes is not None:
        masks = [photos.labels(stripes, *of.shape[:2]) for of in (content, style)]
    settings = jphoto.Settings.preset(preset, **{"backbone": backbone(), "size": size, **changes})
    if stripes == 0:
        masks = [None, None]
    arguments = {"content_mask": masks[0], "style_mask": masks[1], "settings": settings}
    results = [jphoto.transfer(content, style, **arguments) for _ in range(runs)]
    result = results[-1]
    return {
        "platform": jax.default_backend(),
        "content": content.shape[:2],
        "style": style.shape[:2],
        "solved": result.solved.shape[:2],
        "regions": sum(region.use.startswith("matched") for region in result.regions),
        "peak_bytes": peak_memory(),
        "seconds": result.seconds,
        "all_seconds": [each.seconds["total"] for each in results],
        "steps": len(result.steps),
        "objective": [result.steps[0].total, result.steps[-1].total],
    }


def rival(**options: Any) -> dict[str, Any]:
    """The same evaluations by PyTorch, in a process that this one starts.

    Args:
      options: from `Context.rival_options`.
    """
    from bench.torch_rival.client import Rival

    with Rival() as worker:
        worker.request("open", **options)
        worker.request("time", what="evaluate", runs=EVALUATIONS, warm_up=0)
        return {"peak_bytes": worker.request("memory")}


if __name__ == "__main__":
    functions = {"evaluation": evaluation, "transfer": transfer, "rival": rival, "video": video}
    print(json.dumps(functions[sys.argv[1]](**json.loads(sys.argv[2]))))
