"""Addresses of the tickets' API, below /api/v1/."""

from django.urls import path

from tickets.api import views

urlpatterns = [
    path("tickets/", views.TicketList.as_view(), name="api-tickets"),
    path("tickets/<int:pk>/", views.TicketDetail.as_view(), name="api-ticket"),
    path("tickets/<int:pk>/messages/", views.Messages.as_view(), name="api-messages"),
    path("tickets/<int:pk>/suggestions/", views.Suggestions.as_view(), name="api-suggestions"),
    path("tickets/<int:pk>/replies/", views.Replies.as_view(), name="api-replies"),
    path("replies/<int:pk>/", views.ReplyDetail.as_view(), name="api-reply"),
    path("suggestions/<int:pk>/ratings/", views.Ratings.as_view(), name="api-ratings"),
    path("ratings/<int:pk>/", views.RatingDetail.as_view(), name="api-rating"),
]
