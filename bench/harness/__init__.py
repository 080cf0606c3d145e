"""Tools that cases and studies share; none is a command but `memory_probe`.

Measuring: `timing` takes times, `machine` describes the machine, `memory_probe` measures peak
memory in a process of its own, `program_memory` asks XLA for its plan, `work` counts operations and
evaluations. Inputs: `photos` and `network`. Comparing: `sides` has jphoto and PyTorch evaluate the
same pair. Running: `context` is what each case gets, `processes` starts modules of this package as
programs, `transfers` makes whole transfers in them, `records` writes JSON.

Not here: what is measured (in `cases`, `studies` and `gpu`), and PyTorch (in `torch_rival`).
"""
