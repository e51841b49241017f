"""For Lightning: `Trainer(..., callbacks=[InspectorCallback()])`. Needs lightning."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from ipo.inspector.callbacks.attaching import Attaching, AttachOptions


class InspectorCallback(Callback):  # type: ignore[misc]
    """Offers the training of a Trainer to the Inspect page. Options are those of `ipo.attach`.

    Of several optimizers the last one ends a step.
    """

    def __init__(self, **options: Any) -> None:
        self.attaching = Attaching(AttachOptions(**options))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.attaching.begin(pl_module, trainer.optimizers, f"{type(pl_module).__name__} by Lightning")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.attaching.end()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self.attaching.end()
