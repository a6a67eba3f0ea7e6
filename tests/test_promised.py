"""Promised and current resources: the same on the page, in the policy check and in the API, for any hubs of an
organisation. A hub counts only on the days on which it exists."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hubs.calendar.services import extension
from hubs.errors import Conflict
from hubs.hub.services import hubs
from hubs.limits.queries import allowance, limits
from hubs.limits.queries.promised import Claim, Days, Extra, Ledger, Usage, claims_of, compared, course, days_of, on
from hubs.models import ChangeRequest, Hub, Organization, UserLimit
from hubs.requests.services import judged, requests
from hubs.spec import to_draft
from hubs.user_limits.services import rules as user_limits
from hubs.user_limits.services.rules import Wanted

from .callers import caller

TODAY = date(2026, 11, 10)
GIB = 1024
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


# --- sums, compared with counting each day ----------------------------------------------------------------------------
day = st.integers(-6, 12).map(lambda plus: TODAY + timedelta(days=plus))
spans = st.builds(Days, st.none() | day, st.none() | day | st.just(date.max))
claims = st.lists(st.builds(Claim, spans, st.builds(Usage, st.integers(0, 3), st.integers(0, 50))), max_size=6).map(
    tuple
)
KIND = st.sampled_from(["person", "group", "everybody"])
ALL_DAYS = [TODAY + timedelta(days=n) for n in range(16)]


def plain(mine, when):
    return on([one for one in mine if not (one.days.first and one.days.last and one.days.last < one.days.first)], when)


@given(mine=claims)
def test_the_time_line_is_the_sum_of_every_day(mine):
    steps = dict(course(mine, TODAY))
    assert min(steps) == TODAY
    last = Usage()
    for when in ALL_DAYS:
        last = steps.get(when, last)
        assert last == plain(mine, when)


@given(others=claims, before=claims, after=claims, most=st.integers(0, 120))
def test_a_meter_is_above_its_limit_when_the_change_increases_a_day_above_it(others, before, after, most):
    place = Organization(hubs=most // 20, total_memory_mib=most)
    found = limits.shared(place, TODAY, others, before, after)
    for meter, read in zip(found, (lambda use: use.hubs, lambda use: use.memory_mib), strict=True):
        days = [
            (when, read(plain((*others, *before), when)), read(plain((*others, *after), when))) for when in ALL_DAYS
        ]
        worse = [(when, was, will) for when, was, will in days if will > was]
        assert meter.over == any(will > meter.limit for _, _, will in worse)
        when = meter.day or TODAY
        assert (meter.used, meter.used + meter.adds) == next((was, will) for one, was, will in days if one == when)
        assert meter.used + meter.adds == max(will for _, _, will in worse) if worse else meter.adds <= 0
    assert compared(others, before, after, TODAY)[0][0] == TODAY


@given(
    seats=st.integers(0, 50), memory=st.integers(0, 500), heads=st.integers(0, 80),
    extras=st.lists(st.builds(Extra, KIND, st.just("g"), st.integers(0, 90)), max_size=4),
)  # fmt: skip
def test_user_limits_add_what_exceeds_the_usual_share(seats, memory, heads, extras):
    takes = Usage(1, memory, 5)
    found = on(claims_of(Days(), takes, seats, extras, {(1, "g"): heads}, 1), TODAY)
    each = memory / seats if seats else 0
    people = {"person": 1, "group": min(heads, seats), "everybody": seats}
    assert (found.hubs, found.storage_mib) == (1, 5)
    largest = {(one.kind, one.name): one.memory_mib for one in sorted(extras, key=lambda one: one.memory_mib)}
    expected = memory + sum(max(0, most - each) * people[kind] for (kind, _), most in largest.items())
    assert abs(found.memory_mib - expected) <= len(extras)


def test_of_two_for_the_same_person_the_larger_counts_while_it_lasts():
    extras = [Extra("person", "mia", 2048), Extra("person", "mia", 6144, TODAY + timedelta(days=3))]
    found = claims_of(Days(), Usage(1, 10 * 1024, 5), 10, extras, {}, 1)
    days = [on(found, TODAY + timedelta(days=n)).memory_mib for n in (0, 3, 4)]
    assert days == [15 * 1024, 15 * 1024, 11 * 1024]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Days()),
        ({"ends_on": TODAY}, Days(None, TODAY)),
        ({"ends_on": TODAY - timedelta(days=3)}, Days(None, TODAY)),  # it runs until it is suspended
        ({"starts_on": TODAY + timedelta(days=9)}, Days()),  # it was created earlier
        ({"starts_on": TODAY + timedelta(days=9), "scheduled": True}, Days(TODAY + timedelta(days=9), None)),
        ({"desired_state": "suspended"}, None),
        ({"desired_state": "suspended", "stopped_by_end": True}, None),
        ({"desired_state": "retired"}, None),
    ],
)
def test_when_a_hub_counts(values, expected):
    assert days_of(Hub(**values), TODAY) == expected


# --- page, policy check and API ---------------------------------------------------------------------------------------
pytestmark = pytest.mark.django_db
KINDS = ("running", "suspended", "ended", "scheduled", "soon over", "retired")


def fleet(river, ines, hub, seed):
    """Create hubs of every kind with user limits, derived from one number."""
    days: dict[str, dict[str, Any]] = {
        "scheduled": {"starts_on": TODAY + timedelta(days=30), "scheduled": True},
        "soon over": {"ends_on": TODAY + timedelta(days=5)},
        "ended": {"desired_state": "suspended", "stopped_by_end": True, "ends_on": TODAY - timedelta(days=2)},
        "suspended": {"desired_state": "suspended"},
        "retired": {"desired_state": "retired"},
    }
    for place, kind in enumerate(KINDS):
        size = (seed * (place + 3)) % 17 + 1
        made = Hub.objects.create(
            organization=river, cluster=river.cluster, slug=f"{kind.replace(' ', '-')}-{seed}", title=kind,
            created_by=ines, revision=hub.revision, seats=size, memory_mib=size * GIB, storage_mib=size,
            servers=[{}] * (seed % 3), **days.get(kind, {}),
        )  # fmt: skip
        UserLimit.objects.create(
            hub=made, kind=["everybody", "person"][seed % 2], name="mia" * (seed % 2), memory_mib=GIB + seed * 100,
            author=ines, since=NOON - timedelta(days=1),
        )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_page_check_and_api_agree(clock, as_, ask, ines, omar, river, hub, seed):
    fleet(river, ines, hub, seed)
    used = limits.usage(river)
    bar = limits.meters(None, river)
    assert (bar[0].used, bar[1].used) == (used.hubs, used.memory_mib)
    api = caller(omar)("GET", "organizations/river/usage/").json()
    assert [(one["used"], one["running"], one["peak"]) for one in api] == [(m.used, m.running, m.peak) for m in bar]
    for name, address in (("organization", ["river"]), ("organization-limits", ["river"]), ("organization-list", [])):
        page = as_(omar).get(reverse(name, args=address)).content.decode()
        assert f"{bar[1].used_text} allocated" in page, name
        assert f"{bar[1].running_text} running" in page, name
    row = ask(ines, river, slug="one-more")
    review = as_(ines).get(reverse("request-review", args=[row.uid])).content.decode()
    plan = caller(ines)("GET", f"requests/{row.uid}/plan/").json()["limits"][1]
    check = limits.meters(judged.proposed(row), river)[1]
    assert (plan["used"], plan["adds"], plan["day"]) == (check.used, check.adds, check.day and check.day.isoformat())
    assert f"{check.used_text} allocated" in review
    # exactly the free amount is automatic, and a MiB more is not
    Organization.objects.update(total_memory_mib=check.used + check.adds, hubs=100)
    assert limits.assess(judged.proposed(row), Organization.objects.get(pk=river.pk)).routine
    Organization.objects.update(total_memory_mib=check.used + check.adds - 1)
    assert requests.submit(request=row, by=ines).state == "submitted"
    total = limits.above(check).split(" With ")[1].split(" is above")[0]
    assert total in str(ChangeRequest.objects.get(pk=row.pk).policy["findings"])
    # user limits are decided by the same sum
    place = Hub.objects.select_related("organization").get(pk=hub.pk)
    subject = [(("person", "mia"), Wanted({"memory_mib": 2 * GIB}))]
    Organization.objects.update(total_memory_mib=limits.standing(river, limits.ledger(river))[1].peak or bar[1].used)
    place.organization.refresh_from_db()
    assert "allocated" in allowance.too_much(place, subject)


def test_a_suspended_or_a_future_hub_blocks_no_class_today(clock, ask, ines, river, hub):
    Organization.objects.update(hubs=1, total_memory_mib=30 * GIB)
    full = requests.submit(request=ask(ines, river, slug="second"), by=ines)
    assert full.state == "submitted"
    hubs.suspend(hub=hub, by=ines)
    assert requests.submit(request=ask(ines, river, slug="third"), by=ines).state == "approved"
    Hub.objects.filter(slug="third").update(scheduled=True, starts_on=TODAY + timedelta(days=60))
    ends = (TODAY + timedelta(days=59)).isoformat()
    assert requests.submit(request=ask(ines, river, slug="until", **{"about.ends": ends}), by=ines).state == "approved"


def test_a_class_of_the_next_term_is_checked_against_the_sum_of_that_term(clock, ask, ines, river):
    """Three hubs of 30 GiB each: the first two overlap only in June."""
    Organization.objects.update(total_memory_mib=60 * GIB)

    def asked(slug, first, last):
        days = {"about.starts": first, "about.ends": last}
        return requests.submit(request=ask(ines, river, slug=slug, **days), by=ines)

    assert asked("spring", "2027-03-01", "2027-06-30").state == "approved"
    assert asked("summer", "2027-06-01", "2027-09-30").state == "approved"
    assert asked("before", "2026-12-01", "2027-05-31").state == "approved"
    both = asked("over-june", "2027-06-30", "2027-07-31")
    assert both.state == "submitted"
    assert both.policy["findings"] == [
        "Total memory: this adds 30 GiB (30 people × 1 GiB). "
        "With 60 GiB already allocated on 30 June 2027, the total of 90 GiB is above the limit of 60 GiB."
    ]
    assert asked("july", "2027-07-01", "2027-07-31").state == "approved"
    bar = limits.meters(None, Organization.objects.get(pk=river.pk))[1]
    assert (bar.used_text, bar.peak_text, bar.peak_day) == ("0 GiB", "60 GiB", date(2027, 3, 1))


def test_an_extension_counts_on_the_days_that_it_adds(clock, ask, ines, river, hub):
    Organization.objects.update(total_memory_mib=30 * GIB)
    Hub.objects.filter(pk=hub.pk).update(ends_on=date(2027, 1, 31))
    data = hub.revision.data | {"about": hub.revision.data["about"] | {"ends": "2027-01-31"}}
    type(hub.revision).objects.filter(pk=hub.revision_id).update(data=data)
    later = {"about.starts": "2027-02-01", "about.ends": "2027-06-30"}
    assert requests.submit(request=ask(ines, river, slug="later", **later), by=ines).state == "approved"
    fresh = Hub.objects.get(pk=hub.pk)
    assert extension.extend(hub=fresh, by=ines, ends=date(2027, 2, 15), reason="Exams are later.").state == "submitted"


def test_resuming_is_checked_like_a_new_hub(clock, as_, ask, ines, stan, river, hub):
    Organization.objects.update(total_memory_mib=30 * GIB)
    hubs.suspend(hub=hub, by=ines)
    assert requests.submit(request=ask(ines, river, slug="second"), by=ines).state == "approved"
    with pytest.raises(
        Conflict, match=r"With 30 GiB already allocated, the total of 60 GiB is above the limit of 30 GiB"
    ):
        hubs.resume(hub=hub, by=ines)
    answer = as_(ines).post(reverse("hub-resume", args=[hub.uid]))
    assert answer.status_code == 409
    assert "Suspend or retire another hub first" in answer.content.decode()
    assert caller(ines)("POST", f"hubs/{hub.uid}/resume/").status_code == 409
    assert hubs.resume(hub=hub, by=stan).desired_state == "running"


def test_people_who_run_a_hub_resume_what_staff_approved(clock, ines, river, hub):
    hubs.suspend(hub=hub, by=ines)
    Organization.objects.update(total_memory_mib=20 * GIB)
    assert hubs.resume(hub=hub, by=ines).desired_state == "running"


def test_a_change_of_a_suspended_hub_adds_nothing_until_it_is_resumed(clock, ask, ines, omar, river, hub):
    Organization.objects.update(total_memory_mib=60 * GIB)
    hubs.suspend(hub=hub, by=ines)
    assert requests.submit(request=ask(ines, river, slug="second"), by=ines).state == "approved"
    hub.refresh_from_db()
    values = to_draft(hub.spec) | {"singleuser.memory.limit": "2"}
    assert requests.submit(request=requests.begin_change(hub=hub, by=ines, values=values), by=ines).state == "approved"
    assert limits.usage(river).memory_mib == 30 * GIB
    user_limits.make(hub=hub, by=omar, kind="everybody", wanted=Wanted({"memory_mib": 2 * GIB}))
    assert limits.usage(river).memory_mib == 30 * GIB
    with pytest.raises(
        Conflict, match=r"With 30 GiB already allocated, the total of 90 GiB is above the limit of 60 GiB"
    ):
        hubs.resume(hub=Hub.objects.get(pk=hub.pk), by=ines)


def test_a_suspended_hub_does_not_grow_above_the_limit_without_staff(clock, ines, omar, river, hub):
    """Its people may resume what staff approved without another review, so staff have to approve the growth."""
    Organization.objects.update(total_memory_mib=40 * GIB)
    hubs.suspend(hub=hub, by=ines)
    hub.refresh_from_db()
    values = to_draft(hub.spec) | {"singleuser.memory.limit": "2"}
    sent = requests.submit(request=requests.begin_change(hub=hub, by=ines, values=values, reason="Larger data sets"),
                           by=ines)  # fmt: skip
    assert sent.state == "submitted"
    assert sent.policy["findings"] == [
        "Total memory: this adds 30 GiB (30 people × 1 GiB more each). "
        "With 30 GiB already allocated, the total of 60 GiB is above the limit of 40 GiB."
    ]  # fmt: skip
    hub.organization.refresh_from_db()
    with pytest.raises(user_limits.Beyond):
        user_limits.make(hub=hub, by=omar, kind="everybody", wanted=Wanted({"memory_mib": 2 * GIB}))


def test_the_sums_need_two_queries(clock, river, ines, hub, django_assert_num_queries):
    fleet(river, ines, hub, 2)
    with django_assert_num_queries(2):
        found = limits.ledger(river, running=True)
    assert isinstance(found, Ledger)
