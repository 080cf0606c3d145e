"""Tools that cases and studies share; nothing here is a command, but for `memory_probe`.

Measuring: `timing` takes times, `machine` describes the machine, `resident` reads peak memory,
`memory_probe` measures it in a process of its own, `program_memory` asks XLA, `flops` and
`evaluations` count work. Inputs: `photos` and `network`. Comparing: `sides` has jphoto and PyTorch
evaluate the same pair. Running: `context` is what each case gets, `processes` starts modules of
this package as programs, `records` writes JSON.

Not here: what is measured (in `cases`, `studies` and `gpu`), and PyTorch (in `torch_rival`).
"""
