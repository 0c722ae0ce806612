"""Which model versions there are and which of them serve: the rows behind the three slots.

Public entries: versions (`add_version`, `describe_base`, `version_named`, `verify_version`,
`folder_of`), what serves (`slots_now`, `serving_versions`), and changing it (`set_slot`, `promote`,
`set_canary`, `retire`, `rollback`, `install_default_models`). No torch here: a version is judged by
its manifest.

A version is its files' digest. A name belongs to one digest for ever, so a suggestion that names a
version can be traced to the very weights that wrote it.
"""

from llm.registry.changing import promote, retire, rollback, set_canary, set_slot
from llm.registry.defaults import install_default_models
from llm.registry.errors import RegistryError, SlotChanged
from llm.registry.serving import SlotChoice, serving_versions, slots_now
from llm.registry.versions import (
    add_version,
    describe_base,
    folder_of,
    verify_version,
    version_named,
)

__all__ = [
    "RegistryError",
    "SlotChanged",
    "SlotChoice",
    "add_version",
    "describe_base",
    "folder_of",
    "install_default_models",
    "promote",
    "retire",
    "rollback",
    "serving_versions",
    "set_canary",
    "set_slot",
    "slots_now",
    "verify_version",
    "version_named",
]
