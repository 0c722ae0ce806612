"""How long the reports take with many tickets: `python -m bench.reports --tickets 100000`.

Every page of the reports (and the file of one figure) is asked for as an admin and as a lead, over
all time and over the last 90 days, with three drafts a ticket. The same is done with a hundredth of
the tickets: what is held against it is the number of queries, which must not differ. "cpu" is what
the web process and its database process computed (no parallel workers), which a busy machine does
not change; "wall" is what passed meanwhile.
"""

import argparse
import time

import psutil

from bench.own_home import own_home

PAGES = ("", "ratings/", "replies/", "versions/", "costs/", "ratings/weeks.csv")
DAYS = 365

PEOPLE = """
INSERT INTO auth_user (username, password, first_name, last_name, email, is_superuser, is_staff,
    is_active, date_joined)
SELECT 'agent-' || n, '!', '', '', '', false, false, true, now() FROM generate_series(1, 12) n
ON CONFLICT DO NOTHING;
INSERT INTO people_team (name, created_at) SELECT 'team ' || n, now() FROM generate_series(1, 3) n
ON CONFLICT DO NOTHING;
INSERT INTO kb_source (kind, location, name, options, refresh_hours, created_at, last_import_at)
SELECT 'files', '/bench/' || n, (ARRAY['Wallet', 'Orders', 'Accounts', 'Hosting'])[n], '{}', 0,
    now(), now() FROM generate_series(1, 4) n ON CONFLICT DO NOTHING;
INSERT INTO kb_article (source_id, external_id, title, text, url, lang, state, visibility,
    content_hash, indexed_hash, faq_mark, is_edited, created_at, updated_at)
SELECT id, 'bench-' || n, 'Article ' || n, 'Text', '', 'fa', 'published', 'public', '', '', '',
    false, now(), now() FROM kb_source, generate_series(1, 25) n WHERE location LIKE '/bench/%'
ON CONFLICT DO NOTHING;
INSERT INTO llm_modelversion (name, state, method, folder, base_revision, recipe, manifest, digest,
    dataset_digest, metrics, prompt_version, generation, served_name, follows_instructions,
    created_at)
SELECT name, 'live', 'lora', 'bench', '', '', '{}', '', '', '{}', 'support-2', '{}', '', false,
    now() FROM unnest(ARRAY['tuned-2', 'tuned-1', 'base-gpt', 'candidate-3']) name
ON CONFLICT DO NOTHING;
"""
TICKETS = """
INSERT INTO tickets_customer (contact_hmac, contact_encrypted, name_encrypted, created_at)
SELECT 'bench-{batch}-' || n, '', '', now() FROM generate_series(1, {tickets} / 3 + 1) n;
WITH teams AS (SELECT array_agg(id ORDER BY id) AS ids FROM people_team WHERE name LIKE 'team %'),
people AS (SELECT array_agg(id ORDER BY id) AS ids FROM tickets_customer
    WHERE contact_hmac LIKE 'bench-{batch}-%')
INSERT INTO tickets_ticket (customer_id, source, external_id, subject, lang, state, claim, attempts,
    shuffle_seed, found, no_good_answer, team_id, priority, created_at, updated_at)
SELECT people.ids[1 + (n / 3)], 'bench-{batch}', n::text, 'Subject ' || n,
    CASE WHEN n % 4 = 0 THEN 'en' ELSE 'fa' END, 'answered', '', 0, n, '[]', false,
    CASE WHEN n % 4 < 3 THEN teams.ids[1 + n % 4] END, 1,
    now() - {days} * random() * interval '1 day', now()
FROM generate_series(1, {tickets}) n, teams, people;
INSERT INTO tickets_message (ticket_id, role, text, second_read, created_at)
SELECT id, role, repeat('سلام، سفارش من هنوز نرسیده است. ', 6), false,
    created_at + CASE role WHEN 'agent' THEN -ln(random() + 0.0001) * interval '40 minutes'
        ELSE interval '0' END
FROM tickets_ticket, unnest(ARRAY['customer', 'agent']) role WHERE source = 'bench-{batch}';
"""
DRAFTS = """
WITH versions AS (SELECT array_agg(id ORDER BY id) AS ids FROM llm_modelversion
    WHERE folder = 'bench'),
articles AS (SELECT array_agg(id ORDER BY id) AS ids FROM kb_article
    WHERE external_id LIKE 'bench-%'),
passages AS (SELECT array_agg(words) AS texts FROM (
    SELECT string_agg(md5(random()::text), ' ') AS words FROM generate_series(1, 6000) g
    GROUP BY g % 100) each)
INSERT INTO tickets_suggestion (ticket_id, message_id, slot, version_id, prompt_version, position,
    state, text, error, sources, article_id, prompt_tokens, tokens, seconds, prefill_seconds,
    decode_seconds, peak_mebibytes, is_canary, marks, created_at, finished_at)
SELECT t.id, m.id, chr(64 + s), versions.ids[CASE WHEN s = 3 AND t.id % 10 = 0 THEN 4 ELSE s END],
    'support-2', s - 1, CASE WHEN random() < 0.01 THEN 'failed' ELSE 'ready' END,
    repeat('برای پیگیری سفارش به بخش سفارش‌ها بروید. ', 6 + (t.id % 12)::int), '',
    jsonb_build_array(jsonb_build_object('kind', 'chunk', 'id', t.id, 'text',
passages.texts[1 + t.id % 100])),
    CASE WHEN t.id % 7 > 0 THEN articles.ids[1 + t.id % 100] END, 900, 120,
    4 * s * (0.5 + random()), 1, 3, 400, false, '{{}}', t.created_at, t.created_at
FROM tickets_ticket t JOIN tickets_message m ON m.ticket_id = t.id AND m.role = 'customer',
    generate_series(1, 3) s, versions, articles, passages WHERE t.source = 'bench-{batch}';
WITH people AS (SELECT array_agg(id ORDER BY id) AS ids FROM auth_user
    WHERE username LIKE 'agent-%')
INSERT INTO tickets_rating (suggestion_id, agent_id, stars, reason, created_at, updated_at)
SELECT s.id, people.ids[1 + s.ticket_id % 12],
    greatest(1, least(5, round(3.6 - 0.45 * s.position
        + 1.2 * (random() + random() + random() - 1.5)
        + extract(epoch FROM s.created_at - now()) / 86400 / {days}))), '', s.created_at,
    s.created_at + interval '1 hour'
FROM tickets_suggestion s JOIN tickets_ticket t ON t.id = s.ticket_id, people
WHERE t.source = 'bench-{batch}' AND s.state = 'ready' AND t.id % 5 > 0;
INSERT INTO tickets_reply (ticket_id, message_id, agent_id, suggestion_id, edit_share, send_key,
    answers_id, waiting_since, opened_at, learned_at, created_at)
SELECT t.id, m.id, (SELECT id FROM auth_user WHERE username = 'agent-' || 1 + t.id % 12), d.id,
    CASE WHEN d.id IS NULL THEN NULL WHEN random() < 0.4 THEN 0 ELSE random() * 0.6 END,
    'bench-' || t.id, NULL, t.created_at, m.created_at - random() * interval '4 minutes', now(),
    m.created_at
FROM tickets_ticket t JOIN tickets_message m ON m.ticket_id = t.id AND m.role = 'agent'
    LEFT JOIN tickets_suggestion d ON d.ticket_id = t.id AND d.position = abs(hashint8(t.id)) % 4
WHERE t.source = 'bench-{batch}' AND t.id % 10 > 0;
INSERT INTO tickets_nogoodanswer (message_id, agent_id, reason, text, created_at)
SELECT m.id, (SELECT id FROM auth_user WHERE username = 'agent-' || 1 + t.id % 12),
    (ARRAY['no_article', 'no_article', 'wrong', 'not_the_question', 'tone'])[
        1 + abs(hashint8(t.id)) % 5], '', t.created_at
FROM tickets_ticket t JOIN tickets_message m ON m.ticket_id = t.id AND m.role = 'customer'
WHERE t.source = 'bench-{batch}' AND t.id % 20 = 0;
"""


