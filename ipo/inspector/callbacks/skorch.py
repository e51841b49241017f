"""For skorch: `NeuralNet(..., callbacks=[InspectorCallback()])`. Needs skorch."""

from typing import Any

from skorch.callbacks import Callback

from ipo.inspector.attach.attach import PATIENCE
from ipo.inspector.callbacks.attaching import Attaching, AttachOptions
from ipo.inspector.capture.step_inspector import BUDGET


class InspectorCallback(Callback):  # type: ignore[misc]
    """Offers each fit of a net to the Inspect page. Options are those of `ipo.attach`, each by its name."""

    def __init__(
        self,
        name: str | None = None,
        hold: bool = False,
        layers: list[str] | None = None,
        budget_bytes: int = BUDGET,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.name = name
        self.hold = hold
        self.layers = layers
        self.budget_bytes = budget_bytes
        self.host = host
        self.port = port
        self.token = token
        self.patience = patience

    def initialize(self) -> "InspectorCallback":
        self.attaching_ = Attaching(
            AttachOptions(
                self.name,
                self.hold,
                self.layers,
                self.budget_bytes,
                self.host,
                self.port,
                self.token,
                self.patience,
            )
        )
        return self

    def on_train_begin(self, net: Any, **more: Any) -> None:
        self.attaching_.begin(net.module_, net.optimizer_, f"{type(net.module_).__name__} by skorch")

    def on_train_end(self, net: Any, **more: Any) -> None:
        self.attaching_.end()
