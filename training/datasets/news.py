"""What the team has taught since: `new_since_last_run`."""

from django.db.models import Q

from kb.models import Question
from tickets.models import Rating, Reply
from training.models import TrainingRun


def new_since_last_run(*, slot: str = "", imports: bool = True) -> int:
    """Ratings and sent replies since the last finished run on the desk's data began, for this slot
    where one is given; with `imports` also past tickets that were imported since."""
    runs = TrainingRun.objects.filter(
        state=TrainingRun.State.DONE,
        purpose=TrainingRun.Purpose.FINETUNE,
        dataset__manifest__of="desk",
        started_at__isnull=False,
    )
    last = (runs.filter(slot=slot) if slot else runs).order_by("-started_at").first()
    moment = last.started_at if last else None
    rated = Rating.objects.filter(Q(updated_at__gt=moment) if moment else Q())
    since = Q(created_at__gt=moment) if moment else Q()
    count = rated.count() + Reply.objects.filter(since).count()
    if not imports:
        return count
    past = Question.objects.filter(since, kind=Question.Kind.TICKET).count()
    learned_here = Reply.objects.filter(since).exclude(learned_at=None).count()
    return count + max(0, past - learned_here)
