"""The label of a result: how it was made, written into its metadata.

It holds versions, settings, and digests of photos, masks and weights. With the same files, anyone
can make the same picture again.
"""

import dataclasses
import json
from collections.abc import Mapping

from jphoto.errors import ImageError
from jphoto.settings import Settings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Label:
    """The inputs, settings and versions that a picture was made with."""

    jphoto: str
    """Version of jphoto."""
    jax: str
    """Version of jax."""
    device: str
    """Name of the device that computed it, from jax."""
    network: str
    """Digest of the network's weights; empty if none was used, see `Settings.steps`."""
    inputs: Mapping[str, str]
    """SHA-256 by role: content, style, content_mask, style_mask; of a look, `Look.digest`."""
    settings: Settings
    """With the size, regions, backbone and device that were used."""
    look: str = ""
    """The photos of the look that took the place of a style photo, with their shares."""

    def to_json(self) -> str:
        """As one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Label":
        """The label in a text from `to_json`.

        Raises: ImageError, for any other text.
        """
        try:
            values = json.loads(text)
            settings = Settings.from_json(json.dumps(values.pop("settings")))
            label = cls(**values, settings=settings)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ImageError(
                f"the label cannot be read: {error}; was it written by a newer jphoto?"
            ) from None
        texts = (label.jphoto, label.jax, label.device, label.network, label.look)
        if not all(isinstance(text, str) for text in texts) or not isinstance(label.inputs, dict):
            raise ImageError("the label cannot be read: its values have wrong types")
        return label

    @property
    def software(self) -> str:
        """Name and version of the program."""
        return f"jphoto {self.jphoto}"

    def differing_inputs(self, digests: Mapping[str, str]) -> list[str]:
        """The roles whose digests differ from these, or are missing on one side."""
        roles = dict.fromkeys((*self.inputs, *digests))
        return [role for role in roles if self.inputs.get(role) != digests.get(role)]
