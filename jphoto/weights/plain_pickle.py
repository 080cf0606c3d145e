"""Reads a pickle as plain data. Nothing in it is imported or called.

Python's own reader calls whatever a pickle names. This one keeps a name as text, and a call as a
record of the name and its arguments, and leaves it to the caller to know what they mean. It is for
small pickles, which describe arrays that are stored elsewhere. The operations are those that Python
2 and 3 write for dictionaries, lists, tuples, text and numbers.

Source: the comments of `pickletools` in Python's standard library.
"""

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST_NAME_CHARACTERS = 80
"""Of a name that the file chooses, in a message."""

_LITERALS = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT",
    "BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING",
}  # fmt: skip
"""Operations whose argument is the value."""
_NEW_VALUES: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_OPERANDS = {
    "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2,
    "REDUCE": 2, "NEWOBJ": 2, "BUILD": 1, "BINPERSID": 1, "STACK_GLOBAL": 2,
}  # fmt: skip
"""Operations that take values from the stack, with their number."""
_FROM_MARK = {"TUPLE", "APPENDS", "SETITEMS"}
"""Operations that take all values since the last mark."""


class Name(str):
    """The name of a function or class, such as "collections.OrderedDict"."""


@dataclass
class Call:
    """What a pickle would have Python call."""

    name: Name
    arguments: tuple[Any, ...]
    items: dict[str, Any] = field(default_factory=dict)
    """Entries that are then put into the object."""
    state: Any = None
    """What the object is then given as its state."""


def read_pickle(
    data: bytes, position: int, allowed: frozenset[str], stored: Callable[[Any], Any]
) -> tuple[Any, int]:
    """Read one pickle.

    Args:
      data: that holds it.
      position: of its first byte.
      allowed: names that it may contain.
      stored: makes a value of each reference to something that is stored elsewhere.

    Returns: its value, in which calls are `Call`, and the position after it.
    Raises: ValueError, if it contains another name or operation; nearly any exception, if it is
      damaged.
    """
    stream = io.BytesIO(data)
    stream.seek(position)
    machine = _Machine(allowed, stored)
    for operation, argument, _ in pickletools.genops(stream):
        machine.run(operation.name, argument)
    return machine.stack.pop(), stream.tell()


class _Machine:
    """The stack machine that a pickle is a program for."""

    def __init__(self, allowed: frozenset[str], stored: Callable[[Any], Any]) -> None:
        self.allowed, self.stored = allowed, stored
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self, operation: str, argument: Any) -> None:
        """Run one operation."""
        if operation in _LITERALS:
            self.stack.append(argument)
        elif operation in _NEW_VALUES:
            self.stack.append(_NEW_VALUES[operation]())
        elif operation in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif operation == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif operation in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif operation == "GLOBAL":
            self.stack.append(self._name(argument.replace(" ", ".")))
        elif operation == "MARK":
            self.marks.append(len(self.stack))
        elif operation in _FROM_MARK:
            self._combine(operation, self._taken(self.marks.pop()))
        elif operation in _OPERANDS:
            self._combine(operation, self._taken(len(self.stack) - _OPERANDS[operation]))
        elif operation not in ("PROTO", "FRAME", "STOP"):
            raise ValueError(f"it has the operation {operation}")

    def _taken(self, start: int) -> list[Any]:
        """Take all values from a place on off the stack."""
        if start < 0:
            raise ValueError("it takes values that it does not have")
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def _combine(self, operation: str, values: list[Any]) -> None:
        if operation.startswith("TUPLE"):
            self.stack.append(tuple(values))
        elif operation.startswith("APPEND"):
            self.stack[-1].extend(values)
        elif operation.startswith("SETITEM"):
            self._set_items(values)
        elif operation == "BINPERSID":
            self.stack.append(self.stored(values[0]))
        elif operation == "STACK_GLOBAL":
            self.stack.append(self._name(".".join(values)))
        elif operation == "BUILD":
            if isinstance(self.stack[-1], Call):
                self.stack[-1].state = values[0]
        else:
            callee, arguments = values
            if not isinstance(callee, Name) or not isinstance(arguments, tuple):
                raise ValueError("it calls what is no function")
            self.stack.append(Call(callee, arguments))

    def _set_items(self, values: list[Any]) -> None:
        target = self.stack[-1]
        items = target.items if isinstance(target, Call) else target
        for key, value in zip(values[::2], values[1::2], strict=True):
            # Hashing other keys, such as tuples in tuples, may overflow Python's stack.
            if not isinstance(key, str) or not isinstance(items, dict):
                raise ValueError("it has a dictionary whose keys are no text")
            items[key] = value

    def _name(self, name: str) -> Name:
        if name not in self.allowed:
            raise ValueError(f"it asks for {name[:MOST_NAME_CHARACTERS]}")
        return Name(name)
