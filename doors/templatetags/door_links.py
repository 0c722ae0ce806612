"""`{% door_link ticket %}`: the address of the ticket in the program that it came from, or ""."""

from django import template

from doors.links import page_elsewhere
from tickets.models import Ticket

register = template.Library()


@register.simple_tag
def door_link(ticket: Ticket) -> str:
    return page_elsewhere(ticket)
