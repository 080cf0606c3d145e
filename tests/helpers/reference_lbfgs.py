"""L-BFGS from the textbook, on lists and in float64: the slow twin of `jphoto.optimizers.lbfgs`.

Nocedal, Wright 2006, algorithms 7.4 and 3.1, with one evaluation a step: a refused step is halved.
"""

import numpy as np


def descend(value_and_gradient, x, steps, history=10, precondition=lambda gradient: gradient):
    """The accepted point after each step; the first step evaluates the start."""
    value, gradient = value_and_gradient(x)
    moves, changes, scale, points = [], [], 1.0, [x]
    direction = -precondition(gradient)
    length = first_length(direction)
    for _ in range(steps - 1):
        trial = x + length * direction
        trial_value, trial_gradient = value_and_gradient(trial)
        enough = value + 1e-4 * length * (gradient @ direction)
        if trial_value <= enough and trial_value < value:
            s, y = trial - x, trial_gradient - gradient
            if s @ y > 1e-10 * (s @ s):
                moves, changes = [*moves, s][-history:], [*changes, y][-history:]
                scale = (s @ y) / (y @ precondition(y))
            x, value, gradient = trial, trial_value, trial_gradient
            direction = -times_inverse_hessian(gradient, moves, changes, scale, precondition)
            length = 1.0 if moves else first_length(direction)
        else:
            length /= 2
        points.append(x)
    return np.array(points)


def first_length(direction):
    return min(1.0, 0.015 / np.sqrt(np.mean(direction**2)))


def times_inverse_hessian(q, moves, changes, scale, precondition):
    """The two-loop recursion."""
    weights = []
    for s, y in reversed(list(zip(moves, changes, strict=True))):
        weight = (s @ q) / (s @ y)
        weights.append(weight)
        q = q - weight * y
    r = scale * precondition(q)
    for s, y, weight in zip(moves, changes, reversed(weights), strict=True):
        r = r + s * (weight - (y @ r) / (s @ y))
    return r
