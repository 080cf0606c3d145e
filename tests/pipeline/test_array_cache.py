"""The cache of arrays: bounded in bytes, the least recently used dropped first."""

import numpy as np

from jphoto.pipeline.array_cache import ArrayCache


def test_the_least_recently_used_is_computed_again(monkeypatch):
    monkeypatch.setattr("jphoto.pipeline.array_cache.MOST_BYTES", 24)
    cache, computed = ArrayCache(), []

    def get(key):
        def compute():
            computed.append(key)
            return [np.full(3, ord(key), np.float32)]

        (found,) = cache.get(key, compute)
        np.testing.assert_array_equal(found, [ord(key)] * 3)

    for key in "abacab":
        get(key)
    assert computed == ["a", "b", "c", "b"]
