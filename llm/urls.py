"""Addresses of what admins change on the model page; the page is `tickets.views.models`."""

from django.urls import path

from llm import views

urlpatterns = [
    path("slots/<str:slot>/promote/", views.promote_version, name="slot-promote"),
    path("slots/<str:slot>/roll-back/", views.roll_back, name="slot-roll-back"),
    path("slots/<str:slot>/canary/", views.start_canary, name="slot-canary"),
    path("slots/<str:slot>/canary/end/", views.end_canary, name="slot-canary-end"),
    path("servers/<int:pk>/allow/", views.allow_server, name="server-allow"),
    path("servers/<int:pk>/forbid/", views.forbid_server, name="server-forbid"),
    path("servers/<int:pk>/check/", views.check_server, name="server-check"),
]
