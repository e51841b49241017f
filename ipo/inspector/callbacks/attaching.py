"""What all callbacks share: a training is offered as it begins, and no longer when it ends."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from ipo.inspector.attach.attach import PATIENCE, attach
from ipo.inspector.attach.attachment import Attachment
from ipo.inspector.capture.step_inspector import BUDGET


@dataclass(frozen=True)
class AttachOptions:
    """The options of `ipo.attach`, as a callback is given them."""

    name: str | None = None
    hold: bool = False
    layers: tuple[str, ...] | list[str] | None = None
    budget_bytes: int = BUDGET
    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    patience: float = PATIENCE


class Attaching:
    """Holds the attachment of one training after another. It can be copied and pickled, without it."""

    def __init__(self, options: AttachOptions) -> None:
        self.options = options
        self.attachment: Attachment | None = None

    def begin(self, model: nn.Module, optimizers: Any, name: str) -> None:
        """Offer a training, under `name` unless the options have one. One before that never ended is left."""
        self.end()
        options = vars(self.options) | {"name": self.options.name or name}
        self.attachment = attach(model, optimizers, **options)

    def end(self) -> None:
        """Offer it no longer; does nothing for one that was not offered."""
        if self.attachment is not None:
            self.attachment.close()
            self.attachment = None

    def __getstate__(self) -> dict[str, Any]:
        return {"options": self.options, "attachment": None}
