"""The same job in PyTorch, as well and as fast as we can write it: the benchmarks' contender.

It runs in a process of its own (`python -m torch_rival`), which knows nothing of jax or jphoto;
the other side talks to it through `client.Rival`, which knows nothing of torch. Pictures are
h x w x 3, sRGB in [0, 1]; masks k x h x w.
"""
