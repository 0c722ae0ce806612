"""Addresses of what admins change on the model page; the page is `tickets.views.models`."""

from django.urls import path, re_path

from llm import connect_views, views

urlpatterns = [
    path("connect/", connect_views.choose, name="model-connect"),
    path("connect/new/<slug:way>/", connect_views.where, name="model-connect-where"),
    path("connect/servers/<int:pk>/", connect_views.server, name="model-connect-server"),
    re_path(
        r"^connect/versions/(?P<name>[A-Za-z0-9._-]{1,200})/$",
        connect_views.version,
        name="model-connect-version",
    ),
    path("slots/<str:slot>/promote/", views.promote_version, name="slot-promote"),
    path("slots/<str:slot>/roll-back/", views.roll_back, name="slot-roll-back"),
    path("slots/<str:slot>/canary/", views.start_canary, name="slot-canary"),
    path("slots/<str:slot>/canary/end/", views.end_canary, name="slot-canary-end"),
    re_path(
        r"^versions/(?P<name>[A-Za-z0-9._-]{1,200})/instructions/$",
        views.switch_instructions,
        name="version-instructions",
    ),
    path("servers/<int:pk>/allow/", views.allow_server, name="server-allow"),
    path("servers/<int:pk>/forbid/", views.forbid_server, name="server-forbid"),
    path("servers/<int:pk>/check/", views.check_server, name="server-check"),
]
