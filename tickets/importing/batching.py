"""One batch of conversations into the database: `Importer.take(conversations)`.

What costs time (masking, forms for search) is done before the transaction, which holds tickets,
messages, values and what they teach: so a run that is killed leaves whole batches, and one that is
started again skips what is there without masking it. Duplicates are known by their id; one that
has grown extends its ticket (`extending`). Near duplicates fold into the first that said the same,
also when a run goes on, because what is there is remembered too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field, replace

from django.db import transaction

from kb import questions
from kb.indexing import PreparedQuestions
from kb.models import Question
from kb.questions import KnownQuestion
from kb.searchable import text_digest
from runtime.live import publish
from tickets.importing import erased, extending, storing
from tickets.importing.boilerplate import Boilerplate
from tickets.importing.cleaning import Lesson, Lessons, lessons
from tickets.importing.extending import Extension, Extensions
from tickets.importing.growth import growth, joined
from tickets.importing.masking import MaskedTicket, external_id_of, mask
from tickets.importing.records import LeftOut, PastConversation, Turn
from tickets.importing.remembering import Remembered
from tickets.importing.report import TicketImportReport
from tickets.importing.turns import fits
from tickets.learning import past_question_id
from tickets.second_opinion import along


@dataclass
class _Work:
    """A conversation that is answered. `fresh`: its ticket is not there yet; `partial`: there is
    more of it than the file tells. `kept`: lessons that say something new; `due`: those of them
    that are not stored yet."""

    conversation: PastConversation
    external_id: str
    found: Lessons
    fresh: bool
    partial: bool = False
    kept: list[Lesson] = field(default_factory=list)
    due: list[Lesson] = field(default_factory=list)
    masked: MaskedTicket | None = None
    into: tuple[str, int] = ("", 0)


class Importer:
    """Holds what must be remembered over an import: which lessons there were, and where."""

    def __init__(
        self,
        report: TicketImportReport,
        *,
        source: str,
        lang: str = "",
        every_turn: bool = False,
        dry_run: bool = False,
    ) -> None:
        self._report = report
        self._source = source
        self._lang = lang
        self._every_turn = every_turn
        self._dry_run = dry_run
        self._remembered = Remembered()
        self._met: set[str] = set()  # ids, in a dry run only: the database cannot tell
        self._begun = False

    def take(self, batch: Sequence[PastConversation], *, embed: bool) -> None:
        """`embed`: make vectors at once; otherwise the index worker does."""
        if self._every_turn:
            batch = [replace(one, every_turn=True) for one in batch]
        told = self._once(erased.customers_left(batch, self._report))
        told = erased.tickets_left(self._source, told, self._report)
        work, grown = self._sorted(told)
        if not self._begun:
            self._begun = True
            self._remembered.boilerplate = Boilerplate.of(
                [lesson.answer for one in work for lesson in one.found.taught]
            )
        for one in work:
            self._keep_new_lessons(one)
        self._choose_due(work)
        along.read_ahead(_to_mask(work, grown))
        for one in work:
            if one.fresh or one.due:
                one.masked = mask(
                    one.conversation,
                    source=self._source,
                    external_id=one.external_id,
                    lang=self._lang,
                )
        rows = self._without_stored_copies(work)
        if self._dry_run:
            self._count(work, grown)
            self._count_extended(extending.extensions(self._source, grown, lock=False))
        else:
            self._write(work, grown, rows, embed=embed)

    def _once(self, batch: Iterable[PastConversation]) -> dict[str, PastConversation]:
        """By their external ids. What a batch tells of one conversation in several places is put
        together."""
        found: dict[str, PastConversation] = {}
        for one in batch:
            external_id = external_id_of(one)
            before = found.setdefault(external_id, one)
            if before is one:
                continue
            self._report.duplicates += 1
            how = growth(before.turns, one.turns)
            turns = joined(before.turns, one.turns, how) if how else ()
            if not turns or not fits(turns):
                self._leave_out([one], "changed")
            elif turns != before.turns:
                found[external_id] = replace(before, turns=turns)
                self._report.extended += 1
        return found

    def _sorted(
        self, told: dict[str, PastConversation]
    ) -> tuple[list[_Work], dict[str, PastConversation]]:
        """What is answered, and apart from it what may have grown since it was imported."""
        there = storing.stored(self._source, told)
        work: list[_Work] = []
        grown: dict[str, PastConversation] = {}
        for external_id, one in told.items():
            known = there.get(external_id)
            if known is not None and known.may_grow_by(one.turns):
                grown[external_id] = one
                continue
            found = lessons(one)
            fresh = known is None and external_id not in self._met
            if fresh and not found.answered:
                self._report.unanswered += 1
                continue
            partial = known is not None and known.turns > len(one.turns)
            work.append(_Work(one, external_id, found, fresh, partial))
        if self._dry_run:
            self._met |= {one.external_id for one in work}
        return work, grown

    def _keep_new_lessons(self, one: _Work) -> None:
        for lesson in one.found.taught:
            same = self._remembered.known(lesson, one.conversation)
            if same is None:
                one.kept.append(lesson)
            elif not one.into[0]:
                one.into = same

    def _choose_due(self, work: Sequence[_Work]) -> None:
        """What a run that was cut off left out, and all of fresh tickets."""
        ids = {
            past_question_id(self._source, one.external_id, turn=lesson.number)
            for one in work
            if not one.fresh
            for lesson in one.kept
        }
        there = set(
            Question.objects.filter(kind=Question.Kind.TICKET, external_id__in=ids).values_list(
                "external_id", flat=True
            )
        )
        for one in work:
            one.due = [
                lesson
                for lesson in one.kept
                if not one.partial  # its answers have other numbers in the file
                and past_question_id(self._source, one.external_id, turn=lesson.number) not in there
            ]

    def _without_stored_copies(self, work: Sequence[_Work]) -> list[KnownQuestion]:
        """What is to be learned, less what an earlier import has taught word for word."""
        rows: dict[str, tuple[_Work, Lesson, KnownQuestion]] = {}
        for one in work:
            for lesson in one.due:
                assert one.masked is not None
                texts = [turn.text for turn in one.masked.turns]
                row = self._question(one.external_id, one.masked.lang, lesson, texts)
                rows.setdefault(text_digest(row.text, row.answer), (one, lesson, row))
        for digest in _stored_digests(rows):
            one, lesson, _row = rows.pop(digest)
            one.kept.remove(lesson)
        return [row for _one, _lesson, row in rows.values()]

    def _question(
        self, external_id: str, lang: str, lesson: Lesson, texts: Sequence[str]
    ) -> KnownQuestion:
        """`texts`: of the conversation's turns, masked."""
        return KnownQuestion(
            kind=Question.Kind.TICKET,
            external_id=past_question_id(self._source, external_id, turn=lesson.number),
            lang=lang,
            text=texts[lesson.place - 1],
            answer=self._remembered.boilerplate.cut(lesson.answer, masked=texts[lesson.place]),
        )

    def _write(
        self,
        work: Sequence[_Work],
        grown: dict[str, PastConversation],
        rows: Sequence[KnownQuestion],
        *,
        embed: bool,
    ) -> None:
        prepared = questions.prepare(rows, models=embed, vectors=embed)
        with transaction.atomic():
            storing.lock()
            gone = self._hold(work, grown)
            work = [one for one in work if one not in gone]
            fresh = [one for one in work if one.fresh]
            there = storing.existing(self._source, [one.external_id for one in fresh])
            for one in fresh:
                one.fresh = one.external_id not in there
            fresh = [one for one in fresh if one.fresh]
            storing.write([one.masked for one in fresh if one.masked], self._source)
            questions.write(self._without(gone, prepared) if gone else prepared)
            extensions = extending.extensions(self._source, grown, lock=True)
            self._extend(extensions.found)
            if fresh or extensions.found:
                publish("inbox", imported=len(fresh))
        self._count(work, grown)
        self._count_extended(extensions)

    def _hold(self, work: Sequence[_Work], grown: Iterable[str]) -> list[_Work]:
        """Nobody erases what this batch is about until it is in. What was erased already since the
        batch was begun."""
        due = [one for one in work if one.fresh or one.due]
        old = [one.external_id for one in due if not one.fresh]
        told = [one.conversation for one in due]
        there = storing.hold(self._source, [*old, *grown], {one.contact for one in told} - {""})
        at = erased.of_customers(told)
        gone = [
            one
            for one in due
            if not (one.fresh or one.external_id in there)
            or erased.since(one.conversation, at.get(one.conversation.contact)) != one.conversation
        ]
        self._leave_out([one.conversation for one in gone], "erased")
        return gone

    def _without(self, gone: Iterable[_Work], prepared: PreparedQuestions) -> PreparedQuestions:
        keys = {
            past_question_id(self._source, one.external_id, turn=lesson.number)
            for one in gone
            for lesson in one.due
        }
        left = [row for row in prepared.questions if row.external_id not in keys]
        return replace(prepared, questions=left)

    def _extend(self, found: Sequence[Extension]) -> None:
        """Under the tickets' locks; the index worker makes the vectors."""
        if not found:
            return
        extending.write(found)
        rows = [
            self._question(one.ticket.external_id, one.ticket.lang, lesson, one.texts)
            for one in found
            for lesson in lessons(one.whole).taught
            if lesson.place >= one.since and self._remembered.known(lesson, one.whole) is None
        ]
        by_digest = {text_digest(row.text, row.answer): row for row in rows}
        for digest in _stored_digests(by_digest):
            del by_digest[digest]
        questions.write(questions.prepare(by_digest.values(), vectors=False))

    def _leave_out(self, told: Iterable[PastConversation], reason: str) -> None:
        for one in told:
            self._report.leave_out(LeftOut(one.source, one.line, reason))

    def _count_extended(self, extensions: Extensions) -> None:
        report = self._report
        report.extended += len(extensions.found)
        self._leave_out(extensions.changed, "changed")
        for one in extensions.found:
            before = replace(one.whole, turns=_turns_before(one))
            reasons = Counter(lessons(one.whole).reasons) - Counter(lessons(before).reasons)
            report.count("left_out", reasons)
            report.count("placeholders", Counter(found.type for found in one.masker.found))

    def _count(self, work: Sequence[_Work], grown: Sized) -> None:
        report = self._report
        fresh = [one for one in work if one.fresh]
        report.duplicates += len(work) - len(fresh) + len(grown)
        report.created += len(fresh)
        report.conversations += sum(
            len(one.found.taught) + len(one.found.reasons) > 1 for one in fresh
        )
        report.count("left_out", Counter(why for one in fresh for why in one.found.reasons))
        masked = [one.masked for one in fresh if one.masked is not None]
        report.count("languages", Counter(one.lang for one in masked))
        report.count("placeholders", Counter(f.type for one in masked for f in one.masker.found))
        for one in fresh:
            if one.found.taught and not one.kept:
                report.fold(one.conversation.source, one.conversation.line, one.into)


def _turns_before(one: Extension) -> tuple[Turn, ...]:
    return one.whole.turns[: len(one.messages)]


def _stored_digests(digests: Iterable[str]) -> list[str]:
    rows = Question.objects.filter(kind=Question.Kind.TICKET, digest__in=list(digests))
    return list(rows.values_list("digest", flat=True).distinct())


def _to_mask(work: Iterable[_Work], grown: dict[str, PastConversation]) -> Iterator[str]:
    """Texts that are about to be masked."""
    due = (one.conversation for one in work if one.fresh or one.due)
    for one in (*due, *grown.values()):
        yield one.subject
        yield from (turn.text for turn in one.turns)
