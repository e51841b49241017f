"""What can be chosen about a diffusion model."""

from ipo.decoders.settings import Setting

MODEL = "stabilityai/sd-turbo"
AS_THE_MODEL = "model"  # the scheduler that the model brings

# Images that are decoded together: a GPU is little busier with four than with one, a processor four times.
AUTO = "auto"  # the device that is best here
BATCH = {AUTO: 1, "cpu": 1, "cuda": 4, "mps": 4}

# Schedulers of `diffusers` and what they are told beyond the model's own noise schedule.
SCHEDULERS: dict[str, tuple[str, dict[str, object]]] = {
    "euler": ("EulerDiscreteScheduler", {}),
    "euler ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "ddim": ("DDIMScheduler", {}),
    "dpm++ 2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "dpm++ 2m karras": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True},
    ),
    "unipc": ("UniPCMultistepScheduler", {}),
    "lcm": ("LCMScheduler", {}),
}

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "model",
        "Model",
        MODEL,
        "The folder of a pipeline (with a model_index.json), or the name of one that was downloaded from "
        "the Hugging Face hub. Stable Diffusion 1.5 and 2.1, SDXL, their Turbo versions, SD 3 and FLUX.1. "
        "Nothing is downloaded from here.",
    ),
    Setting(
        "revision",
        "Revision",
        "",
        "Commit, branch or tag of a model from the hub. Empty: its main branch, as it was downloaded.",
    ),
    Setting(
        "steps",
        "Steps",
        1,
        "Denoising steps for an image. SD-Turbo and SDXL-Turbo need 1 to 4, FLUX.1-schnell 4, other models "
        "20 to 50. Time grows with them.",
        low=1,
        high=150,
        step=1,
    ),
    Setting(
        "scheduler",
        "Scheduler",
        AS_THE_MODEL,
        "How noise is taken away. “model” is what the model was published with, and all that FLUX and SD 3 "
        "work with. Ancestral ones and lcm add noise between steps; it follows from the latent, so that "
        "images repeat.",
        choices=(AS_THE_MODEL, *SCHEDULERS),
    ),
    Setting(
        "guidance",
        "Guidance",
        0.0,
        "How strictly images follow the prompt. 0 for Turbo models and FLUX.1-schnell, 3.5 for FLUX.1-dev, "
        "5 to 8 for the others. Above 1 a step takes twice as long (not with FLUX).",
        low=0.0,
        high=30.0,
        step=0.5,
    ),
    Setting(
        "negative_prompt",
        "Negative prompt",
        "",
        "What images shall not show. It needs a guidance above 1, and FLUX takes none.",
    ),
    Setting(
        "precision",
        "Precision",
        "float32",
        "Kind of number to compute with. float16 halves memory and is quick on a GPU; bfloat16 takes as "
        "little and does not overflow: right for FLUX. On a processor without a GPU float32 is quickest.",
        choices=("float32", "float16", "bfloat16"),
    ),
    Setting(
        "attention_slicing",
        "Attention slicing",
        False,
        "Compute attention in parts: less memory, slower. It rounds otherwise, so that a few pixels may "
        "differ by a level. FLUX and SD 3 have none.",
    ),
    Setting(
        "vae_tiling",
        "VAE tiling",
        False,
        "Decode large images in overlapping tiles: much less memory, and slightly other pixels.",
    ),
    Setting(
        "device",
        "Device",
        AUTO,
        "Where to compute. “auto” takes a CUDA or Apple GPU if there is one, else the processor.",
        choices=(AUTO, "cuda", "mps", "cpu"),
        changes_pixels=False,
    ),
    Setting(
        "cpu_offload",
        "CPU offload",
        False,
        "Keep on the GPU only the part of the model that is at work: much less of its memory, slower. "
        "Nothing changes without a GPU.",
        changes_pixels=False,
    ),
    Setting(
        "previews",
        "Previews",
        "",
        "The tiny autoencoder that shows an image while it is made: a folder, or a name that was downloaded "
        "from the hub. Empty: the one that fits the model (TAESD), beside it or from the hub. “off”: none.",
        changes_pixels=False,
    ),
)
