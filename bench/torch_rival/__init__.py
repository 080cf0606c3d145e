"""The same job in PyTorch, as fast as we can write it, for comparison.

It runs in a process of its own (`python -m bench.torch_rival`), which imports neither jax nor
jphoto; the other side talks to it through `client.Rival`, which does not import torch. Pictures are
h x w x 3, sRGB in [0, 1]; masks k x h x w.

`network` and `regions` compute features and Gram matrices, `laplacian` the matting Laplacian,
`objective` the loss and its gradient, `solver` descends, `measure` takes times; `__main__` answers
requests.
"""
