"""What `bench/run.py` measures: one file a case, each with `run(context)`, its record for JSON.

`laplacian`, `features` and `objective` time parts of an evaluation and a whole one; `steps` and
`solve` a descent; `batch` many pairs; `memory` peak memory; `ceilings` the best of the machine.
`busy_cores`, `first_look`, `proportions` and `batch_memory` look at whole transfers and batches.
"""
