"""Search and articles for other programs: GET only, for the tokens of agents and admins."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb import coverage
from kb.models import Article, CoverageGap
from kb.retrieval import MAX_K, MODES, Result, nothing_fits, search
from people.permissions import IsAgent
from text.language import detect

MAX_QUERY = 20_000


class SearchInput(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=MAX_QUERY)
    mode = serializers.ChoiceField(choices=MODES, default="hybrid")
    k = serializers.IntegerField(min_value=1, max_value=MAX_K, default=10)
    lang = serializers.CharField(max_length=12, required=False, default="")


class Search(APIView):
    """GET ?q=&mode=&k=&lang=: the passages, best first, with the fields of the command `search`."""

    permission_classes = (IsAuthenticated, IsAgent)

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


class ArticleList(ListAPIView[Article]):
    """Published articles in the order of their ids; `?lang=`."""

    permission_classes = (IsAuthenticated, IsAgent)
    serializer_class = ArticleOutput

    def get_queryset(self) -> QuerySet[Article]:
        rows = Article.objects.filter(state=Article.State.PUBLISHED).select_related("source")
        lang = self.request.query_params.get("lang")
        return (rows.filter(lang=lang) if lang else rows).order_by("pk")


class ArticleDetail(RetrieveAPIView[Article]):
    """One article with its text in Markdown."""

    permission_classes = (IsAuthenticated, IsAgent)
    serializer_class = ArticleDetailOutput
    queryset = Article.objects.select_related("source")
