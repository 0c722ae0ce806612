"""Addresses of the webhooks' API, below /api/v1/."""

from django.urls import path

from doors.webhooks_out import api

urlpatterns = [
    path("webhooks/", api.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<int:pk>/", api.Webhook.as_view(), name="api-webhook"),
    path("webhooks/<int:pk>/key/", api.WebhookKey.as_view(), name="api-webhook-key"),
    path("webhooks/<int:pk>/test/", api.WebhookTest.as_view(), name="api-webhook-test"),
    path("webhooks/<int:pk>/deliveries/", api.Deliveries.as_view(), name="api-deliveries"),
    path("deliveries/<int:pk>/again/", api.DeliverAgain.as_view(), name="api-delivery-again"),
]
