"""Settings, processes and URLs. Loads the Celery application with Django, as Celery asks."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
