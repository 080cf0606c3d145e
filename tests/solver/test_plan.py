"""The plan of a solve: which objective serves at which size."""

from jphoto.settings import Settings
from jphoto.solver.plan import objectives
from jphoto.solver.programs import OBJECTIVES


def test_the_finest_of_several_sizes_uses_less_of_the_network():
    coarse, fine = "jphoto-coarse", "jphoto-fine"
    expected = [["jphoto"], [coarse, fine], [coarse, coarse, fine]]
    assert [objectives(levels, Settings()) for levels in (1, 2, 3)] == expected
    assert objectives(4, Settings()) == [coarse, coarse, coarse, fine]
    assert objectives(3, Settings.preset("paper", levels=3)) == ["paper"] * 3
    assert OBJECTIVES[coarse] is OBJECTIVES["jphoto"]
