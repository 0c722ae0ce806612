"""Whether a model's configuration asks for code to be run: `asks_for_code`. Pure.

A configuration is data. Each of these keys makes a library import something that its author chose,
unless that library is told not to trust it; here such a folder is refused before any library sees
it.
"""

from typing import Any, Final

CODE_KEYS: Final = frozenset(
    {"auto_map", "auto_mapping", "custom_generate", "custom_pipelines", "megatron_config"}
)
"""What names Python code to run: for transformers, for PEFT, for pipelines. PEFT imports whatever
module stands beside a `megatron_config`."""
KERNEL_KEYS: Final = frozenset(
    {"attn_implementation", "_attn_implementation", "experts_implementation", "kernel_config"}
)
"""What may name compiled code of a model hub: `owner/kernel`, where `sdpa` or `eager` would do."""


def asks_for_code(data: Any) -> bool:
    """At any depth: a model may be made of models, each with a configuration. RecursionError for
    one that is nested without end."""
    if isinstance(data, list):
        return any(map(asks_for_code, data))
    if not isinstance(data, dict):
        return False
    named = any(data.get(key) for key in CODE_KEYS)
    kernels = any("/" in str(data[key]) for key in KERNEL_KEYS if data.get(key))
    return named or kernels or any(map(asks_for_code, data.values()))
