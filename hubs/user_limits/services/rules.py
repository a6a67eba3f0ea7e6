"""User-limit rules of a hub. They apply to the next server that starts; the hub fetches them then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hubs import wake
from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _, lazy, plural
from hubs.limits.queries import allowance, limits
from hubs.limits.queries.allowance import Subject
from hubs.live import channel as live
from hubs.models import Hub, User, UserLimit
from hubs.roster.queries.people import directory
from hubs.text.reasons import WHY, says_why
from hubs.text.texts import clean
from hubs.user_limits.rules import EVERYBODY, GROUP, MEASURES, PERSON

MOST_PEOPLE = 500  # at once
MOST_RULES = 5000  # per hub
FARTHEST = timedelta(days=5 * 366)
NEEDS_NOTE = lazy("Enter a message, so that the requester knows why.")
BEYOND = lazy("This is above your organisation’s limits. You can request it from staff.")


@dataclass(frozen=True)
class Wanted:
    """The wanted content of a rule. `until` is the moment when it ends automatically."""

    values: Mapping[str, float] = field(default_factory=dict)
    until: datetime | None = None
    reason: str = ""


class Beyond(Invalid):
    """Valid, but above the organisation limits: staff may set it, others may request it."""


class NoReason(Beyond):
    """A request to staff without a reason."""


def alive(hub: Hub) -> Hub:
    """Return the current hub. Lock its organisation, so that concurrent rules can't exceed its limits together."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if hub.is_retired:
        raise Conflict(_("This hub is retired and can’t be changed."))
    return hub


def check_values(values: Mapping[str, float]) -> dict[str, list[str]]:
    """Return what is wrong with these values, by measure."""
    if not values:
        return {"": [_("Enter at least one limit.")]}
    found = {}
    for name, value in values.items():
        measure = MEASURES.get(name)
        if measure is None:
            found[name] = [_("Unknown limit. The limits are: {names}.", names=", ".join(MEASURES))]
        elif measure.whole and not float(value).is_integer():
            found[name] = [_("Enter a whole number.")]
        elif not measure.least <= value <= measure.most:
            least, most = measure.text(measure.least), measure.text(measure.most)
            found[name] = [_("Enter a value from {least} to {most}.", least=least, most=most)]
    return found


def check(wanted: Wanted) -> Wanted:
    errors = check_values(wanted.values)
    now = timezone.now()
    if wanted.until and not now < wanted.until <= now + FARTHEST:
        past, far = _("The last day must not be in the past."), _("The last day can be at most five years from now.")
        errors["until"] = [past if wanted.until <= now else far]
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors)
    return Wanted(dict(wanted.values), wanted.until, clean(wanted.reason, "reason"))


def subjects(hub: Hub, kind: str, names: Sequence[str]) -> list[Subject]:
    """Return the subjects of a rule as they are stored: people's names are those in the hub. Raise Invalid ("kind",
    "names", "group") with each name that is wrong, as it was typed."""
    asked = list({name.strip().lower(): name.strip() for name in names if name.strip()}.values())
    if kind == EVERYBODY:
        return [(EVERYBODY, "")]
    if kind not in (PERSON, GROUP):
        raise Invalid.beside("kind", _("Choose who the rule is for."))
    if not asked or len(asked) > (MOST_PEOPLE if kind == PERSON else 1):
        words = _("Enter at least one name.")
        if asked:
            words = plural("Enter at most {count} name.", "Enter at most {count} names.", MOST_PEOPLE)
        beside = {"names": [words]} if kind == PERSON else {"group": [_("Choose one of the groups.")]}
        raise Invalid(words, beside)
    who = directory(hub)
    if wrong := [complaint for name in asked if (complaint := who.complaint(kind, name))]:
        raise Invalid(wrong[0], {"names" if kind == PERSON else "group": wrong[:10]})
    return list(dict.fromkeys(who.kept(kind, name) for name in asked))


def _checked(hub: Hub, kind: str, names: Sequence[str], wanted: Wanted) -> tuple[list[Subject], Wanted]:
    """Return the subjects and the rule. Raise Invalid with the errors of both."""
    errors: dict[str, list[str]] = {}
    who: list[Subject] = []
    try:
        who = subjects(hub, kind, names)
    except Invalid as error:
        errors |= error.errors
    try:
        wanted = check(wanted)
    except Invalid as error:
        errors |= error.errors
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors)
    return who, wanted


def _write(
    hub: Hub, by: User, who: Sequence[Subject], wanted: Wanted, *, ask: bool, instead: Sequence[UserLimit] = ()
) -> list[UserLimit]:
    """Create the rules; they need review by staff if they are above the organisation limits. Raise Beyond unless `ask`,
    and Invalid ("reason") if a request to staff has no reason."""
    if hub.user_limits.living().count() + len(who) > MOST_RULES:
        full = plural("A hub can have at most {count} rule.", "A hub can have at most {count} rules.", MOST_RULES)
        raise Invalid(" ".join([full, _("End some first.")]))
    above = {} if by.is_staff else allowance.beyond(hub, who, wanted, [rule.pk for rule in instead])
    if above and not ask:
        raise Beyond(str(BEYOND), above)
    if above and not says_why(wanted.reason):
        raise NoReason(WHY, {"reason": [WHY]})
    now, instead_of = timezone.now(), None
    for rule in instead if above else ():
        instead_of = rule.instead_of_id if rule.since is None else rule.pk
    finish([rule for rule in instead if not above or rule.since is None], by, now)
    rows = [
        UserLimit(
            hub=hub, kind=kind, name=name, author=by, reason=wanted.reason, until=wanted.until, made_at=now,
            since=None if above else now, allowed_by=None if above else by,
            instead_of_id=instead_of, **wanted.values,
        )
        for kind, name in who
    ]  # fmt: skip
    UserLimit.objects.bulk_create(rows)
    if above:
        people, asked = by.people_behind(), UserLimit.asked_by.through
        asked.objects.bulk_create(asked(userlimit_id=row.pk, user_id=pk) for row in rows for pk in people)
    tell(hub)
    return rows


