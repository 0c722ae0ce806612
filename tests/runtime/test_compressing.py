"""What goes out compressed, and what must not wait."""

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import reverse

from runtime.compressing import CompressingMiddleware

GZIP = {"Accept-Encoding": "gzip, br"}


def test_page_is_compressed_for_who_takes_it(client, db):
    page = client.get(reverse("login"), headers=GZIP)
    assert page["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(page.content)
    assert "Accept-Encoding" in page["Vary"]
    assert "Content-Encoding" not in client.get(reverse("login")).headers


@pytest.mark.parametrize("streams", [True, False])
def test_stream_goes_out_at_once(streams):
    words = b"data: 1\n\n" * 100
    answer = StreamingHttpResponse([words]) if streams else HttpResponse(words)
    request = RequestFactory().get("/", headers=GZIP)
    given = CompressingMiddleware(lambda _request: answer)(request)
    assert ("Content-Encoding" in given.headers) is not streams
