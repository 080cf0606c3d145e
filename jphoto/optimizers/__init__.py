"""Methods of descent: `lbfgs` (one evaluation a step, preconditioned), `lbfgs_fixed` and `adam`.

Each is a pair of pure functions, see `interface`, and knows nothing of pictures or networks. The
loop that calls them, step by step and size by size, is in `solver`.
"""
