"""A base from its folder into memory, 4-bit as its adapters were trained on it.

Public entry: `load_base`. Worker processes only: torch and transformers load here.

The base is quantised to NF4 on loading (on disk it is fp16 safetensors). Kept so, every layer is
unpacked again for every token, and on some CPUs bitsandbytes then computes in bfloat16, on others
in float32: not the numbers that training saw, and not the same everywhere. A small base is
therefore unpacked once and kept as the float32 values that NF4 stands for; a large one stays
packed. `keep_packed` leaves even a small one packed.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch  # noqa: TID253
import transformers  # noqa: TID253
from safetensors import SafetensorError
from transformers import (  # noqa: TID253
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
)

from llm.manifest import Manifest, ManifestError, verified_manifest

# peft asks transformers by the old name of an attribute, at every adapter
warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")

UNPACK_BELOW: Final = 200_000_000
"""Parameters up to which a 4-bit base is kept unpacked on the CPU (0.8 GB at this size)."""


@dataclass(frozen=True)
class LoadedBase:
    """`end_ids`: the tokens that end a text. `room`: how many tokens fit in a whole row."""

    manifest: Manifest
    model: Any
    tokenizer: Any
    end_ids: tuple[int, ...]
    room: int
    parameters: int


def load_base(
    folder: Path,
    *,
    four_bit: bool = True,
    keep_packed: bool = False,
    gpu: bool | None = None,
    compute: torch.dtype | None = None,
    double: bool = False,
    attention: str | None = None,
    in_parts: bool = False,
) -> LoadedBase:
    """Verify the folder and load it, in evaluation mode, nothing of it trainable.

    `gpu`: where there is one, if nothing else is said. `compute`: another type than the device's
    own (bfloat16 on a GPU, float32 on a CPU). `double`: the constants of NF4 quantised as well.
    `attention`: "eager" where it shall not be the model's own choice. `in_parts`: FSDP will share
    it out, which only knows packed weights that are stored as the others are.

    Raises `ManifestError` for a folder that is damaged, holds a tuned version, or that transformers
    cannot read.
    """
    manifest = verified_manifest(folder)
    if manifest.base is not None:
        raise ManifestError(f"Model version {manifest.name} is tuned: it cannot serve as a base.")
    _be_quiet()
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model = _read_model(
            folder,
            four_bit=four_bit,
            on_gpu=torch.cuda.is_available() if gpu is None else gpu,
            compute=compute,
            double=double,
            attention=attention,
            in_parts=in_parts,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ManifestError(
            f"Model version {manifest.name}: transformers cannot load it ({type(error).__name__})."
        ) from error
    parameters = int(model.num_parameters())
    on_cpu = model.device.type == "cpu"
    if four_bit and on_cpu and not keep_packed and parameters <= UNPACK_BELOW:
        model = _unpacked(model)
    model.eval().requires_grad_(False)
    end_ids = _end_ids(manifest, model=model, tokenizer=tokenizer)
    # What the folder recommends (sampling, penalties) must not slip into rows that did not ask.
    model.generation_config = GenerationConfig(
        eos_token_id=list(end_ids), pad_token_id=_pad_id(tokenizer, end_ids)
    )
    return LoadedBase(
        manifest=manifest,
        model=model,
        tokenizer=tokenizer,
        end_ids=end_ids,
        room=int(getattr(model.config, "max_position_embeddings", 0) or 2048),
        parameters=parameters,
    )


def _read_model(
    folder: Path,
    *,
    four_bit: bool,
    on_gpu: bool,
    compute: torch.dtype | None,
    double: bool,
    attention: str | None,
    in_parts: bool,
) -> Any:
    dtype = compute or (torch.bfloat16 if on_gpu else torch.float32)
    packed = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        bnb_4bit_use_double_quant=double,
        bnb_4bit_quant_storage=dtype if in_parts else torch.uint8,
    )
    choice = {"attn_implementation": attention} if attention else {}
    return AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=dtype,
        device_map={"": torch.cuda.current_device() if on_gpu else "cpu"},
        quantization_config=packed if four_bit else None,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        **choice,
    )


def _unpacked(model: Any) -> Any:
    """The same numbers as float32 layers, and no mark left that makes PEFT look for packed ones."""
    model = model.dequantize(dtype=torch.float32)
    for mark in ("is_loaded_in_4bit", "is_quantized"):
        if hasattr(model, mark):
            setattr(model, mark, False)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model


def _end_ids(manifest: Manifest, *, model: Any, tokenizer: Any) -> tuple[int, ...]:
    given = model.generation_config.eos_token_id
    given = tokenizer.eos_token_id if given is None else given
    if given is None:
        raise ManifestError(f"Model version {manifest.name} names no token that ends a text.")
    return tuple(given) if isinstance(given, list | tuple) else (int(given),)


def _pad_id(tokenizer: Any, end_ids: tuple[int, ...]) -> int:
    return end_ids[0] if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)


def _be_quiet() -> None:
    """No progress bars in a worker's log."""
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
