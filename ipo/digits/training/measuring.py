"""How good a model is on images that it never learned from."""

import torch
from torch import Tensor
from torch.nn import functional

from ipo.digits.config import Hyperparameters
from ipo.digits.data import Images
from ipo.digits.labels.store import NONE, Values
from ipo.digits.model import SSVAE, as_input
from ipo.digits.training import losses
from ipo.digits.training.calibration import temperature_of

_AT_ONCE = 1000  # images of a batch


@torch.inference_mode()
def measured(model: SSVAE, images: Images, labels: Values, knobs: Hyperparameters) -> dict[str, float]:
    """Terms on held-out images, and accuracy on those with a label; sets the model's temperature from them.

    `accuracy`, `label` and `labels` are left out where no image has a label.
    """
    if len(images) == 0:
        return {}
    model.eval()
    squared = kl = 0.0
    logits: list[Tensor] = []
    for start in range(0, len(images), _AT_ONCE):
        views = as_input(images[start : start + _AT_ONCE])
        encoded = model.encode(views)
        drawn = model.decode(encoded.mean, functional.softmax(encoded.logits, dim=1))
        squared += float(functional.mse_loss(drawn, views)) * len(views)
        kl += float(losses.divergence(encoded)) * len(views)
        logits.append(encoded.logits)
    found = {"recon": squared / len(images), "kl": kl / len(images)}
    found["loss"] = knobs.recon_weight * found["recon"] + knobs.kl_weight * found["kl"]
    known = torch.from_numpy(labels != NONE)
    if bool(known.any()):
        said, right = torch.cat(logits)[known], torch.from_numpy(labels).long()[known]
        model.temperature.fill_(temperature_of(said, right))
        found["label"] = float(functional.cross_entropy(said, right))
        found["accuracy"] = float((said.argmax(1) == right).float().mean())
        found["labels"] = float(len(right))
        found["loss"] += knobs.label_weight * found["label"]
    return found
