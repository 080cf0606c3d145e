"""Reads the convolutions of a TensorFlow Lite model whose weights are integers, as floats.

Each output channel of a kernel, and each bias, has a scale of its own; times that scale, the
integers are the numbers that the network was trained to.

Source: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", section 2.1.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jphoto.errors import WeightsError
from jphoto.weights.layout import layers


def read_tflite(path: Path, network: str) -> dict[str, np.ndarray]:
    """Kernels and biases of a network whose layers lie in the file in the order they run.

    Args:
      path: a model of convolutions with 8-bit kernels and 32-bit biases.
      network: "deeplab".

    Raises: WeightsError, if it is no such file or has other layers.
    """
    try:
        found = list(_convolutions(path.read_bytes()))
    # Whatever offset a broken buffer holds is followed: nearly any exception may come of it.
    except Exception as error:
        raise WeightsError(f"{path} is no readable TFLite model: {error}") from None
    names = layers(network)
    if len(found) != len(names):
        raise WeightsError(
            f"{path} does not hold {network}: {len(found)} convolutions, not {len(names)}"
        )
    tensors = {}
    for name, (kernel, bias) in zip(names, found, strict=True):
        tensors[f"{name}.kernel"], tensors[f"{name}.bias"] = kernel, bias
    return tensors


def _convolutions(data: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Kernel (height x width x in x out) and bias of each, in order."""
    import tflite

    model = tflite.Model.GetRootAsModel(data, 0)
    graph = model.Subgraphs(0)
    # Out of the file's order of axes, out x height x width x in, or 1 x height x width x channels.
    axes = {
        tflite.BuiltinOperator.CONV_2D: (1, 2, 3, 0),
        tflite.BuiltinOperator.DEPTHWISE_CONV_2D: (1, 2, 0, 3),
    }
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        code = model.OperatorCodes(operator.OpcodeIndex())
        order = axes.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
        if order is not None:
            kernel, bias = (_values(model, graph.Tensors(operator.Inputs(i))) for i in (1, 2))
            yield kernel.transpose(order), bias


def _values(model: Any, tensor: Any) -> np.ndarray:
    """A tensor's integers times their scales."""
    import tflite

    kinds = {tflite.TensorType.INT8: "<i1", tflite.TensorType.INT32: "<i4"}
    integers = model.Buffers(tensor.Buffer()).DataAsNumpy().view(kinds[tensor.Type()])
    quantization = tensor.Quantization()
    if np.any(quantization.ZeroPointAsNumpy()):
        raise ValueError("its weights are not symmetric about 0")
    scales = np.ones(tensor.ShapeLength(), int)
    scales[quantization.QuantizedDimension()] = -1
    factors = quantization.ScaleAsNumpy().astype(np.float64).reshape(scales)
    values: np.ndarray = integers.reshape(tensor.ShapeAsNumpy()) * factors
    return values.astype(np.float32)
