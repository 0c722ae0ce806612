"""Addresses of the pages about doors, for admins."""

from django.urls import include, path

from doors.views import listing, mailbox

urlpatterns = [
    path("", listing.doors, name="doors"),
    path("new/mail/", mailbox.address, name="door-mail"),
    path("<int:pk>/", listing.door, name="door"),
    path("<int:pk>/pause/", listing.pause, name="door-pause"),
    path("<int:pk>/now/", listing.look_now, name="door-now"),
    path("<int:pk>/mail/", mailbox.address, name="door-mail-address"),
    path("<int:pk>/mail/servers/", mailbox.servers, name="door-mail-servers"),
    path("<int:pk>/mail/folders/", mailbox.folders, name="door-mail-folders"),
    path("outgoing/<int:pk>/again/", listing.send_again, name="door-send-again"),
    path("outgoing/<int:pk>/sent/", listing.mark_sent, name="door-mark-sent"),
    path("", include("doors.helpdesk_urls")),
]
