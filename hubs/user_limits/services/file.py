"""Import of user limits from a file. All lines or none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hubs.audit.services import audit
from hubs.days.queries import last_day
from hubs.errors import Invalid
from hubs.language import _, calendar_day, plural
from hubs.limits.queries import allowance
from hubs.limits.queries.allowance import Subject
from hubs.models import Hub, User, UserLimit
from hubs.roster.queries.people import Directory, directory
from hubs.user_limits.rules import GROUP, PERSON

from .rules import MOST_RULES, Wanted, alive, check, finish, tell

MOST_COMPLAINTS = 50


@dataclass(frozen=True)
class Line:
    number: int  # counted from 1
    kind: str
    name: str
    wanted: Wanted


@dataclass(frozen=True)
class Changed:
    """One difference between a file and the rules. `before` is "" for a rule that is added, `after` for one that ends;
    `line` is then 0."""

    line: int
    whom: str
    before: str
    after: str


@dataclass(frozen=True)
class Brought:
    """What a file changed, or would change."""

    made: int
    ended: int
    same: int
    changes: tuple[Changed, ...] = ()
    warnings: tuple[str, ...] = ()  # about lines for unknown addresses

    @property
    def counts(self) -> dict[str, int]:
        """How many rules are added, changed, ended and unchanged: a rule that replaces another one is a change."""
        added = sum(not one.before for one in self.changes)
        ended = sum(not one.after for one in self.changes)
        return {"added": added, "changed": len(self.changes) - added - ended, "ended": ended, "same": self.same}


def _said(rule: UserLimit) -> tuple[tuple[tuple[str, float], ...], datetime | None, str]:
    return tuple(rule.values.items()), rule.until, rule.reason


Complaint = tuple[int, str]  # line number, and what is wrong


def _judged(
    who: Directory, lines: Sequence[Line], unread: set[int]
) -> tuple[dict[Subject, list[Line]], list[Complaint]]:
    """Return (lines by subject, all complaints). Missing values are no complaint in a line that is partly unread."""
    wrong, found = list[Complaint](), defaultdict[Subject, list[Line]](list)
    for line in lines:
        name = line.name.strip()
        complaints = [complaint] if (complaint := who.complaint(line.kind, name)) else []
        try:
            check(line.wanted)
        except Invalid as error:
            told = {path: words for path, words in error.errors.items() if path or line.number not in unread}
            complaints += [sentence for sentences in told.values() for sentence in sentences]
        wrong += [(line.number, words) for words in complaints]
        if not complaints:
            found[who.kept(line.kind, name)].append(line)
    return found, wrong


def _warnings(who: Directory, lines: Sequence[Line]) -> tuple[str, ...]:
    """Return warnings about rules for unknown addresses: people may sign in later, or it may be a typing mistake."""
    said = [(line.number, who.nobody(line.name.strip())) for line in lines if line.kind == PERSON]
    return tuple(
        _(
            "Line {number}: {sentence} Check the spelling. The rule applies once such a person signs in.",
            number=number,
            sentence=words,
        )
        for number, words in said
        if words
    )


def _refuse(wrong: Sequence[Complaint]) -> None:
    if wrong:
        more = len(wrong) - MOST_COMPLAINTS
        told = sorted(wrong)[:MOST_COMPLAINTS]
        shown = [_("Line {number}: {sentence}", number=number, sentence=words) for number, words in told]
        shown += [plural("And {count} more.", "And {count} more.", more)] if more > 0 else []
        raise Invalid(_("Nothing was changed, because some lines have errors."), {"file": shown})


def _differing(
    found: dict[Subject, list[Line]], rules: Sequence[UserLimit]
) -> tuple[list[tuple[Subject, Line]], list[UserLimit], int]:
    """Return (to create, to end, how many stay). A rule that equals a line stays."""
    mine = defaultdict[Subject, list[UserLimit]](list)
    for rule in rules:
        mine[rule.kind, rule.name].append(rule)
    new: list[tuple[Subject, Line]] = []
    over: list[UserLimit] = []
    same = 0
    for subject, lines in found.items():
        left = mine[subject]
        for line in lines:
            like = UserLimit(**line.wanted.values, until=line.wanted.until, reason=line.wanted.reason)
            equal = next((rule for rule in left if _said(rule) == _said(like)), None)
            if equal:
                left.remove(equal)
                same += 1
            else:
                new.append((subject, line))
        over += left
    return new, over, same


def _told(rule: UserLimit, zone: str) -> str:
    """Return the content of a rule in words, with its last day and its reason."""
    words, reason = rule.words, rule.reason[:160]
    if rule.until:
        day = calendar_day(last_day(rule.until, zone))
        words = _("{limits}, valid until {day}", limits=words, day=day)
    return _("{limits} ({reason})", limits=words, reason=reason) if reason else words


def _changes(
    hub: Hub, who: Directory, new: Sequence[tuple[Subject, Line]], over: Sequence[UserLimit]
) -> tuple[Changed, ...]:
    """Return the differences: a rule that ends and a line for the same people are one of them."""
    zone = hub.organization.zone
    replaced = defaultdict[Subject, list[UserLimit]](list)
    for rule in over:
        replaced[rule.kind, rule.name].append(rule)
    found = []
    for (kind, name), line in new:
        rule = UserLimit(hub=hub, kind=kind, name=name, until=line.wanted.until, reason=line.wanted.reason,
                         **line.wanted.values)  # fmt: skip
        left = replaced[kind, name]
        rule.written = who.groups.get(name, name)
        found.append(Changed(line.number, rule.subject, _told(left.pop(0), zone) if left else "", _told(rule, zone)))
    gone = [rule for left in replaced.values() for rule in left]
    return (*found, *(Changed(0, rule.subject, _told(rule, zone), "") for rule in gone))


def _above(hub: Hub, new: Sequence[tuple[Subject, Line]]) -> list[Complaint]:
    """Return what is above the organisation limits. Only new rules are checked: what staff approved before stays."""
    alone = _("Add this rule on its own and choose “Request higher limits”.")
    return [
        (line.number, f"{words} {alone}")
        for _subject, line in new
        for sentences in allowance.bounded(hub, line.wanted.values).values()
        for words in sentences
    ]


def _check_together(hub: Hub, new: Sequence[tuple[Subject, Line]], over: Sequence[UserLimit]) -> None:
    wanted = [(subject, line.wanted) for subject, line in new]
    if complaint := allowance.too_much(hub, wanted, [rule.pk for rule in over]):
        raise Invalid.beside("file", complaint)


def _recorded(new: Sequence[tuple[Subject, Line]], over: Sequence[UserLimit]) -> dict[str, list[dict[str, object]]]:
    """Return what a file changed, as the audit stores it."""
    made = [
        {"for": name or kind, **line.wanted.values, "until": str(line.wanted.until or ""), "reason": line.wanted.reason}
        for (kind, name), line in new
    ]
    ended = [{"for": rule.name or rule.kind, **rule.values, "until": str(rule.until or "")} for rule in over]
    return {"made": made, "ended": ended}


@transaction.atomic
def bring(*, hub: Hub, by: User, lines: Sequence[Line], unread: Sequence[Complaint] = (), dry: bool = False) -> Brought:
    """Replace the rules of every subject in the lines; other subjects keep theirs. `unread`: errors of lines that could
    not be read. With `dry`, change nothing. Raise Invalid ("file": all errors, each with its line number), Conflict."""
    hub = alive(hub)
    now, who = timezone.now(), directory(hub)
    found, wrong = _judged(who, lines, {number for number, _words in unread})
    new, over, same = _differing(found, list(hub.user_limits.counting(now).spelled()))
    _refuse([*unread, *wrong, *([] if by.is_staff else _above(hub, new))])
    if hub.user_limits.living().count() + len(new) - len(over) > MOST_RULES:
        raise Invalid(
            "",
            {
                "file": [
                    plural("A hub can have at most {count} rule.", "A hub can have at most {count} rules.", MOST_RULES)
                ]
            },
        )
    if not by.is_staff:
        _check_together(hub, new, over)
    brought = Brought(len(new), len(over), same, _changes(hub, who, new, over), _warnings(who, lines))
    if (new or over) and not dry:
        _replace(hub, by, new, over, now, who)
    return brought


def _replace(
    hub: Hub, by: User, new: Sequence[tuple[Subject, Line]], over: Sequence[UserLimit], now: datetime, who: Directory
) -> None:
    finish(over, by, now)
    UserLimit.objects.bulk_create(
        UserLimit(
            hub=hub, kind=kind, name=name, author=by, allowed_by=by, made_at=now, since=now,
            until=line.wanted.until, reason=line.wanted.reason, **line.wanted.values,
        )
        for (kind, name), line in new
    )  # fmt: skip
    whom = ", ".join(who.groups.get(name, name) if kind == GROUP else name or kind for (kind, name), _ in new)
    changes = {"for": ["", whom], "set": ["", str(len(new))], "removed": ["", str(len(over))]}
    audit.record("limit.import", by=by, subject=hub.title, hub=hub, changes=changes, whole=_recorded(new, over))
    tell(hub)
