"""What all tests share: the tests' own embedded database, a small named cast, tiny models."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings

from tests.order import DESK, Together, in_order
from tests.shared import made_once

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# The tests' models are tiny: two threads that wait for each other on a busy machine cost twenty
# times what one takes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# An example that took long says something of the machine, and a test failed by chance for it; so
# did one that nobody's run had drawn before: each run has the same.
hypothesis.settings.register_profile(
    "pasokh",
    hypothesis.settings.default,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("pasokh")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    yield
    items[:] = in_order(items)  # after pytest-django has put them in an order of its own


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that failed before the running desk shows what the desk's processes said."""
    report = yield
    desk = getattr(item, "funcargs", {}).get(DESK)
    if report.failed and desk is not None:
        said = (desk.home / "desk.log").read_text(encoding="utf-8", errors="replace")
        report.sections.append(("The end of desk.log", said[-4000:]))
    return report


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The application's role may not create databases; in the tests' home it is allowed to. Each
    process of a test run has a database of its own."""
    if settings.EMBEDDED_DATABASE:
        from config.embedded import allow_test_databases

        allow_test_databases(settings.PASOKH_HOME)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    from tests.queues import forget_broker, queue_in_test_database

    queue_in_test_database()
    yield
    forget_broker()


@pytest.fixture(autouse=True, scope="session")
def no_beats() -> Iterator[None]:
    """Signs of life come from a thread, whose connection sees nothing of what a test's transaction
    wrote: on a busy machine work that lasted until the first one was taken for lost. Who tests
    them has them come at once."""
    from runtime import recording
    from tickets import claims

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "BEATS", 0.01)
        patch.setattr(recording, "BEAT_SECONDS", 2000.0)
        yield


@pytest.fixture
def sara(db, django_user_model):
    """An agent."""
    return _member(django_user_model, "sara", "agent")


@pytest.fixture
def omid(db, django_user_model):
    """Another agent."""
    return _member(django_user_model, "omid", "agent")


@pytest.fixture
def parisa(db, django_user_model):
    """A lead."""
    return _member(django_user_model, "parisa", "lead")


@pytest.fixture
def mina(db, django_user_model):
    """An admin."""
    return _member(django_user_model, "mina", "admin")


@pytest.fixture
def support(sara, omid, parisa):
    """The team of sara, omid and parisa."""
    return _team("support", sara, omid, parisa)


@pytest.fixture
def navid(db, django_user_model):
    """An agent of another team, sales."""
    user = _member(django_user_model, "navid", "agent")
    _team("sales", user)
    return user


@pytest.fixture
def outsider(db, django_user_model):
    """Signed in, but in no group."""
    return django_user_model.objects.create_user("outsider", password="outsider-pass")


def _member(users, name: str, group: str):
    from django.contrib.auth.models import Group

    user = users.objects.create_user(name, password=f"{name}-pass")
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


def _team(name: str, *members):
    from people.models import Team

    team = Team.objects.create(name=name)
    team.members.set(members)
    return team


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory) -> Path:
    """The folder of a base, trained once for all tests of a run."""
    import torch

    from tests.llm import tiny_models

    torch.set_num_threads(1)  # tiny layers only wait for a second thread
    return (
        made_once(
            tmp_path_factory, "tiny-base", lambda folder: tiny_models.build_base(folder / "base")
        )
        / "base"
    )


@pytest.fixture(scope="session")
def tiny(tiny_base, tmp_path_factory) -> Path:
    """Folders: base, first and second (activated LoRA of different rank), plain (LoRA)."""
    from tests.llm import tiny_models

    def make(root: Path) -> None:
        base = root / "base"
        shutil.copytree(tiny_base, base)
        tiny_models.build_tuned(root / "first", base, name="first", rank=8)
        tiny_models.build_tuned(root / "second", base, name="second", rank=4)
        tiny_models.build_tuned(root / "plain", base, name="first", version="plain", method="lora")

    return made_once(tmp_path_factory, "tiny", make)


@pytest.fixture(scope="session")
def desk_server():
    """One running desk for all tests that look at it from outside (see tests/live_desk.py)."""
    from tests.live_desk import live_desk

    with live_desk() as desk:
        yield desk
