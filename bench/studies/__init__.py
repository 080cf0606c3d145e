"""Programs that answer one question each: `python -m bench.studies.NAME --help`.

On folders of photo pairs: `convergence`, `recipe`, `search`, and `lift`, for which `enlarge` makes
large photos. Without a folder: `capacity` on memory, `manifest` on long batches.
"""
