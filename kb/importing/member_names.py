"""Names of files in archives: `readable_name(info)` decodes one, `safe_name(name)` refuses a trap.

Nothing is ever written under such a name; it becomes an external id, and a name that climbs out of
its archive says that somebody meant harm.
"""

import tarfile
import unicodedata
import zipfile

from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument

_UTF8 = 0x800
_COMMON = frozenset("اینردهومتبسیکشلپ")


def readable_name(info: zipfile.ZipInfo | tarfile.TarInfo) -> str:
    """With slashes, in NFC; UTF-8, or an old Persian or Arabic code page where nothing says so."""
    if isinstance(info, tarfile.TarInfo):
        raw = info.name.encode("utf-8", "surrogateescape")
        name = decoded(raw, "utf-8")
    elif info.flag_bits & _UTF8:
        name = info.orig_filename
    else:
        name = decoded(info.orig_filename.encode("cp437", "replace"), "cp437")
    name = unicodedata.normalize("NFC", name.split("\x00")[0].replace("\\", "/"))
    while name.startswith("./"):
        name = name[2:]
    return name


def decoded(raw: bytes, fallback: str) -> str:
    """Of a name that says no encoding: UTF-8, else Persian or Arabic, else `fallback`."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    known = [(_persian(raw.decode(page, "replace")), page) for page in ("cp1256", "cp720")]
    share, page = max(known)
    return raw.decode(page if share > 0 else fallback, "replace")


def _persian(text: str) -> float:
    """How Persian or Arabic its letters beyond ASCII are; 0 if some are something else."""
    foreign = [letter for letter in text if ord(letter) > 0x7F and letter not in "\u200c\u200d"]
    if not foreign or not all("\u0600" <= letter <= "\u06ff" for letter in foreign):
        return 0.0
    plain = [letter.replace("ي", "ی").replace("ك", "ک") for letter in foreign]
    return sum(letter in _COMMON for letter in plain) / len(foreign) + 0.01


def safe_name(name: str) -> None:
    """UnreadableDocument for a name that leads out of the archive."""
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        raise UnreadableDocument(_("Its name leads out of the archive; it is not read."))
