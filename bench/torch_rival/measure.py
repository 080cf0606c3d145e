"""Seconds of repeated runs, peak memory, and the best speed of the machine."""

import gc
import time
from collections.abc import Callable
from typing import Any

import torch

from bench.harness.processes import peak_resident


def wait(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(run: Callable[[], Any], device: torch.device) -> float:
    """The seconds of one run."""
    wait(device)
    began = time.perf_counter()
    run()
    wait(device)
    return time.perf_counter() - began


def repeated(run: Callable[[], Any], runs: int, warm_up: int, device: torch.device) -> list[float]:
    """Seconds of each run after warm-up, with the garbage collector off."""
    for _ in range(warm_up):
        run()
    gc.collect()
    gc.disable()
    try:
        return [seconds(run, device) for _ in range(runs)]
    finally:
        gc.enable()


def peak_memory(device: torch.device) -> dict[str, int]:
    """Peak bytes of this process in memory and, with CUDA, on the device."""
    peak = {"resident": peak_resident()}
    if device.type == "cuda":
        peak["device"] = torch.cuda.max_memory_allocated(device)
    return peak


def ceilings(
    size: int, dtype: torch.dtype, device: torch.device, runs: int = 5
) -> dict[str, object]:
    """Seconds of a large matrix product and of a large copy, with their operations and bytes.

    Args:
      size: rows of the square matrices.
      dtype: of their entries.
      device: of the matrices.
      runs: of each, after one for warm-up.
    """
    left, right = (torch.rand(size, size, device=device).to(dtype) for _ in range(2))
    into = torch.empty_like(left)
    return {
        "matmul": repeated(lambda: torch.mm(left, right, out=into), runs, 1, device),
        "copy": repeated(lambda: into.copy_(left), runs, 1, device),
        "flops": 2 * size**3,
        "bytes": 2 * size**2 * left.element_size(),
    }
