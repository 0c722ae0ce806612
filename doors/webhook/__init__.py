"""The door for every other desk: signed JSON comes in, read by a mapping that is configuration, and
the replies go out as signed JSON. Entry: `KIND`, for the loop in `doors.working`; requests come to
`doors.webhook.views`."""

from doors.kinds import Kind
from doors.webhook.sending import check, find_sent, send

KIND = Kind(check=check, receive=lambda door: 0, send=send, find_sent=find_sent)
