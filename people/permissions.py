"""Who may use the API: the same roles as at the desk (people.roles)."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from people.roles import is_agent


class IsAgent(BasePermission):
    """Agents and admins; 403 for everybody else's token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_agent(request.user)
