"""Search and articles for other programs: GET only, for the tokens of agents and admins."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from kb import coverage
from kb.models import Article, CoverageGap
from kb.retrieval import MAX_K, MODES, Result, nothing_fits, search
from runtime.api.paging import CappedPages
from runtime.api.views import ApiView
from text.language import detect

MAX_QUERY = 20_000


class SearchInput(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=MAX_QUERY, help_text="The question, in any words.")
    mode = serializers.ChoiceField(
        choices=list(MODES), default="hybrid", help_text="How it is searched."
    )
    k = serializers.IntegerField(
        min_value=1, max_value=MAX_K, default=10, help_text="Passages at most."
    )
    lang = serializers.CharField(
        max_length=12, required=False, default="", help_text="Language code; empty: all."
    )


class Passage(serializers.Serializer[Any]):
    article = serializers.IntegerField()
    external_id = serializers.CharField()
    title = serializers.CharField()
    chunk = serializers.CharField()
    score = serializers.FloatField()
    url = serializers.CharField(allow_blank=True)
    lang = serializers.CharField()
    why = serializers.DictField()


class SearchOutput(serializers.Serializer[Any]):
    results = Passage(many=True)


@extend_schema(tags=["search"])
class Search(ApiView):
    """GET ?q=&mode=&k=&lang=: the passages, best first, with the fields of the command `search`."""

    scopes: ClassVar = {"GET": "search:read"}

    @extend_schema(
        summary="Search the articles",
        description="The passages of articles that fit, the best first.",
        parameters=[SearchInput],
        responses=SearchOutput,
    )
    def get(self, request: Request) -> Response:
        given = SearchInput(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        results = search(
            asked["q"], mode=asked["mode"], k=asked["k"], lang=asked["lang"] or None, models=False
        )
        if asked["mode"] == "hybrid" and nothing_fits(results):
            coverage.record(
                asked["q"],
                lang=asked["lang"] or detect(asked["q"]),
                origin=CoverageGap.Origin.API,
                best_score=results[0].score if results else 0.0,
            )
        return Response({"results": [_row(result) for result in results]})


def _row(result: Result) -> dict[str, Any]:
    return {
        "article": result.article_id,
        "external_id": result.external_id,
        "title": result.title,
        "chunk": result.text,
        "score": result.score,
        "url": result.url,
        "lang": result.lang,
        "why": result.why.as_json(),
    }


class ArticleOutput(serializers.ModelSerializer[Article]):
    source_name = serializers.CharField(source="source.name")

    class Meta:
        model = Article
        fields: tuple[str, ...] = (
            "id",
            "source_name",
            "external_id",
            "title",
            "url",
            "lang",
            "state",
            "updated_at",
        )


class ArticleDetailOutput(ArticleOutput):
    class Meta(ArticleOutput.Meta):
        fields = (*ArticleOutput.Meta.fields, "text")


class ArticleFilters(serializers.Serializer[Any]):
    lang = serializers.CharField(
        max_length=12, required=False, default="", help_text="Language code; empty: all."
    )


@extend_schema(tags=["articles"])
class ArticleList(ApiView, ListAPIView[Article]):
    """Published articles in the order of their ids; `?lang=`."""

    scopes: ClassVar = {"GET": "articles:read"}
    pagination_class = CappedPages
    serializer_class = ArticleOutput

    def get_queryset(self) -> QuerySet[Article]:
        rows = Article.objects.filter(state=Article.State.PUBLISHED).select_related("source")
        given = ArticleFilters(data=self.request.query_params)
        given.is_valid(raise_exception=True)
        lang = given.validated_data["lang"]
        return (rows.filter(lang=lang) if lang else rows).order_by("pk")

    @extend_schema(
        summary="List the published articles",
        description="In the order of their ids.",
        parameters=[ArticleFilters],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


@extend_schema(tags=["articles"])
class ArticleDetail(ApiView, RetrieveAPIView[Article]):
    """One article with its text in Markdown."""

    scopes: ClassVar = {"GET": "articles:read"}
    serializer_class = ArticleDetailOutput
    queryset = Article.objects.select_related("source")

    @extend_schema(summary="Read an article", description="With its text in Markdown.")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
