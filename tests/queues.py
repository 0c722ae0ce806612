"""Celery's queue, in the database of the tests."""

from kombu import pools

from config.celery import app, use_database_as_broker


def queue_in_test_database() -> None:
    """Celery resolves its broker at first use, which may come before there is a test database."""
    forget_broker()
    use_database_as_broker(app)


def forget_broker() -> None:
    """Producers keep the connection that they opened; closed, they serve no later test."""
    app._pool = None
    app.amqp._producer_pool = None
    pools.reset()
