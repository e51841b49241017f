"""Pipelines of `diffusers`, read from a folder once and shared by all decoders that use the same one."""

import gc
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import torch

from ipo.decoders.diffusion.devices import find_device, free_memory, is_out_of_memory
from ipo.decoders.diffusion.families import Family
from ipo.decoders.diffusion.model_folder import ModelFolder
from ipo.decoders.diffusion.prompts import Tensors, encode_prompt
from ipo.jobs import Progress

# Pipelines that stay in memory. A second one may not fit beside the first, and a session uses one.
RESIDENT = 1

_PROMPTS = 32  # whose embeddings are kept
_PRECISIONS = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass
class Pipeline:
    """One pipeline in memory. Whoever uses it holds `lock`."""

    pipe: Any  # the class of `diffusers` that model_index.json names
    family: Family
    device: torch.device
    dtype: torch.dtype
    scheduler: Any  # the one that the model brought
    memory: int  # bytes of weights that are on the device at once
    lock: threading.Lock = field(default_factory=threading.Lock)
    prompts: OrderedDict[tuple[str, str, bool], Tensors] = field(default_factory=OrderedDict)

    def embeddings(self, prompt: str, negative: str, guided: bool) -> Tensors:
        """What the text encoders make of a prompt, as arguments of the pipeline, each `(1, …)`."""
        key = (prompt, negative, guided)
        if key not in self.prompts:
            self.prompts[key] = encode_prompt(self.pipe, self.family, prompt, negative, guided)
            while len(self.prompts) > _PROMPTS:
                self.prompts.popitem(last=False)
        self.prompts.move_to_end(key)
        return self.prompts[key]

    def recover(self) -> None:
        """Make it usable after an image that was left half done."""
        if self.pipe.vae.dtype != self.dtype:  # SDXL computes it in float32 for a while
            self.pipe.vae.to(dtype=self.dtype)
        self.pipe.maybe_free_model_hooks()


_loaded: OrderedDict[tuple[str, str, torch.device, bool], Pipeline] = OrderedDict()
_loading = threading.Lock()


def shared_pipeline(
    model: ModelFolder, weights_hash: str, precision: str, device: str, cpu_offload: bool, progress: Progress
) -> Pipeline:
    """A model in memory: read from its folder unless it is there, and then an older one makes room.

    Raises `ValueError` for a device that is not here or a folder that cannot be read, `MemoryError` and
    `Cancelled`.
    """
    found = find_device(device)
    key = (weights_hash, precision, found, cpu_offload)
    with _loading:
        if key not in _loaded:
            while len(_loaded) >= RESIDENT:
                _forget_oldest()
            progress.check()
            progress.report(0.0, f"Reading {model.name}")
            _loaded[key] = _load(model, precision, found, cpu_offload)
        _loaded.move_to_end(key)
        return _loaded[key]


def unload_pipelines() -> None:
    """Forget what is in memory."""
    with _loading:
        while _loaded:
            _forget_oldest()


def _forget_oldest() -> None:
    """Take a pipeline out of memory, now."""
    pipe = _loaded.popitem(last=False)[1].pipe
    held = [weakref.ref(part) for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    del pipe
    # FLUX refers to itself, and so does what is offloaded; a collection takes a second, so only then.
    if any(reference() is not None for reference in held):
        gc.collect()
    free_memory()


def _load(model: ModelFolder, precision: str, device: torch.device, cpu_offload: bool) -> Pipeline:
    dtype = _PRECISIONS[precision]
    offload = cpu_offload and device.type != "cpu"
    try:
        pipe = _read(model, dtype)
        if offload:
            pipe.enable_model_cpu_offload(device=device)
        else:
            pipe.to(device, silence_dtype_warnings=True)
    except (OSError, ValueError, RuntimeError, ImportError, KeyError, TypeError) as error:
        if is_out_of_memory(error):
            raise MemoryError(
                f"the weights of {model.name} in {precision} do not fit. Precision float16 or bfloat16, "
                "or CPU offload takes less"
            ) from None
        import diffusers

        raise ValueError(
            f"{model.name} cannot be read from {model.path} by diffusers {diffusers.__version__}: {error}"
        ) from error
    pipe.set_progress_bar_config(disable=True)
    pipe.vae.enable_slicing()  # the VAE takes the images of a batch one by one: where most memory is needed
    sizes = [_bytes(part) for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    return Pipeline(
        pipe,
        model.family,
        device,
        dtype,
        pipe.scheduler,
        max(sizes) if offload else sum(sizes),
    )


def _read(model: ModelFolder, dtype: torch.dtype) -> Any:
    """An object of the class that model_index.json names. Raises `ValueError` and what `diffusers` raises."""
    import diffusers
    import transformers
    from safetensors import SafetensorError

    diffusers.utils.logging.disable_progress_bar()  # of reading; ours is on the page
    transformers.utils.logging.disable_progress_bar()
    try:
        return getattr(diffusers, model.family.pipeline).from_pretrained(
            model.path,
            dtype=dtype,
            variant=model.variant or None,
            use_safetensors=True,
            local_files_only=True,
        )
    except SafetensorError as error:
        raise ValueError(f"its weights are damaged ({error}); copy or download them again") from error


def _bytes(part: torch.nn.Module) -> int:
    return sum(tensor.nbytes for tensor in (*part.parameters(), *part.buffers()))
