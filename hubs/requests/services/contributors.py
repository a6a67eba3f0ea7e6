"""The people behind each step of a request, whatever account or token they used."""

from django.utils import timezone

from hubs.errors import NotAllowed
from hubs.language import _
from hubs.models import ChangeRequest, RequestContributor, User

Step = RequestContributor.Step


def note(request: ChangeRequest, by: User, step: str) -> None:
    """Record the people behind `by` for this step, each once. Called in the transaction of the write. One query, and at
    most two more for service accounts."""
    now, token = timezone.now(), by.token.prefix if by.token else ""
    RequestContributor.objects.bulk_create(
        [
            RequestContributor(request=request, person_id=pk, step=step, account=by.username, token=token, at=now)
            for pk in sorted(by.people_behind())
        ],
        ignore_conflicts=True,
    )


def check_decider(request: ChangeRequest, by: User) -> None:
    """Raise NotAllowed unless `by` is staff, and no one behind `by` made or edited this request: as themselves, by a
    service account that they made, or with a token that they made or took over. Call it when the request is locked."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can decide on requests."))
    if request.asked_for_by(by):
        raise NotAllowed(_("You can’t decide on a request that you made or edited. Ask a colleague."))
