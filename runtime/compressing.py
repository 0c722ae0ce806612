"""Pages go out compressed: `CompressingMiddleware`.

Django's own adds some random bytes, so that the length tells nothing of a token beside words that
somebody else chose (BREACH). Streams are left alone: a live message must not wait for the next.
"""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressingMiddleware(GZipMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.streaming:
            return response
        return super().process_response(request, response)
