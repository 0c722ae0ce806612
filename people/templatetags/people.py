"""Roles in templates: `{% load people %}`."""

from django import template

from people import roles

register = template.Library()
register.filter("is_admin", roles.is_admin)
register.filter("is_lead", roles.is_lead)