def fill(tickets: int, *, batch: str = "a", days: int = DAYS) -> None:
    """Rows by SQL: so many more tickets of the last `days`, with three drafts, ratings, replies;
    each time another `batch`."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(PEOPLE)
        for sql in (TICKETS, DRAFTS):
            cursor.execute(sql.format(tickets=tickets, batch=batch, days=days))
            cursor.execute("ANALYZE tickets_ticket, tickets_message, tickets_suggestion")


def analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _people() -> dict[str, object]:
    from django.contrib.auth.models import Group, User

    from people.models import Team

    found = {}
    for role in ("admin", "lead"):
        user = User.objects.create_user(f"bench-{role}")
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        found[role] = user
    found["lead"].teams.add(*Team.objects.order_by("pk")[:2])
    return found


def _measure(people: dict[str, object], *, rounds: int) -> dict[tuple[str, str, str], tuple]:
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections, connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    found = {}
    signals = (request_started, request_finished)
    for signal in signals:  # one connection for all, so that its process can be watched
        signal.disconnect(close_old_connections)
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        processes = [psutil.Process(), psutil.Process(cursor.fetchone()[0])]
    for role, user in people.items():
        client = Client()
        client.force_login(user)
        for page in PAGES:
            for period in ("?since=all", ""):
                rows = []
                for _round in range(rounds):
                    begun, before = time.perf_counter(), _computed(processes)
                    with CaptureQueriesContext(connection) as queries:
                        answer = client.get(f"/reports/{page}{period}", HTTP_HOST="localhost")
                    assert answer.status_code == 200, (page, answer.status_code)
                    wall = time.perf_counter() - begun
                    rows.append((_computed(processes) - before, wall, len(queries)))
                found[role, page, period] = min(rows)
    return found


def _computed(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with own_home():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        few = max(100, options.tickets // 100)
        fill(few)
        people = _people()
        before = _measure(people, rounds=1)
        fill(options.tickets - few, batch="b")
        analyse()
        after = _measure(people, rounds=options.rounds)
    print(f"{'who':<6} {'page':<18} {'period':<11} {'cpu s':>6} {'wall s':>7} {'queries':>8} few")
    for key, (cpu, wall, queries) in after.items():
        role, page, period = key
        row = f"{role:<6} {page or 'overview':<18} {period or '90 days':<11}"
        print(f"{row} {cpu:>6.2f} {wall:>7.2f} {queries:>8} {before[key][2]:>3}")


if __name__ == "__main__":
    main()
