"""Seconds of repeated runs, peak memory, and what the machine can do at best."""

import gc
import time
from collections.abc import Callable
from typing import Any

import torch
from resident import peak_resident


def wait(device: torch.device) -> None:
    """Until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(work: Callable[[], Any], device: torch.device) -> float:
    """Of one run."""
    wait(device)
    began = time.perf_counter()
    work()
    wait(device)
    return time.perf_counter() - began


def repeated(work: Callable[[], Any], runs: int, warm_up: int, device: torch.device) -> list[float]:
    """Seconds of each run after warm-up, with the garbage collector off."""
    for _ in range(warm_up):
        work()
    gc.collect()
    gc.disable()
    try:
        return [seconds(work, device) for _ in range(runs)]
    finally:
        gc.enable()


def peak_memory(device: torch.device) -> dict[str, int]:
    """Most bytes this process has held, and most that it has had on the device."""
    found = {"resident": peak_resident()}
    if device.type == "cuda":
        found["device"] = torch.cuda.max_memory_allocated(device)
    return found


def ceilings(
    size: int, dtype: torch.dtype, device: torch.device, runs: int = 5
) -> dict[str, object]:
    """Seconds of a large matrix product and of a large copy, and what they amount to.

    Args:
      size: rows and columns of the square matrices.
      dtype: of their entries.
      device: that they lie on.
      runs: of each, after one to warm up.
    """
    left, right = (torch.rand(size, size, device=device).to(dtype) for _ in range(2))
    into = torch.empty_like(left)
    return {
        "matmul": repeated(lambda: torch.mm(left, right, out=into), runs, 1, device),
        "copy": repeated(lambda: into.copy_(left), runs, 1, device),
        "flops": 2 * size**3,
        "bytes": 2 * size**2 * left.element_size(),
    }
