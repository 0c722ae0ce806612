"""What the registry refuses."""

from runtime.errors import InputError


class RegistryError(InputError):
    """The registry has no such version or slot, or what was asked does not fit its state."""


class SlotChanged(RegistryError):
    """The slot serves something else than the person saw who asked for a change. Nothing was
    changed; they should look again."""
