"""Optimizers: `lbfgs`, `lbfgs_fixed` and `adam`, written to run inside `lax.scan` and `jax.vmap`.

- `interface`: what an optimizer is, a pair of pure functions, and the conditions it reports;
- `lbfgs`: L-BFGS with one evaluation a step and a preconditioner;
- `lbfgs_fixed`: L-BFGS without a line search, for comparison with the published recipe;
- `adam`: Adam, from optax.

Nothing here depends on pictures or networks: these serve any objective of one array. The loop over
steps and sizes is in `solver`.
"""

from jphoto.optimizers.adam import adam
from jphoto.optimizers.interface import Condition, Optimizer
from jphoto.optimizers.lbfgs import lbfgs
from jphoto.optimizers.lbfgs_fixed import lbfgs_fixed

__all__ = ["Condition", "Optimizer", "adam", "lbfgs", "lbfgs_fixed"]
