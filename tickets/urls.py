"""The desk's addresses."""

from django.urls import path

from tickets.views import inbox, intake, ratings, ticket

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("tickets/new/", intake.new_ticket, name="ticket-new"),
    path("tickets/<int:pk>/", ticket.ticket_page, name="ticket"),
    path("tickets/<int:pk>/drafts/", ticket.drafts, name="ticket-drafts"),
    path("tickets/<int:pk>/send/", ticket.send, name="ticket-send"),
    path("suggestions/<int:pk>/rate/", ticket.rate_suggestion, name="suggestion-rate"),
    path("ratings/", ratings.ratings_page, name="ratings"),
    path("ratings.csv", ratings.ratings_csv, name="ratings-csv"),
]
