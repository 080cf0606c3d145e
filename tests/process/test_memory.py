"""Memory that a thread has freed goes back to the system."""

import ctypes
import threading

import psutil
import pytest

from jphoto.process.memory import give_back

PIECE_BYTES, PIECES = 2**16, 4096  # less than what malloc asks the system for one by one


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc")
def test_freed_memory_is_given_back():
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]

    def use():
        pieces = [library.malloc(PIECE_BYTES) for _ in range(PIECES)]
        for piece in pieces:
            ctypes.memset(piece, 1, PIECE_BYTES)
        for piece in pieces[:-1]:  # the last one keeps malloc from shrinking its heap by itself
            library.free(piece)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    process = psutil.Process()
    before = process.memory_info().rss
    give_back()
    assert before - process.memory_info().rss > PIECE_BYTES * PIECES / 2
