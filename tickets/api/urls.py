"""Addresses of the tickets' API, below /api/v1/."""

from django.urls import path

from tickets.api import answer_views, desk_views, views

urlpatterns = [
    path("tickets/", views.TicketList.as_view(), name="api-tickets"),
    path("tickets/<int:pk>/", views.TicketDetail.as_view(), name="api-ticket"),
    path("tickets/<int:pk>/messages/", views.Messages.as_view(), name="api-messages"),
    path(
        "tickets/<int:pk>/suggestions/", answer_views.Suggestions.as_view(), name="api-suggestions"
    ),
    path("tickets/<int:pk>/replies/", answer_views.Replies.as_view(), name="api-replies"),
    path("tickets/<int:pk>/notes/", desk_views.Notes.as_view(), name="api-notes"),
    path("tickets/<int:pk>/attachments/", desk_views.Attachments.as_view(), name="api-attachments"),
    path("tickets/<int:pk>/refusals/", desk_views.Refusals.as_view(), name="api-refusals"),
    path("tickets/<int:pk>/events/", desk_views.Events.as_view(), name="api-events"),
    path("attachments/<int:pk>/", desk_views.AttachmentBytes.as_view(), name="api-attachment"),
    path("replies/<int:pk>/", answer_views.ReplyDetail.as_view(), name="api-reply"),
    path("suggestions/<int:pk>/ratings/", answer_views.Ratings.as_view(), name="api-ratings"),
    path("ratings/<int:pk>/", answer_views.RatingDetail.as_view(), name="api-rating"),
]
