"""What XLA counts for the steps of pairs side by side, in the form that is not for CPUs.

It is compiled here for the CPU all the same: XLA plans its memory alike, but what a GPU's own
kernels ask for while they run is not in it.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import ShapeDtypeStruct, export

from jphoto import weights
from jphoto.compilation import compiler_options
from jphoto.networks.vgg import with_turned_kernels
from jphoto.objectives.dimensionless import Targets
from jphoto.settings import Settings
from jphoto.solver.plan import paddable, weights_of
from jphoto.solver.programs import see_content, see_style
from jphoto.solver.vectorized import ALONE, SIDE_BY_SIDE


def counted(content: tuple[int, int], regions: int, settings: Settings, count: int) -> int:
    """Bytes of the chunk of steps at full size: what it is given, makes and needs meanwhile.

    Args:
      content: height and width of the arrays.
      regions: that there is room for.
      settings: the network's name must be in them.
      count: pairs; one is solved alone.
    """
    network = weights.load(settings.backbone)
    params = jax.eval_shape(with_turned_kernels, network.params)
    named = {"preprocessing": network.preprocessing, "objective": settings.objective}
    method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
    targets = _targets(params, content, regions, paddable(settings), **named)
    picture, terms = targets.structure.photo, weights_of(settings)
    begin = functools.partial(raw(ALONE.begin), **method)
    course = jax.eval_shape(begin, targets, terms, picture)
    if count > 1:
        targets, course = jax.tree.map(
            lambda of: ShapeDtypeStruct((count, *of.shape), of.dtype), (targets, course)
        )
    advance = (SIDE_BY_SIDE if count > 1 else ALONE).advance
    steps = functools.partial(raw(advance), **named, **method)
    given = params, targets, terms, 0.0, course, 1, 0.0
    exported = export.export(
        jax.jit(steps), platforms=["cuda"],
        disabled_checks=[export.DisabledSafetyCheck.platform()],
    )(*given)  # fmt: skip
    compiled = jax.jit(exported.call, donate_argnums=4, compiler_options=compiler_options("cpu"))
    found = compiled.lower(*given).compile().memory_analysis()
    made = found.output_size_in_bytes - found.alias_size_in_bytes
    return int(found.argument_size_in_bytes + found.temp_size_in_bytes + made)


def raw(program: Any) -> Any:
    """The function that a program was made from, not yet compiled for any device."""
    return program.__wrapped__


def _targets(
    params: Any, content: tuple[int, int], regions: int, padded: bool, **named: str
) -> Targets:
    """Shapes of a pair's targets, its style as large as its content."""
    picture, masks, valid = (
        ShapeDtypeStruct(shape, jnp.float32)
        for shape in ((*content, 3), (regions, *content), content)
    )
    own = (valid,) if padded else ()
    look = jax.eval_shape(functools.partial(raw(see_style), **named), params, picture, masks, *own)
    see = functools.partial(raw(see_content), **named)
    structure = jax.eval_shape(see, params, picture, *own)
    relate = functools.partial(raw(ALONE.relate), objective=named["objective"])
    return Targets(look, structure, *jax.eval_shape(relate, params, structure, masks, look))
