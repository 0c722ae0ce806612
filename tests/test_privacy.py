"""Every field that can hold words is accounted for: "scrubbed" (goes through the privacy engine
before it is stored), "vault" (encrypted) or "allowed", with what keeps personal values out of it.

A new field fails here until somebody has said which it is. That the scrubbed ones are scrubbed is
shown by `tests/system/test_leaks.py`.
"""

import pytest
from django.apps import apps
from django.db import connection, models

from tests.dump import tables

SCRUBBED = "scrubbed"
VAULT = "vault"
WORDLESS = (
    models.BooleanField,
    models.IntegerField,  # and all that derive from it, keys too
    models.FloatField,
    models.DateField,  # and moments
    models.ForeignKey,
    models.CompositePrimaryKey,
)

STAFF = "allowed: about the desk's own people"
DIGEST = "allowed: a digest, of text that is scrubbed, of an article, or keyed"
CODE = "allowed: a short name that the program makes or checks against a pattern"
ARTICLE = "allowed: an article, which the company publishes or writes for its agents"
WEB = "allowed: what a public web server says about its pages"
PATH = "allowed: a path that the program or an admin names"
FIGURES = "allowed: settings and figures"
SECRET = "allowed: random, of a second factor; no customer's"
FIXED = "allowed: a sentence of the program, without anything of what was read"

