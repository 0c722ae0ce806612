"""Celery: PGMQ in the desk's own database by default, any broker by CELERY_BROKER_URL."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("pasokh")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

VISIBILITY_SECONDS = 600
"""A message that is not deleted within this time is delivered again; no task runs that long."""


@app.on_after_configure.connect
def use_database_as_broker(sender: Celery, **_: Any) -> None:
    """Resolved on first use and not in the settings, so that reading settings starts nothing."""
    if not sender.conf.broker_url.startswith("pgmq:"):
        return
    from runtime.database import connection_settings

    pairs = connection_settings().items()
    sender.conf.broker_transport_options = {
        "conn_string": " ".join(f"{key}='{value}'" for key, value in pairs),
        "init_extension": False,
        "use_notify": True,
        "wait_time_seconds": 0,
        "visibility_timeout": VISIBILITY_SECONDS,
        # NOTIFY wakes a worker at once; the poll is only for a message whose NOTIFY was lost.
        "polling_interval": 1,
        "pool_size": 2,
    }


@celeryd_after_setup.connect
def load_models_first(instance: Any, **_: Any) -> None:
    """The suggest worker loads its models before the first ticket, which would wait for them."""
    if "suggest" not in instance.app.amqp.queues.consume_from:
        return
    from llm.engine.serving import warm_up
    from tickets.second_opinion import opening

    warm_up()
    opening.warm_up()
