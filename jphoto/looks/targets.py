"""What the solver compares a content photo with, from a look in place of a style photo."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float32

from jphoto.looks.gaussians import Gaussian
from jphoto.looks.statistics import Group, Statistics, colors_for, region_targets
from jphoto.objectives.colors import RIDGE, Moments
from jphoto.objectives.targets import StyleTargets
from jphoto.regions import HostMasks
from jphoto.solver.programs import COARSE_OBJECTIVE, FINE_OBJECTIVE, HALF_OBJECTIVE

_SIZE_OF_OBJECTIVE = {
    COARSE_OBJECTIVE: "coarse",
    HALF_OBJECTIVE: "half",
    FINE_OBJECTIVE: "fine",
    "jphoto": "half",  # of a single size, which has as many layers
}


class LookTargets(NamedTuple):
    """A look for the regions of one content photo."""

    title: str
    """Of the look, see `Look.title`."""
    look: Statistics
    groups: Sequence[Group]
    """For each region the kinds that it takes its style from."""
    content: Sequence[Gaussian]
    """The colors of the content photo's regions, and last of the whole photo."""

    def style_targets(self, objectives: Sequence[str], regions: int) -> list[StyleTargets]:
        """In place of a style photo's targets at each size, on the device.

        Args:
          objectives: at each size, from `solver.plan.objectives`.
          regions: number that the arrays have room for.
        """
        sizes = [_SIZE_OF_OBJECTIVE[objective] for objective in objectives]
        targets: list[StyleTargets] = jax.device_put(
            [
                region_targets(self.look, self.groups, size, self._colors(size, regions), regions)
                for size in sizes
            ]
        )
        return targets

    def colors(self, regions: int) -> Moments:
        """In place of a style photo's color moments, for a result without a descent."""
        moments: Moments = jax.device_put(self._colors("fine", regions))
        return moments

    def _colors(self, size: str, regions: int) -> Moments:
        return colors_for(self.look, self.groups, size, self.content, regions)


def region_colors(photo: Float32[np.ndarray, "h w 3"], masks: HostMasks) -> list[Gaussian]:
    """The colors of a photo's regions, and last of the whole photo.

    Args:
      photo: sRGB in [0, 1].
      masks: of its regions.
    """
    colors = photo.reshape(-1, 3)
    everywhere = np.ones((1, len(colors)), np.float32)
    weights = np.concatenate([masks.reshape(len(masks), len(colors)), everywhere])
    found = []
    for weight in weights:
        weight = weight / max(weight.sum(dtype=np.float64), 1e-6)
        mean = (weight @ colors).astype(np.float64)
        offsets = colors - mean
        covariance = (offsets * weight[:, None]).T @ offsets
        found.append(Gaussian(mean, covariance + RIDGE * np.eye(3)))
    return found
