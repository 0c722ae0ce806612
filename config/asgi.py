"""The ASGI application that uvicorn serves: pages in a thread each, `/live/` on the event loop.

Django's own ASGI handler hands every page over between event loop and thread twice for each
middleware; while another thread computes, each of some twenty hand-overs waits for the
interpreter's lock. Pages here go through all of them in one thread.
"""

import os
import warnings
from typing import Any

from asgiref.sync import sync_to_async
from django import setup
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from runtime.body_limit import limited

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Each request has a thread of its own and would open a connection of its own, for 4.5 ms.
os.environ.setdefault("PASOKH_DB_POOL", "30")
# whitenoise hands a file to Django as a plain iterator; reading a style sheet of some kilobytes in
# one go is what Django then does, and warns about.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
LIVE = "/live/"


class PagesHandler(ASGIHandler):
    """All middleware and the view in one thread, as under WSGI."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


setup(set_prefix=False)
_pages, _streams = PagesHandler(), ASGIHandler()


async def application(scope: Any, receive: Any, send: Any) -> None:
    handler = _streams if scope["type"] != "http" or scope["path"] == LIVE else _pages
    await limited(handler, scope, receive, send)
