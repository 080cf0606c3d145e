"""The memory that XLA plans for the steps of pairs solved at once, as on an accelerator.

The program is compiled for the CPU, but from the form for accelerators: XLA plans its memory alike.
The workspace that a GPU's own kernels request while they run is not included.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import ShapeDtypeStruct, export

from jphoto import weights
from jphoto.compilation import compiler_options
from jphoto.networks.vgg import with_flipped_kernels
from jphoto.objectives.targets import Targets
from jphoto.settings import Settings
from jphoto.solver.plan import loss_weights, paddable
from jphoto.solver.programs import content_targets, style_targets
from jphoto.solver.vectorized import BATCHED, SINGLE


def planned_bytes(content: tuple[int, int], regions: int, settings: Settings, count: int) -> int:
    """Bytes that a chunk of steps at full size takes: its arguments, results and workspace.

    Args:
      content: height and width of the arrays.
      regions: number of regions in the arrays.
      settings: must name the network.
      count: pairs solved at once; 1 for the program of a single pair.
    """
    network = weights.load(settings.backbone)
    params = jax.eval_shape(with_flipped_kernels, network.params)
    kind = {"preprocessing": network.preprocessing, "objective": settings.objective}
    method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
    targets = _targets(params, content, regions, paddable(settings), **kind)
    picture, terms = targets.content.photo, loss_weights(settings)
    begin = functools.partial(uncompiled(SINGLE.begin), **method)
    state = jax.eval_shape(begin, targets, terms, picture)
    if count > 1:
        targets, state = jax.tree.map(
            lambda of: ShapeDtypeStruct((count, *of.shape), of.dtype), (targets, state)
        )
    advance = (BATCHED if count > 1 else SINGLE).advance
    steps = functools.partial(uncompiled(advance), **kind, **method)
    arguments = params, targets, terms, 0.0, state, 1, 0.0
    exported = export.export(
        jax.jit(steps), platforms=["cuda"],
        disabled_checks=[export.DisabledSafetyCheck.platform()],
    )(*arguments)  # fmt: skip
    compiled = jax.jit(exported.call, donate_argnums=4, compiler_options=compiler_options("cpu"))
    plan = compiled.lower(*arguments).compile().memory_analysis()
    results = plan.output_size_in_bytes - plan.alias_size_in_bytes
    return int(plan.argument_size_in_bytes + plan.temp_size_in_bytes + results)


def uncompiled(program: Any) -> Any:
    """The function that a program was made from."""
    return program.__wrapped__


def _targets(
    params: Any, content: tuple[int, int], regions: int, padded: bool, **kind: str
) -> Targets:
    """The shapes of a pair's targets, with a style photo as large as the content photo."""
    picture, masks, valid = (
        ShapeDtypeStruct(shape, jnp.float32)
        for shape in ((*content, 3), (regions, *content), content)
    )
    padding = (valid,) if padded else ()
    of_style = functools.partial(uncompiled(style_targets), **kind)
    of_content = functools.partial(uncompiled(content_targets), **kind)
    of_pair = functools.partial(uncompiled(SINGLE.pair_targets), objective=kind["objective"])
    style_shapes = jax.eval_shape(of_style, params, picture, masks, *padding)
    content_shapes = jax.eval_shape(of_content, params, picture, *padding)
    pair_shapes = jax.eval_shape(of_pair, params, content_shapes, masks, style_shapes)
    return Targets(style_shapes, content_shapes, *pair_shapes)
