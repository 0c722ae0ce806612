"""Cells that a spreadsheet takes for text: `disarmed(cell)`."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins so is run as a formula (OWASP, CSV injection)."""


def disarmed(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