def finish(rules: Sequence[UserLimit], by: User | None, now: datetime) -> None:
    """End rules. Raise Conflict if one of them has already ended."""
    ended = UserLimit.objects.filter(pk__in=[r.pk for r in rules]).living().update(ended_at=now, ended_by=by)
    if ended != len(rules):
        raise Conflict(_("This rule has already ended."))


def tell(hub: Hub) -> None:
    """Update pages, and the cluster's own bounds if they follow user limits."""
    if hub.cluster.can.follows_user_limits:
        wake.wake(hub)
    live.changed_on_commit(hub=hub)


def said(rule: UserLimit) -> str:
    """Return a rule in one line, for the audit."""
    if rule.until is None:
        return rule.words
    return _("{limits}, until {moment} UTC", limits=rule.words, moment=f"{rule.until:%Y-%m-%d %H:%M}")


def _who(rules: Sequence[UserLimit]) -> str:
    return rules[0].subject if len(rules) == 1 else ", ".join(rule.subject for rule in rules)


@transaction.atomic
def make(
    *, hub: Hub, by: User, kind: str, names: Sequence[str] = (), wanted: Wanted, ask: bool = False
) -> list[UserLimit]:
    """Create a rule for everyone, for a group, or for each of these people. With `ask`, limits above the organisation's
    become a request to staff. Raise Invalid by field, Beyond, Conflict."""
    hub = alive(hub)
    who, wanted = _checked(hub, kind, names, wanted)
    rules = _write(hub, by, who, wanted, ask=ask)
    verb = "limit.set" if rules[0].since else "limit.ask"
    changes = {"for": ["", _who(rules)], "limits": ["", said(rules[0])]}
    audit.record(verb, by=by, subject=hub.title, hub=hub, changes=changes, note=wanted.reason)
    return rules


@transaction.atomic
def change(*, rule: UserLimit, by: User, wanted: Wanted, ask: bool = False) -> UserLimit:
    """Replace a rule by another one for the same people. While that needs review, the old rule stays active; a
    request that needs review is replaced in any case. Raise as `make`."""
    hub, wanted = alive(rule.hub), check(wanted)
    if rule.ended_at:
        raise Conflict(_("This rule has already ended."))
    [new] = _write(hub, by, [(rule.kind, rule.name)], wanted, ask=ask, instead=[rule])
    changes = {"for": ["", new.subject], "limits": [said(rule), said(new)]}
    verb = "limit.change" if new.since else "limit.ask"
    audit.record(verb, by=by, subject=hub.title, hub=hub, changes=changes, note=wanted.reason)
    return new


@transaction.atomic
def end(*, rule: UserLimit, by: User, note: str = "") -> None:
    """End a rule. One that needs review is withdrawn or, by staff, rejected. Raise Conflict, and Invalid ("note") if
    it is rejected without a message."""
    hub = alive(rule.hub)
    declined = rule.since is None and by.is_staff and rule.author_id != by.pk
    note = clean(note, "note", needed=str(NEEDS_NOTE) if declined else "")
    finish([rule], by, timezone.now())
    verb = "limit.decline" if declined else "limit.end"
    changes = {"for": [rule.subject, ""], "limits": [said(rule), ""]}
    whom = {"people": [rule.author.username]}
    audit.record(verb, by=by, subject=hub.title, hub=hub, changes=changes, note=note, tell=whom)
    tell(hub)


@transaction.atomic
def allow(*, rule: UserLimit, by: User) -> UserLimit:
    """Approve a rule above the organisation limits. Staff only. Raise NotAllowed, Conflict if it is no longer requested
    or its last day is over."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can approve limits above the organisation limits."))
    if rule.asked_for_by(by):
        raise NotAllowed(_("You can’t approve your own request. Ask a colleague."))
    hub = alive(rule.hub)
    now = timezone.now()
    waiting = UserLimit.objects.filter(pk=rule.pk).waiting()
    if rule.until and rule.until <= now:
        raise Conflict(_("The last day of this rule is over. Nothing was changed."))
    if not waiting.update(since=now, allowed_by=by):
        raise Conflict(_("This request is no longer open."))
    if rule.instead_of_id:
        UserLimit.objects.filter(pk=rule.instead_of_id).living().update(ended_at=now, ended_by=by)
    changes = {"for": ["", rule.subject], "limits": ["", said(rule)]}
    whom = {"people": [rule.author.username]}
    audit.record("limit.allow", by=by, subject=hub.title, hub=hub, changes=changes, note=rule.reason, tell=whom)
    tell(hub)
    rule.refresh_from_db()
    return rule
