"""The audit log of a hub, of an organisation and of the whole portal."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.audit.pages.lines import label
from hubs.audit.rules.verbs import AUDITED
from hubs.audit.services import audit
from hubs.hub.services import hubs as hub_services
from hubs.models import AuditEvent, Event, Hub
from hubs.organizations import services as organizations
from hubs.requests.services import decisions

pytestmark = pytest.mark.django_db
RIVER, ALL = "/organizations/river/audit/", "/staff/audit/"


def sentences(response):
    return [line.text for line in response.context["lines"]]


def test_the_audit_is_sentences_newest_first(hub, ines, river, stan, ada, as_):
    organizations.change_limits(
        organization=river, by=stan, values={"memory_per_user_mib": 4096, "auto_approve": False}
    )
    hub_services.suspend(hub=hub, by=ines)
    answer = as_(ada).get(RIVER)
    told = sentences(answer)
    assert told[:2] == [
        "Ines Duarte suspended the hub Statistics 101",
        "Stan Weber changed the limits of River University",
    ]
    assert "Hub Portal approved the request Statistics 101" in told
    assert answer.context["lines"][1].changes == [
        (label("singleuser.memory.limit"), "2 GiB", "4 GiB"),
        ("Approved automatically", "yes", "no"),
    ]
    page = answer.content.decode()
    for word in ("suspended the hub", "4 GiB", f"/hubs/{hub.uid}/"):
        assert word in page, word


def test_every_verb_has_a_sentence_on_the_page(river, ada, as_):
    for verb in AUDITED:
        audit.record(verb, by=ada, subject=f"subject of {verb}", organization=river)
    told, behind = "", None
    while behind != "":
        page = as_(ada).get(RIVER, {"after": behind} if behind else {})
        told, behind = told + page.content.decode(), page.context["page"].next
    for verb in AUDITED:
        assert f"subject of {verb}" in told


def test_what_is_written_is_shown_as_text_only(river, ada, as_):
    evil = "<script>alert(1)</script>"
    audit.record(
        "member.role",
        by=ada,
        subject=evil,
        organization=river,
        changes={evil: [evil, [evil]], "odd": {"a": evil}},
        note=evil,
    )
    assert evil not in as_(ada).get(RIVER).content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("ada", 200), ("omar", 200), ("stan", 200), ("ines", 403), ("mia", 403), ("zoe", 404)]
)
def test_who_may_read_the_audit_of_an_organisation(who, status, cast, as_):
    assert as_(cast[who]).get(RIVER).status_code == status


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("stan", 200), ("ines", 200), ("mia", 403), ("zoe", 404)])
def test_who_may_read_the_audit_of_a_hub(who, status, hub, cast, as_):
    assert as_(cast[who]).get(f"/hubs/{hub.uid}/audit/").status_code == status


@pytest.mark.parametrize(
    ("who", "status"), [("stan", 200), ("ada", 404), ("omar", 404), ("ines", 404), ("mia", 404), ("zoe", 404)]
)
def test_the_audit_of_everything_is_for_staff(who, status, cast, as_):
    assert as_(cast[who]).get(ALL).status_code == status


@pytest.mark.parametrize("path", [RIVER, ALL])
def test_the_audit_is_read_only(path, stan, river, as_):
    assert as_(None).get(path).url == f"/sign-in/?next={path}"
    for method in ("post", "put", "delete"):
        assert getattr(as_(stan), method)(path).status_code == 405


def test_an_organisation_reads_nothing_of_another(zoe, hub, river, lake, as_):
    audit.record("organization.create", by=None, subject="Lake College", organization=lake)
    assert sentences(as_(zoe).get("/organizations/lake/audit/")) == ["Hub Portal created the organisation Lake College"]


def test_links_lead_only_to_pages_that_the_reader_may_see(hub, ines, ada, stan, lake, zoe, as_):
    other = Hub.objects.get(pk=hub.pk)
    audit.record("hub.retry", by=ines, subject="moved", hub=other, organization=lake)  # as after a hub was transferred
    line = as_(zoe).get("/organizations/lake/audit/").context["lines"][0]
    assert (line.hub, line.organization) == ("", "lake")
    line = as_(stan).get("/organizations/lake/audit/").context["lines"][0]
    assert line.hub == hub.uid
    AuditEvent.objects.update(request="not-a-uuid-at-all")
    assert as_(stan).get(ALL).status_code == 200


def test_the_audit_is_narrowed_by_person_verb_and_day(river, ada, omar, as_):
    for day, who in ((1, ada), (2, ada), (3, omar)):
        row = audit.record("member.role", by=who, subject=f"day {day}", organization=river)
        AuditEvent.objects.filter(pk=row.pk).update(at=datetime(2026, 3, day, 23, 59, tzinfo=UTC))
    audit.record("member.invite", by=ada, subject="somebody", organization=river)

    def found(query):
        return [line.event.subject for line in as_(ada).get(f"{RIVER}?{query}").context["lines"]]

    assert found("verb=member.role") == ["day 3", "day 2", "day 1"]
    assert found("person=OMAR") == ["day 3"]
    assert found("person=okafor&verb=member.role") == ["day 2", "day 1"]
    assert found("since=2026-03-02&until=2026-03-02") == ["day 2"]
    assert found("until=2026-03-01") == ["day 1"]
    empty = as_(ada).get(f"{RIVER}?person=nobody")
    assert "No matching entries" in empty.content.decode()


def test_the_filter_takes_an_address_a_whole_group_and_refuses_days_in_the_wrong_order(river, ada, omar, as_):
    audit.record("member.role", by=omar, subject="role", organization=river)
    audit.record("hub.retry", by=ada, subject="hub", organization=river)

    def found(query):
        return [line.event.subject for line in as_(ada).get(f"{RIVER}?{query}").context["lines"]]

    assert found(f"person={omar.email.upper()}") == ["role"]
    assert found("verb=people.*") == ["role"]
    assert found("verb=hubs.*") == ["hub"]
    page = as_(ada).get(f"{RIVER}?since=2026-12-01&until=2026-11-20").content.decode()
    assert "“To” is before “From”" in page
    assert "Added the cluster" not in page, "an organisation's log has none"


def test_values_are_in_words_with_units(river, ada, as_):
    changes = {
        "singleuser.memory.limit": ["1", "1.5"], "cull.timeout": ["60", "45"], "cull.enabled": ["yes", "no"],
        "about.ends": ["", "2027-03-01"], "state": ["draft", "submitted"], "cpu": [None, 2.0],
        "expires": ["", "2027-03-01"], "singleuser.memory.guarantee": ["256 MiB", "1 GiB"], "events": [["*"], []],
    }  # fmt: skip
    audit.record("request.save", by=ada, subject="x", organization=river, changes=changes)
    told = {label: (was, now) for label, was, now in as_(ada).get(RIVER).context["lines"][0].changes}
    assert told == {
        label("singleuser.memory.limit"): ("1 GiB", "1.5 GiB"), label("cull.timeout"): ("1 hour", "45 minutes"),
        "Stop idle servers": ("yes", "no"), "Last day": ("", "1 March 2027"), "State": ("Draft", "Sent"),
        "CPU": ("", "2"), "Expires": ("", "1 March 2027"), "Guaranteed memory": ("256 MiB", "1 GiB"),
        "Events": ("all", "removed"),
    }  # fmt: skip


def test_starting_points_are_named(ada, stan, river, as_):
    audit.record("starting_point.publish", by=stan, subject="class")
    assert sentences(as_(stan).get(ALL))[0] == "Stan Weber published a version of the starting point Class"


@pytest.mark.parametrize(
    "query",
    ["since=tomorrow", "until=9999-12-31", "since=0001-01-01", "verb=sleep", "person=%00", "page=-7", "page=x",
     "person=" + "x" * 5000],
)  # fmt: skip
def test_invalid_filters_are_named_and_break_nothing(query, river, ada, as_):
    audit.record("member.invite", by=ada, subject="somebody", organization=river)
    answer = as_(ada).get(f"{RIVER}?{query}")
    assert answer.status_code == 200
    assert len(answer.context["lines"]) == 1
    assert bool(answer.context["form"].errors) is not query.startswith("page")


def test_an_empty_audit_says_what_will_be_listed(ada, as_):
    assert "Every change is recorded here" in as_(ada).get(RIVER).content.decode()


@pytest.mark.parametrize("path", [RIVER, ALL])
def test_the_audit_is_paged_and_needs_the_same_number_of_queries(path, hub, river, stan, as_):
    def more(number):
        where = {"organization": "river", "hub": hub.uid, "request": str(hub.revision.request.uid)}
        AuditEvent.objects.bulk_create(AuditEvent(verb="hub.retry", subject=f"n{n}", **where) for n in range(number))

    def asked(after=""):
        with CaptureQueriesContext(connection) as queries:
            answer = as_(stan).get(path, {"after": after} if after else {})
        return len(queries), len(answer.context["lines"]), answer.context["page"].next

    AuditEvent.objects.all().delete()
    more(3)
    few, *_ = asked()
    more(300)
    first, second = asked(), asked(asked()[2])
    assert first[:2] == second[:2] == (few, 50)


def test_a_hubs_own_log_keeps_its_tabs_and_offers_only_what_can_happen_to_a_hub(ready_hub, omar, as_):
    page = as_(omar).get(reverse("hub-audit", args=[ready_hub.uid])).content.decode()
    assert reverse("hub-people", args=[ready_hub.uid]) in page
    assert 'aria-current="page"' in page
    assert "Ready</span>" in page
    for verb in ("hub.suspend", "roster.add", "limit.allow", "request.approve", "domain.add", "content_link.save"):
        assert f'value="{verb}"' in page, verb
    for other in ("cluster.create", "webhook.create", "account.create", "member.role", "organization.limits"):
        assert f'value="{other}"' not in page, other
    assert 'value="webhooks"' not in page
    assert 'value="webhook.create"' in as_(omar).get(RIVER).content.decode()


def test_what_follows_a_decision_of_staff_is_not_an_act_of_the_requester(waiting, stan, ines, as_):
    decisions.approve(request=waiting, by=stan, seen=waiting.content_hash, note="")
    waiting.refresh_from_db()
    line = AuditEvent.objects.get(verb="hub.create")
    assert (line.actor, line.actor_name, line.address) == ("", "Hub Portal", None)
    assert line.note == "Approved by Stan Weber, requested by Ines Duarte."
    assert Event.objects.get(type="hub.create").actor == "ines"
    told = sentences(as_(ines).get(reverse("hub-audit", args=[waiting.hub.uid])))
    assert told[0].startswith("Hub Portal created the hub")
    assert f"Stan Weber approved the request {waiting.name}" in told
    assert f"Ines Duarte sent the request {waiting.name}" in told
