"""One solve, from arrays to arrays: sizes from coarse to fine, and at each a descent.

`pairs` puts photos into arrays, `plan` and `levels` decide sizes and steps, `programs` and `steps`
are what is compiled, `vectorized` maps it over several pairs, `descent` is the host's loop, and
`single` and `batch` solve one pair or many. Files, networks' weights and full-size photos are in
`pipeline`.
"""
