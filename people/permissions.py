"""Who may use the API: the same roles as at the desk (people.roles).

REST framework reads this module while its own views load, so it imports none of them.
"""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from people.roles import is_agent


class IsAgent(BasePermission):
    """Agents and admins; 403 for everybody else's token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return is_agent(request.user)
