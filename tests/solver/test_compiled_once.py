"""Programs of the solver are compiled once for all settings, and once for each size."""

from helpers.solving import PAIR, make_pair, run

from jphoto.settings import Settings
from jphoto.solver.single import solve


def test_another_weight_or_seed_compiles_nothing(params, compilations):
    run(params, start="noise")
    run(params, optimizer="adam")
    compilations.clear()
    run(params, start="noise", seed=3, steps=13)
    run(params, start="noise", style_weight=2.0, content_weight=0.0, photorealism_weight=7.5)
    run(params, optimizer="adam", learning_rate=0.5)
    assert compilations == []


def test_whole_numbers_as_weights_compile_nothing(params, compilations):
    run(params)
    settings = Settings(steps=3, levels=1, preconditioner="none", smoothing="none")
    # As a user may write it, and the run-time check of annotations would refuse.
    object.__setattr__(settings, "photorealism_weight", 50)
    object.__setattr__(settings, "learning_rate", 1)
    compilations.clear()
    solve(PAIR, params, "torchvision", settings)
    assert compilations == []


def test_a_new_size_compiles_each_program_once(params, compilations):
    run(params, optimizer="adam")
    compilations.clear()
    pair = make_pair((41, 48), (36, 44))
    run(params, pair, steps=13, optimizer="adam")
    programs = len(compilations)
    # Style, preparation, start, state, steps.
    assert 4 <= programs <= 6
    run(params, pair, steps=2, optimizer="adam")
    assert len(compilations) == programs
