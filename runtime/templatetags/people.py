"""Roles in templates: `{% load people %}`."""

from django import template

from runtime import people

register = template.Library()
register.filter("is_admin", people.is_admin)
