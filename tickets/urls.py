"""The desk's addresses."""

from django.urls import path, re_path

from tickets.views import (
    customers,
    imports,
    inbox,
    intake,
    models,
    privacy,
    ratings,
    tester,
    ticket,
    values,
)

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("tickets/new/", intake.new_ticket, name="ticket-new"),
    path("tickets/<int:pk>/", ticket.ticket_page, name="ticket"),
    path("tickets/<int:pk>/drafts/", ticket.drafts, name="ticket-drafts"),
    path("tickets/<int:pk>/send/", ticket.send, name="ticket-send"),
    path("tickets/<int:pk>/reveal/", values.reveal, name="ticket-reveal"),
    path("tickets/<int:pk>/mask/", values.mask, name="ticket-mask"),
    path("tickets/import/", imports.import_list, name="ticket-imports"),
    path("tickets/import/new/", imports.import_tickets, name="ticket-import"),
    path("tickets/import/<int:pk>/", imports.import_run, name="ticket-import-run"),
    path("tickets/import/<int:pk>/stop/", imports.import_stop, name="ticket-import-stop"),
    path("tickets/import/<int:pk>/continue/", imports.go_on, name="ticket-import-continue"),
    path("suggestions/<int:pk>/rate/", ticket.rate_suggestion, name="suggestion-rate"),
    path("ratings/", ratings.ratings_page, name="ratings"),
    path("ratings.csv", ratings.ratings_csv, name="ratings-csv"),
    path("models/", models.models_page, name="models"),
    re_path(
        r"^models/versions/(?P<name>[A-Za-z0-9._-]{1,200})/$",
        models.version_page,
        name="model-version",
    ),
    path("privacy/", privacy.overview, name="privacy"),
    path("privacy/readings/", privacy.readings, name="privacy-readings"),
    path("privacy/retention/", privacy.retention, name="privacy-retention"),
    path("privacy/customers/", customers.find, name="privacy-customers"),
    path("privacy/customers/<int:pk>/", customers.customer, name="privacy-customer"),
    path("privacy/customers/<int:pk>/export/", customers.export, name="customer-export"),
    path("privacy/customers/<int:pk>/erase/", customers.erase, name="customer-erase"),
    path("privacy/tester/", tester.tester, name="privacy-tester"),
    path("privacy/patterns/<int:pk>/", tester.switch_pattern, name="pattern-switch"),
]
