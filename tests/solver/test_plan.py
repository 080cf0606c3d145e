"""The plan of a solve: which objective serves at which size."""

from jphoto.settings import Settings
from jphoto.solver.plan import objectives


def test_the_finer_of_several_sizes_use_less_of_the_network():
    default, middle, fine = "jphoto", "jphoto-middle", "jphoto-fine"
    expected = [[default], [default, fine], [default, middle, fine]]
    assert [objectives(levels, Settings()) for levels in (1, 2, 3)] == expected
    assert objectives(4, Settings()) == [default, default, middle, fine]
    assert objectives(3, Settings.preset("paper", levels=3)) == ["paper"] * 3
