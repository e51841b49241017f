"""For `transformers.Trainer`: `Trainer(..., callbacks=[InspectorCallback()])`. Needs transformers."""

from typing import Any

from transformers import TrainerCallback

from ipo.inspector.callbacks.attaching import Attaching, AttachOptions


class InspectorCallback(TrainerCallback):  # type: ignore[misc]
    """Offers the training of a Trainer to the Inspect page. Options are those of `ipo.attach`."""

    def __init__(self, **options: Any) -> None:
        self.attaching = Attaching(AttachOptions(**options))

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, optimizer: Any = None, **more: Any
    ) -> None:
        self.attaching.begin(model, optimizer, f"{type(model).__name__} by Trainer")

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.attaching.end()
