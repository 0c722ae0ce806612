"""Webhooks for other programs: admins' tokens with the scope webhooks:write."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from doors.http import MAX_URL
from doors.models import WebhookDelivery, WebhookEndpoint
from doors.webhooks_out import endpoints, telling
from people.roles import is_admin
from runtime.api.paging import CappedPages
from runtime.api.views import ApiView
from runtime.errors import InputError
from tickets.api.idempotency import CreatingView

SCOPE = "webhooks:write"


class BeingSent(InputError):
    """It is on its way at this very moment."""

    api_status = status.HTTP_409_CONFLICT


class EndpointInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=endpoints.MAX_NAME)
    url = serializers.CharField(max_length=MAX_URL, help_text="https://…")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=list(endpoints.KINDS)),
        default=list,
        max_length=len(endpoints.KINDS),
        help_text="What is told; empty: everything.",
    )
    active = serializers.BooleanField(default=True)


class EndpointOutput(serializers.ModelSerializer[WebhookEndpoint]):
    kinds = serializers.ListField(child=serializers.CharField(), read_only=True)
    key = serializers.SerializerMethodField(
        help_text="What signs; told once, when it is made or changed, else null."
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("id", "name", "url", "kinds", "active", "failing_since", "created_at", "key")

    def get_key(self, row: WebhookEndpoint) -> str | None:
        key: str | None = self.context.get("key")
        return key


class DeliveryOutput(serializers.ModelSerializer[WebhookDelivery]):
    payload = serializers.DictField(read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = (
            *("id", "endpoint", "event_id", "kind", "payload", "state", "attempts", "next_at"),
            *("status", "error", "created_at", "delivered_at"),
        )


class AdminView(ApiView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not is_admin(request.user):
            raise PermissionDenied(_("Webhooks are for admins."))


@extend_schema(tags=["webhooks"])
class Webhooks(CreatingView, AdminView, ListAPIView[WebhookEndpoint]):
    scopes: ClassVar = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = EndpointOutput
    pagination_class = CappedPages
    queryset = WebhookEndpoint.objects.order_by("pk")
    _key: str | None = None

    @extend_schema(summary="List the webhooks")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Make a webhook",
        description="The answer has the key, this once. Signed as Standard Webhooks 1.0.",
        request=EndpointInput,
        responses={201: EndpointOutput},
        examples=[
            OpenApiExample(
                "drafts",
                value={
                    "name": "shop",
                    "url": "https://shop.example.com/hooks/pasokh",
                    "kinds": ["ticket.drafted", "ticket.replied"],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        given = EndpointInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        active = values.pop("active")
        row, self._key = endpoints.create(**values, actor=request.user)
        if not active:
            row = endpoints.change(row, active=False, actor=request.user)
        return row, status.HTTP_201_CREATED

    def find(self, request: Request, pk: int) -> Model:
        return get_object_or_404(WebhookEndpoint, pk=pk)

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return EndpointOutput(row, context={"key": self._key}).data


@extend_schema(tags=["webhooks"])
class Webhook(AdminView):
    scopes: ClassVar = {"GET": SCOPE, "PATCH": SCOPE, "DELETE": SCOPE}

    @extend_schema(summary="Read a webhook", responses=EndpointOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(EndpointOutput(get_object_or_404(WebhookEndpoint, pk=pk)).data)

    @extend_schema(
        summary="Change a webhook",
        description="Switching it on forgets its failures.",
        request=EndpointInput(partial=True),
        responses=EndpointOutput,
        examples=[OpenApiExample("switch off", value={"active": False}, request_only=True)],
    )
    def patch(self, request: Request, pk: int) -> Response:
        row = get_object_or_404(WebhookEndpoint, pk=pk)
        given = EndpointInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        row = endpoints.change(row, **given.validated_data, actor=request.user)
        return Response(EndpointOutput(row).data)

    @extend_schema(summary="Remove a webhook", description="With its log.", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        endpoints.remove(get_object_or_404(WebhookEndpoint, pk=pk), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["webhooks"])
class WebhookKey(CreatingView, AdminView):
    scopes: ClassVar = {"POST": SCOPE}
    _key: str | None = None

    @extend_schema(
        summary="Change a webhook's key",
        description="The answer has the new key, this once; the old one signs along for a day.",
        request=None,
        responses={200: EndpointOutput},
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        row = get_object_or_404(WebhookEndpoint, pk=where["pk"])
        self._key = endpoints.rotate(row, actor=request.user)
        return row, status.HTTP_200_OK

    def find(self, request: Request, pk: int) -> Model:
        return get_object_or_404(WebhookEndpoint, pk=pk)

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return EndpointOutput(row, context={"key": self._key}).data


class _Sending(CreatingView, AdminView):
    def find(self, request: Request, pk: int) -> Model:
        return get_object_or_404(WebhookDelivery, pk=pk)

    def show(self, request: Request, row: Any, *, first: bool) -> Any:
        return DeliveryOutput(row).data


@extend_schema(tags=["webhooks"])
class WebhookTest(_Sending):
    scopes: ClassVar = {"POST": SCOPE}

    @extend_schema(summary="Send a test", request=None, responses={201: DeliveryOutput})
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        row = telling.tell_test(get_object_or_404(WebhookEndpoint, pk=where["pk"]))
        return row, status.HTTP_201_CREATED


@extend_schema(tags=["webhooks"])
class Deliveries(AdminView, ListAPIView[WebhookDelivery]):
    scopes: ClassVar = {"GET": SCOPE}
    serializer_class = DeliveryOutput
    pagination_class = CappedPages

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        endpoint = get_object_or_404(WebhookEndpoint, pk=self.kwargs["pk"])
        return endpoint.deliveries.order_by("-pk")

    @extend_schema(summary="Read a webhook's log", description="The newest first, for 30 days.")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


@extend_schema(tags=["webhooks"])
class DeliverAgain(_Sending):
    scopes: ClassVar = {"POST": SCOPE}

    @extend_schema(
        summary="Send again",
        description="With the same webhook-id. 409 while it is being sent.",
        request=None,
        responses={200: DeliveryOutput},
    )
    def post(self, request: Request, **where: Any) -> Response:
        return super().post(request, **where)

    def make(self, request: Request, **where: Any) -> tuple[Model, int]:
        row = get_object_or_404(WebhookDelivery, pk=where["pk"])
        if not telling.tell_again(row):
            raise BeingSent(_("It is being sent at this moment."))
        row.refresh_from_db()
        return row, status.HTTP_200_OK
