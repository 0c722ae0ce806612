"""Addresses of the pages of webhooks out, below /webhooks/."""

from django.urls import path

from doors.webhooks_out import views

urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("new/", views.new, name="webhook-new"),
    path("<int:pk>/", views.webhook, name="webhook"),
    path("<int:pk>/key/", views.change_key, name="webhook-key"),
    path("<int:pk>/test/", views.test, name="webhook-test"),
    path("<int:pk>/remove/", views.remove, name="webhook-remove"),
    path("deliveries/<int:pk>/again/", views.again, name="delivery-again"),
]
