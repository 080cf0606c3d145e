"""TensorFlow Lite models for tests: read and written with the interpreter's own schema."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

INTEGERS = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}


def unpack(data: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(data, 0))


def pack(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def kind(model: schema.ModelT, operator: schema.OperatorT) -> int:
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def values(model: schema.ModelT, tensor: schema.TensorT) -> np.ndarray:
    """A constant's integers times their scales."""
    integers = np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(INTEGERS[tensor.type])
    shape = np.ones(len(tensor.shape), int)
    shape[tensor.quantization.quantizedDimension] = -1
    scales = np.asarray(tensor.quantization.scale, np.float64).reshape(shape)
    return (integers.reshape(tensor.shape) * scales).astype("<f4")


def in_floats(data: bytes) -> bytes:
    """The same model with every tensor in floats: nothing is rounded between its layers."""
    model = unpack(data)
    graph = model.subgraphs[0]
    for tensor in graph.tensors:
        if tensor.quantization is None or tensor.quantization.scale is None:
            continue
        stored = model.buffers[tensor.buffer]
        if stored.data is not None:
            stored.data = np.frombuffer(values(model, tensor).tobytes(), np.uint8)
        tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
    before, kept = {}, []
    for operator in graph.operators:
        operator.inputs = [before.get(place, place) for place in map(int, operator.inputs)]
        if kind(model, operator) == schema.BuiltinOperator.QUANTIZE:
            before[int(operator.outputs[0])] = operator.inputs[0]
        else:
            kept.append(operator)
    graph.operators = kept
    return pack(model)


def interpreter(data: bytes):
    """A function from an input to the model's output."""
    running = Interpreter(model_content=data)
    running.allocate_tensors()
    inlet, outlet = running.get_input_details()[0], running.get_output_details()[0]

    def run(array: np.ndarray) -> np.ndarray:
        running.set_tensor(inlet["index"], array[None].astype(inlet["dtype"]))
        running.invoke()
        return running.get_tensor(outlet["index"])[0]

    return run
