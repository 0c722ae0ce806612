"""The one error that is meant for a person's eyes, and what a damaged archive raises."""

import lzma
import zipfile
import zlib
from typing import Final

DAMAGED_ZIP: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError)
"""What zipfile raises for a file that is damaged, encrypted or packed in an unknown way; OSError
and ValueError too where nothing else can have raised them."""


class InputError(ValueError):
    """What somebody gave cannot be used. The message is one line that says what to do, holds no
    customer text, and nothing was changed. Commands exit with 2, pages and the API answer 4xx.

    Parts derive their own named errors from it.
    """
