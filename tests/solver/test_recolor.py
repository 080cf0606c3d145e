"""Colors alone, without steps of an optimizer."""

import numpy as np
from helpers.solving import PAIR

from jphoto.settings import Settings
from jphoto.solver.pairs import Pair, bucket
from jphoto.solver.progress import Status
from jphoto.solver.single import recolor


def test_without_steps_colors_move_to_the_styles_region_by_region():
    told = []
    settings = Settings.preset("preview", style_strength=1.0)
    solution = recolor(PAIR, settings, told.append, bucket(PAIR, 48))
    assert (solution.status, solution.steps) == (Status.FINISHED, ())
    for mask, style_mask in zip(PAIR.content_masks, PAIR.style_masks, strict=True):
        inside, goal = mask[..., None] == 1, style_mask[..., None] == 1
        before, after, wanted = (
            photo.mean((0, 1), where=region)
            for photo, region in (
                (PAIR.content, inside), (solution.picture, inside), (PAIR.style, goal)
            )
        )  # fmt: skip
        assert np.abs(after - wanted).max() < 0.2 * np.abs(before - wanted).max()
    (report,) = told
    assert (report.step, report.share, report.terms) == (0, 1.0, None)
    np.testing.assert_array_equal(report.picture(), solution.picture.clip(0, 1))
    half = recolor(PAIR, Settings.preset("preview", style_strength=0.5), lambda _: False)
    assert half.status is Status.STOPPED
    middle = (PAIR.content + solution.picture) / 2
    np.testing.assert_allclose(half.picture, middle, atol=1e-4)


def test_faint_texture_follows_the_colors_and_is_never_amplified():
    """A plain wall with faint spots of color beside a house front with strong ones."""
    random = np.random.default_rng(0)
    content = np.full((24, 32, 3), 0.5, np.float32)
    content[:, :16] += 0.01 * random.standard_normal((24, 16, 3), np.float32)
    content[:, 16:] += 0.2 * random.uniform(-1, 1, (24, 16, 3)).astype(np.float32)
    gray = content.mean(-1, keepdims=True) * np.ones(3, np.float32)
    whole = np.ones((1, 24, 32), np.float32)
    settings = Settings.preset("preview")
    wall = np.s_[4:-4, 4:12]

    def texture_of(style):
        pair = Pair(content, np.float32(style), whole, whole)
        result = recolor(pair, settings).picture[wall]
        return result - result.mean((0, 1)), content[wall] - content[wall].mean((0, 1))

    result, before = texture_of(gray)
    chroma, of_content = (np.ptp(texture, -1).mean() for texture in (result, before))
    assert chroma < 0.3 * of_content
    result, before = texture_of(0.5 + 2 * (content - 0.5))
    assert result.std() < 1.3 * before.std()
