"""`bench.timed_app` for a machine that may stand still: a page waits long for a connection."""

from django.conf import settings

from bench.timed_app import application

__all__ = ["application"]

settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 240.0
