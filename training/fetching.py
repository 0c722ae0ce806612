"""A base's files from the model hub: `fetched`, which gives their folder and their commit.

Only safetensors, configurations and tokenizers, at a pinned commit, into a folder that a fetch
which was cut off goes on with. HF_TOKEN opens gated bases, HF_ENDPOINT names another hub,
HF_HUB_OFFLINE=1 keeps the machine from asking any.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from runtime.errors import InputError
from training.recipes import Recipe

MAX_BYTES: Final = 200 * 2**30
MAX_FILES: Final = 150
SPARE: Final = 2**30
"""Bytes that a fetch leaves free on the disk."""
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?")
_PICKLED = re.compile(r".+\.(bin|pt|pth|ckpt|h5|msgpack|pickle)")
_DESCRIPTIONS: Final = frozenset(
    {
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "tokenizer.model",
        "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.jinja",
        "vocab.json",
        "merges.txt",
    }
)
Report = Callable[[str], None]


class BaseNotHere(InputError):
    """The recipe's base is not registered and cannot be fetched. The line says why and what to do;
    nothing is registered."""


@dataclass(frozen=True)
class Listing:
    """What of a repository is fetched."""

    repository: str
    commit: str
    files: dict[str, int]

    @property
    def bytes(self) -> int:
        return sum(self.files.values())


def fetched(recipe: Recipe, *, report: Report) -> tuple[Path, str]:
    """Raises `BaseNotHere`."""
    with _clear_lines(recipe):
        listing = _listing(recipe)
        _check_room(recipe, listing)
        return _fetched(recipe, listing, report), listing.commit


def _listing(recipe: Recipe) -> Listing:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    weights = recipe.weights
    api = HfApi(endpoint=_endpoint())
    commit = api.model_info(weights.repository, revision=weights.revision or None, timeout=20).sha
    tree = api.list_repo_tree(weights.repository, revision=commit)
    sizes = {one.path: one.size for one in tree if isinstance(one, RepoFile)}
    wanted = {
        name: size
        for name, size in sizes.items()
        if name in _DESCRIPTIONS or _WEIGHTS.fullmatch(name)
    }
    if not any(name.endswith(".safetensors") for name in wanted):
        kind = "pickled" if any(map(_PICKLED.fullmatch, sizes)) else "no"
        raise BaseNotHere(
            f"{weights.repository} has {kind} weights"
            + (", which could run code when they are read" if kind == "pickled" else "")
            + "; convert the base to safetensors elsewhere and register its folder: models add"
            f" FOLDER --name {recipe.base}."
        )
    return Listing(weights.repository, str(commit), wanted)


def _check_room(recipe: Recipe, listing: Listing) -> None:
    if listing.bytes > MAX_BYTES or len(listing.files) > MAX_FILES:
        raise BaseNotHere(
            f"{listing.repository} is larger than {_gib(MAX_BYTES)} or has more than {MAX_FILES}"
            " files."
        )
    home = Path(settings.PASOKH_HOME)
    home.mkdir(parents=True, exist_ok=True)
    partial = _partial(recipe)
    needed = listing.bytes - _bytes_in(partial) + SPARE
    free = shutil.disk_usage(home).free
    if needed > free:
        raise BaseNotHere(
            f"{recipe.base} takes {_gib(listing.bytes)} and the disk of PASOKH_HOME has"
            f" {_gib(free)} free; make room, or move PASOKH_HOME."
        )


def _fetched(recipe: Recipe, listing: Listing, report: Report) -> Path:
    from huggingface_hub import snapshot_download

    folder = _partial(recipe)
    report(f"Fetching {listing.repository} at {listing.commit[:12]}: {_gib(listing.bytes)}")
    with _told(folder, listing, report):
        snapshot_download(
            listing.repository,
            revision=listing.commit,
            local_dir=folder,
            allow_patterns=sorted(listing.files),
            endpoint=_endpoint(),
            max_workers=4,
        )
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    for name, size in listing.files.items():
        if (folder / name).stat().st_size != size:
            raise BaseNotHere(f"{name} of {listing.repository} came incomplete; try again.")
    return folder


def _partial(recipe: Recipe) -> Path:
    """Kept after a fetch that was cut off: the next one goes on there. Another revision begins
    anew."""
    revision = re.sub(r"[^A-Za-z0-9]", "-", recipe.weights.revision or "newest")[:60]
    return Path(settings.PASOKH_HOME) / "models" / f".{recipe.base}.{revision}.partial"


@contextmanager
def _told(folder: Path, listing: Listing, report: Report) -> Iterator[None]:
    """Says every second how much is there."""
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()  # they would stand in a worker's log
    done = threading.Event()

    def tell() -> None:
        while not done.wait(1.0):
            report(f"Fetched {_gib(_bytes_in(folder))} of {_gib(listing.bytes)}")

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def _clear_lines(recipe: Recipe) -> Iterator[None]:
    """The hub's many errors as one line each."""
    import httpx2
    from huggingface_hub import errors

    name, where = recipe.base, recipe.weights.repository
    by_hand = f"or register its folder: models add FOLDER --name {name}"
    try:
        yield
    except BaseNotHere:
        raise
    except errors.OfflineModeIsEnabled as error:
        raise BaseNotHere(
            f"{name} is not registered and HF_HUB_OFFLINE keeps this machine from fetching {where};"
            f" unset it, {by_hand}."
        ) from error
    except errors.GatedRepoError as error:
        raise BaseNotHere(
            f"{where} is gated: accept its licence on its page and set HF_TOKEN to a token of that"
            f" account, {by_hand}."
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        more = " and HF_TOKEN is not set" if recipe.weights.gated and not _has_token() else ""
        raise BaseNotHere(
            f"The hub shows no {where}{more}; correct weights.repository, {by_hand}."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise BaseNotHere(
            f"{where} has no revision {recipe.weights.revision}; correct weights.revision."
        ) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, httpx2.HTTPError) as error:
        raise BaseNotHere(
            f"{name} is not registered and the hub does not answer ({type(error).__name__}); try"
            f" again, which goes on with what is there, {by_hand}."
        ) from error
    except OSError as error:
        raise BaseNotHere(
            f"{name} could not be written below PASOKH_HOME ({error.strerror or 'disk error'});"
            " try again, which goes on with what is there."
        ) from error


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _has_token() -> bool:
    from huggingface_hub import get_token

    return bool(get_token())


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # moved into place meanwhile
            continue
    return total


def _gib(count: Any) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**27 else f"{count / 2**20:.1f} MiB"
