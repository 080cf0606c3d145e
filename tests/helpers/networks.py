"""VGG-16 with random weights and few channels, and how to compile networks of full size."""

import jax
import jax.numpy as jnp
import numpy as np

OPTIMIZED = {"xla_backend_optimization_level": 3, "xla_llvm_disable_expensive_passes": False}
"""Options of XLA that other tests do without, see conftest: for a program that runs for longer than
its optimization takes."""
BLOCKS = ((1, 2, 4), (2, 2, 5), (3, 3, 6), (4, 3, 7), (5, 1, 8))
"""Block, convolutions and channels: VGG-16's layers, few channels."""


def narrow_vgg16(seed: int = 0) -> dict[str, dict[str, jax.Array]]:
    """Random weights for VGG-16 with few channels."""
    random, params, width = np.random.default_rng(seed), {}, 3
    for block, count, channels in BLOCKS:
        for place in range(1, count + 1):
            kernel = random.normal(size=(3, 3, width, channels)) * np.sqrt(2 / (9 * width))
            params[f"conv{block}_{place}"] = {
                "kernel": jnp.asarray(kernel, jnp.float32),
                "bias": jnp.asarray(0.1 * random.normal(size=channels), jnp.float32),
            }
            width = channels
    return params