FIELDS = {
    "auth.Permission": {"name": CODE, "codename": CODE},
    "auth.Group": {"name": CODE},
    "auth.User": {
        "password": "allowed: hashed by Django",
        "username": STAFF,
        "first_name": STAFF,
        "last_name": STAFF,
        "email": STAFF,
    },
    "contenttypes.ContentType": {"app_label": CODE, "model": CODE},
    "sessions.Session": {
        "session_key": "allowed: random",
        "session_data": "allowed: who is signed in, the key of a saved form, sentences to show",
    },
    "llm.ModelVersion": {
        **dict.fromkeys(("name", "method", "base_revision", "recipe", "prompt_version"), CODE),
        **dict.fromkeys(("digest", "dataset_digest"), DIGEST),
        **dict.fromkeys(("manifest", "metrics", "generation"), FIGURES),
        "folder": PATH,
        "served_name": CODE,
    },
    "llm.Slot": {"name": CODE},
    "llm.Server": {
        "name": CODE,
        "base_url": PATH,
        "key_env": "allowed: the name of an environment variable, never what it holds",
        "last_error": FIXED,
    },
    "llm.SlotEvent": {"slot": CODE, "why": "allowed: what an admin says on the command line"},
    "kb.Source": {"location": PATH, "name": PATH, "options": FIGURES},
    "kb.Article": {
        **dict.fromkeys(("external_id", "title", "text", "url"), ARTICLE),
        **dict.fromkeys(("content_hash", "indexed_hash", "faq_mark"), DIGEST),
        "lang": CODE,
    },
    "kb.ArticleRevision": {"title": ARTICLE, "text": ARTICLE, "lang": CODE},
    "kb.CoverageGap": {"search_form": SCRUBBED, "text": SCRUBBED, "digest": DIGEST, "lang": CODE},
    "kb.ImportRun": {
        "file_name": SCRUBBED,
        "path": SCRUBBED,
        "lang": CODE,
        "options": FIGURES,
        "report": "allowed: counts, and where in a source of articles something failed",
        "error": FIXED,
    },
    "kb.WebPage": {
        **dict.fromkeys(("url", "external_id", "links", "etag", "last_modified", "error"), WEB),
        **dict.fromkeys(("url_hash", "digest", "read_with", "text_hash"), DIGEST),
    },
    "kb.TermSegment": {"group": CODE},
    "kb.Posting": {
        "term": SCRUBBED,  # made of what Chunk and Question hold
        "data": "allowed: packed numbers",
    },
    "kb.Chunk": {
        **dict.fromkeys(("text", "search_form", "title_form", "heading_path"), ARTICLE),
        "lang": CODE,
        "cut": CODE,
        "digest": DIGEST,
    },
    "kb.Question": {
        **dict.fromkeys(("text", "answer", "search_form", "title_form", "external_id"), SCRUBBED),
        "lang": CODE,
        "link_mark": CODE,
        "digest": DIGEST,
    },
    "kb.QuestionGeneration": {"chunk_digest": DIGEST, "model": CODE, "prompt_version": CODE},
    "kb.EmbeddingRecipe": {
        **dict.fromkeys(("model", "revision", "pooling", "cut"), CODE),
        "artefact": PATH,
        "artefact_digest": DIGEST,
    },
    "kb.ChunkVector": {"vector": ARTICLE},
    "kb.QuestionVector": {"vector": SCRUBBED},
    "otp_static.StaticDevice": {"name": CODE},
    "otp_static.StaticToken": {"token": SECRET},
    "otp_totp.TOTPDevice": {"name": CODE, "key": "allowed: empty, see people.Authenticator"},
    "people.Authenticator": {
        "name": CODE,
        "key": "allowed: empty, django-otp's own",
        "secret_encrypted": VAULT,
    },
    "people.Team": {"name": STAFF},
    "people.Invitation": {"email": STAFF, "token_hash": DIGEST},
    "people.Attempt": {"key": DIGEST},
    "people.AuditEntry": {"action": CODE, "target": CODE, "details": FIGURES},
    "doors.Door": {
        **dict.fromkeys(("name", "source", "claim"), CODE),
        "options": FIGURES,
        "cursor": FIGURES,
        "secret_encrypted": VAULT,
        "last_error": FIXED,
    },
    "doors.Incoming": {"remote_key": DIGEST, "why": FIXED},
    "doors.MailReference": {"ids_encrypted": VAULT},
    "doors.Outgoing": {
        **dict.fromkeys(("claim", "remote_id", "remote_ticket"), CODE),
        "error": FIXED,
    },
    "doors.WebhookEndpoint": {
        "name": CODE,
        "url": PATH,
        "secret_encrypted": VAULT,
        "kinds": CODE,
    },
    "doors.WebhookDelivery": {
        **dict.fromkeys(("event_id", "kind", "claim"), CODE),
        "payload": FIGURES,
        "error": FIXED,
    },
    "tickets.ApiToken": {"name": STAFF, "token_hash": DIGEST, "start": CODE, "scopes": CODE},
    "tickets.IdempotencyKey": {
        "key_hash": DIGEST,
        "request_digest": DIGEST,
        "reference": CODE,
    },
    "tickets.TicketEvent": {"details": FIGURES},
    "tickets.Note": {"text": SCRUBBED},
    "tickets.CannedReply": {"title": SCRUBBED, "text": SCRUBBED, "lang": CODE},
    "tickets.SavedView": {"name": SCRUBBED, "filters": SCRUBBED},
    "tickets.ReplyDraft": {"text_encrypted": VAULT},
    "tickets.NoGoodAnswer": {"text": SCRUBBED},
    "tickets.Rewrite": {
        **dict.fromkeys(("lang", "claim"), CODE),
        "text": SCRUBBED,
        "marks": "allowed: figures, and names of placeholders",
        "error": FIXED,
    },
    "tickets.Attachment": {
        "name": SCRUBBED,
        **dict.fromkeys(("media_type", "path"), CODE),
        "digest": DIGEST,
        "why": FIXED,
    },
    "tickets.Customer": {
        "contact_hmac": DIGEST,
        "contact_encrypted": VAULT,
        "name_encrypted": VAULT,
    },
    "tickets.Ticket": {
        "source": "allowed: refused where the engine finds something in it",
        "external_id": SCRUBBED,  # stood for by a keyed hash
        "subject": SCRUBBED,
        "lang": CODE,
        "claim": "allowed: random",
        "found": SCRUBBED,
        "search": SCRUBBED,
    },
    "tickets.Message": {"text": SCRUBBED},
    "tickets.Suggestion": {
        "slot": CODE,
        "prompt_version": CODE,
        "text": SCRUBBED,  # written by a model that is shown nothing else
        "sources": SCRUBBED,
        "error": FIXED,
        "marks": FIGURES,
    },
    "tickets.Rating": {"reason": SCRUBBED},
    "tickets.Reply": {"send_key": SCRUBBED},  # stood for by a keyed hash
    "tickets.TicketImportRun": {
        "file_name": SCRUBBED,
        "path": SCRUBBED,
        "lang": CODE,
        "options": "allowed: how to read the file; who answers for the company",
        "report": SCRUBBED,
        "error": FIXED,
    },
    "tickets.CustomPattern": {
        "name": CODE,
        "template": "allowed: a form with places for what varies, never one value",
    },
    "tickets.PrivacyMiss": {"type": CODE},
    "tickets.RightsRequest": {
        "customer_hmac": DIGEST,
        "counts": FIGURES,
        "versions": "allowed: names of model versions",
    },
    "tickets.VaultEntry": {"type": CODE, "value_hmac": DIGEST, "value_encrypted": VAULT},
    "tickets.VaultReading": {"types": CODE},
    "training.DatasetSnapshot": {
        "name": "allowed: what an admin calls a data set",
        "digest": DIGEST,
        "path": PATH,
        "manifest": FIGURES,
        "checks": FIGURES,
    },
    "training.TrainingRun": {
        "file_name": SCRUBBED,
        "path": PATH,
        "lang": CODE,
        "options": FIGURES,
        "report": FIGURES,
        "recipe": CODE,
        "config": FIGURES,
        "slot": CODE,
        "phase": CODE,
        "metrics": FIGURES,
        "error": FIXED,
    },
    "training.Evaluation": {"dataset_digest": DIGEST, "metrics": FIGURES, "path": PATH},
    "training.Decision": {"slot": CODE, "why": FIXED, "figures": FIGURES, "told": CODE},
}
"""Fields with a fixed choice of values need no line."""

