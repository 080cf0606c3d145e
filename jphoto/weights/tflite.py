"""Reads the convolutions of a TensorFlow Lite model with integer weights, as floats.

Each output channel of a kernel, and each bias, has its own scale. The weights that were trained are
the integers times that scale, up to rounding.

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
    """Read the kernels and biases of a network.

    Args:
      path: a model of convolutions with 8-bit kernels and 32-bit biases, in the order in which they
        run.
      network: "deeplab".

    Returns: tensors by name, as in `layout`.
    Raises: WeightsError, if the file has another format or other layers.
    """
    try:
        convolutions = list(_convolutions(path.read_bytes()))
    # The offsets in a damaged file are not checked, so nearly any exception may be raised.
    except Exception as error:
        raise WeightsError(f"{path} is no readable TFLite model: {error}") from None
    names = layers(network)
    if len(convolutions) != len(names):
        raise WeightsError(
            f"{path} does not hold {network}: {len(convolutions)} convolutions, not {len(names)}"
        )
    tensors = {}
    for name, (kernel, bias) in zip(names, convolutions, strict=True):
        tensors[f"{name}.kernel"], tensors[f"{name}.bias"] = kernel, bias
    return tensors


def _convolutions(data: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The kernel (height x width x in x out) and the bias of each convolution, in order."""
    import tflite

    model = tflite.Model.GetRootAsModel(data, 0)
    graph = model.Subgraphs(0)
    # The file has out x height x width x in, and for depthwise ones 1 x height x width x channels.
    axes = {
        tflite.BuiltinOperator.CONV_2D: (1, 2, 3, 0),
        tflite.BuiltinOperator.DEPTHWISE_CONV_2D: (1, 2, 0, 3),
    }
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        code = model.OperatorCodes(operator.OpcodeIndex())
        order = axes.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
        if order is not None:
            kernel, bias = (_values(model, graph.Tensors(operator.Inputs(i))) for i in (1, 2))
            yield kernel.transpose(order), bias


def _values(model: Any, tensor: Any) -> np.ndarray:
    """A tensor's integers times their scales."""
    import tflite

    types = {tflite.TensorType.INT8: "<i1", tflite.TensorType.INT32: "<i4"}
    integers = model.Buffers(tensor.Buffer()).DataAsNumpy().view(types[tensor.Type()])
    quantization = tensor.Quantization()
    if np.any(quantization.ZeroPointAsNumpy()):
        raise ValueError("its weights are not symmetric about 0")
    shape = np.ones(tensor.ShapeLength(), int)
    shape[quantization.QuantizedDimension()] = -1
    scales = quantization.ScaleAsNumpy().astype(np.float64).reshape(shape)
    values: np.ndarray = integers.reshape(tensor.ShapeAsNumpy()) * scales
    return values.astype(np.float32)
