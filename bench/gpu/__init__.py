"""What `scripts/gpu` runs: a session of steps on a machine with an accelerator.

`__main__` is the command, `session` runs the steps in processes of their own and writes the record,
`worker` is such a process, `plan` has the table of steps, `machine` describes the machine and finds
weights. The steps, a module each: `parity`, `tests`, `transfer`, `batch`, `estimate`, `objective`.
`stand_ins` has replacements for small packages that a machine may lack.
"""
