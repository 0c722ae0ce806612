"""All addresses; each part owns its own."""

from django.urls import include, path, re_path

from runtime.api import documents
from runtime.api.views import NoSuchAddress, with_slash
from runtime.views import live

urlpatterns = [
    path("", include("tickets.urls")),
    path("", include("people.urls")),
    path("articles/", include("kb.urls")),
    path("models/", include("llm.urls")),
    path("training/", include("training.urls")),
    path("api/v1/", include("tickets.api.urls")),
    path("api/v1/", include("kb.api.urls")),
    path("api/v1/", include("doors.webhooks_out.api_urls")),
    path("api/schema/", documents.schema, name="api-schema"),
    path("api/docs/", documents.docs, name="api-docs"),
    # Last of them, so that all that is known comes before.
    re_path(r"^api/v1/(?:.*/)?$", NoSuchAddress.as_view(), name="api-nothing"),
    re_path(r"^api/v1/.*[^/]$", with_slash, name="api-with-slash"),
    path("webhooks/", include("doors.webhooks_out.urls")),
    path("doors/", include("doors.urls")),
    path("live/", live, name="live"),
    path("i18n/", include("django.conf.urls.i18n")),
]
