"""Addresses of the doors to other help desks: their forms, where webhooks knock, and the way back
from a link over there."""

from django.urls import path

from doors.django_helpdesk.views import helpdesk
from doors.links import door_ticket
from doors.webhook.pages import webhook
from doors.webhook.views import door_in

urlpatterns = [
    path("new/django-helpdesk/", helpdesk, name="door-helpdesk"),
    path("<int:pk>/django-helpdesk/", helpdesk, name="door-helpdesk-edit"),
    path("new/webhook/", webhook, name="door-webhook"),
    path("<int:pk>/webhook/", webhook, name="door-webhook-edit"),
    path("in/<str:source>/", door_in, name="door-in"),
    path("<str:source>/tickets/<str:number>/", door_ticket, name="door-ticket"),
]