OTHER_TABLES = {
    "public.django_migrations": "names of migrations",
    "pgmq.meta": "names of queues",
    "pgmq.notify_insert_throttle": "names of queues",
    "pgmq.topic_bindings": "names of queues",
}
QUEUES = ("pgmq.q_", "pgmq.a_")
"""A queue's messages and their archive: names of tasks and ids of rows."""
WORDS_IN_COLUMNS = ("text", "character varying", "character", "json", "jsonb", "bytea", "ARRAY")


def _fields() -> dict[str, set[str]]:
    return {
        model._meta.label: names
        for model in apps.get_models(include_auto_created=True)
        if (names := {one.name for one in model._meta.fields if _holds_words(one)})
    }


def _holds_words(field: models.Field) -> bool:
    return not isinstance(field, WORDLESS) and not field.choices


def test_every_field_that_can_hold_words_is_classified():
    said = {label: set(fields) for label, fields in FIELDS.items()}
    assert _fields() == said, "say above what keeps personal values out of it"


def test_every_classification_is_one_of_three_and_says_why():
    for fields in FIELDS.values():
        for said in fields.values():
            assert said in (SCRUBBED, VAULT) or len(said.removeprefix("allowed: ")) > 5
            assert said in (SCRUBBED, VAULT) or said.startswith("allowed: ")


def test_a_vault_field_holds_bytes_and_nothing_else_is_encrypted():
    encrypted = {
        f"{label}.{name}"
        for label, names in _fields().items()
        for name in names
        if name.endswith("_encrypted")
    }
    vault = {
        f"{label}.{name}"
        for label, fields in FIELDS.items()
        for name, said in fields.items()
        if said == VAULT
    }
    assert vault == encrypted
    for place in vault:
        label, _, name = place.rpartition(".")
        assert isinstance(apps.get_model(label)._meta.get_field(name), models.BinaryField)


@pytest.mark.django_db
def test_every_table_is_a_model_s_or_named():
    of_models = {
        f"public.{model._meta.db_table}" for model in apps.get_models(include_auto_created=True)
    }
    others = {name for name in set(tables()) - of_models if not name.startswith(QUEUES)}
    assert others <= set(OTHER_TABLES)


@pytest.mark.django_db
def test_every_column_with_words_is_a_field_s():
    known = {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = ANY(%s)",
            [list(WORDS_IN_COLUMNS)],
        )
        columns = {row for row in cursor.fetchall() if f"public.{row[0]}" not in OTHER_TABLES}
    assert columns <= known
