"""The plan of a solve: which objective serves at which size."""

from jphoto.settings import Settings
from jphoto.solver.plan import objectives
from jphoto.solver.programs import OBJECTIVES


def test_of_several_sizes_only_half_uses_the_whole_network():
    coarse, half, fine = "jphoto-coarse", "jphoto-half", "jphoto-fine"
    expected = [["jphoto"], [half, fine], [coarse, half, fine]]
    assert [objectives(levels, Settings()) for levels in (1, 2, 3)] == expected
    assert objectives(4, Settings()) == [coarse, coarse, half, fine]
    assert objectives(3, Settings.preset("paper", levels=3)) == ["paper"] * 3
    assert OBJECTIVES[half] is OBJECTIVES["jphoto"]
