"""How long the named axes are: what was said or seen first holds for all tensors and steps."""

from collections.abc import Mapping

from torch import Tensor

from ipo.inspector.capture.tensors import TensorSpec


class AxisSizes:
    """Lengths of the named axes; that of B, the images of a batch, is each step's own."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = dict(sizes)  # except B
        self.batch: int | None = None  # of the running step

    def check(self, spec: TensorSpec, tensor: Tensor) -> None:
        """Raises `ValueError` for another shape than the dims of its spec say."""
        shape = tuple(tensor.shape)
        right = len(shape) == len(spec.dims)
        for name, size in zip(spec.dims, shape, strict=False):
            if name == "B":  # the last batch of an epoch may be smaller
                self.batch = size if self.batch is None else self.batch
                right &= size == self.batch
            else:
                right &= size == self.sizes.setdefault(name, size)
        if not right:
            known = self.sizes | ({} if self.batch is None else {"B": self.batch})
            would = ", ".join(f"{name} = {known[name]}" if name in known else name for name in spec.dims)
            raise ValueError(f"{spec.key} has shape {shape}; ({would}) would be right.")
