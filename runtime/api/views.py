"""`ApiView`: the base of every view of the API.

`scopes` names the scope for each method; a test fails for a method without one. Who may use the
API at all (signed in by a token, an agent, within the rate) stands in settings.REST_FRAMEWORK.
"""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class ApiView(APIView):
    scopes: ClassVar[dict[str, str]] = {}

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """What a throttle counted is told with every answer; no cache keeps one."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "rate_headers", {}).items():
            answer[name] = value
        patch_cache_control(answer, no_store=True)
        return answer


class NoSuchAddress(APIView):
    """Below the API, an unknown address is told as a problem, too."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound


@csrf_exempt
def with_slash(request: HttpRequest) -> HttpResponse:
    """An address without its last slash leads on. 308 keeps method and body: after Django's own
    301 most programs would ask with GET, be answered 200, and have made nothing."""
    answer = HttpResponse(status=301 if request.method in ("GET", "HEAD") else 308)
    answer["Location"] = request.get_full_path(force_append_slash=True)
    return answer
