"""How a picture was made, in words that travel with it: an honest label.

What a result follows from is written into its metadata: versions, settings, and digests of photos,
masks and weights. Whoever has the same files can make the same picture from it.
"""

import dataclasses
import json
from collections.abc import Mapping

from jphoto.errors import ImageError
from jphoto.settings import Settings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Label:
    """What a picture was made from, and how."""

    jphoto: str
    """Version."""
    jax: str
    """Version."""
    device: str
    """What it was computed on, as jax calls it."""
    network: str
    """Digest of the weights."""
    inputs: Mapping[str, str]
    """SHA-256 by role: content, style, content_mask, style_mask."""
    settings: Settings
    """With the size, regions, backbone and device that were used."""

    def to_json(self) -> str:
        """As one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Label":
        """The label that `to_json` wrote.

        Raises: ImageError, for anything else.
        """
        try:
            values = json.loads(text)
            settings = Settings.from_json(json.dumps(values.pop("settings")))
            label = cls(**values, settings=settings)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ImageError(
                f"the label cannot be read: {error}; is it of a later jphoto?"
            ) from None
        texts = (label.jphoto, label.jax, label.device, label.network)
        if not all(isinstance(text, str) for text in texts) or not isinstance(label.inputs, dict):
            raise ImageError("the label cannot be read: its values are of other kinds")
        return label

    @property
    def software(self) -> str:
        """Name and version of the program."""
        return f"jphoto {self.jphoto}"

    def differing_inputs(self, digests: Mapping[str, str]) -> list[str]:
        """The roles whose files are others than these, or are missing on one side."""
        roles = dict.fromkeys((*self.inputs, *digests))
        return [role for role in roles if self.inputs.get(role) != digests.get(role)]
