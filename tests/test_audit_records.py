"""Details of the audit log: what does not fit in a line is kept whole in a record beside it, with the same readers. The
audit is also exported as a table."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hubs.audit.pages import lines as audit_lines
from hubs.audit.rules.records import LARGEST, LONGEST, NOT_KEPT, record_of, shortened
from hubs.audit.rules.verbs import AUDITED, GROUPS, verbs_of
from hubs.audit.services import audit
from hubs.models import AuditEvent, AuditRecord
from hubs.requests.services.imports import begin_import
from hubs.roster.services import class_lists, roster
from hubs.spec.imports import from_values
from hubs.spec.secrets import holds_secret
from hubs.user_limits.services.file import Line, bring
from hubs.user_limits.services.rules import Wanted

pytestmark = pytest.mark.django_db
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)


def leaves(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def table(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def crowd():
    return [f"student-number-{n:04}@students.river.example.edu" for n in range(120)]


# --- what is kept -----------------------------------------------------------------------------------------------------
def test_a_class_list_is_kept_by_value(ready_hub, ines, crowd, as_):
    roster.add(hub=ready_hub, by=ines, names=crowd[:50], groups=["Lab 1"], names_of={crowd[3]: "Tam Nu"})
    line = AuditEvent.objects.get(verb="roster.add")
    assert len(line.changes["people"][1]) == LONGEST
    assert line.recorded
    kept = line.record.data["people"]
    assert [one["person"] for one in kept] == crowd[:50]
    assert kept[3] == {"person": crowd[3], "name": "Tam Nu", "groups": ["Lab 1"]}
    page = as_(ines).get(f"/hubs/{ready_hub.uid}/audit/{line.pk}/").content.decode()
    assert all(who in page for who in crowd[:50])
    assert f"/hubs/{ready_hub.uid}/audit/{line.pk}/" in as_(ines).get(f"/hubs/{ready_hub.uid}/audit/").content.decode()
    told = as_(ines).get(reverse("api-hub-audit-record", args=[ready_hub.uid, line.pk])).json()
    assert [one["person"] for one in told["record"]["people"]] == crowd[:50]
    assert told["cut"] is False


def test_removing_people_is_one_entry_for_one_person_and_for_a_class(ready_hub, ines, crowd):
    roster.add(hub=ready_hub, by=ines, names=crowd[:3])
    entries = list(ready_hub.roster.order_by("pk"))
    roster.remove(entry=entries[0], by=ines)
    class_lists.remove(hub=ready_hub, by=ines, entries=[entries[1].pk, entries[2].pk])
    alone, several = AuditEvent.objects.filter(verb="roster.remove").order_by("pk")
    assert alone.subject == several.subject == "Statistics 101"
    assert alone.changes == {"people": [crowd[0], ""], "role": ["user", ""]}
    assert several.changes == {"people": [f"{crowd[1]}, {crowd[2]}", ""], "role": ["user", ""]}
    assert [one["person"] for one in several.record.data["people"]] == crowd[1:3]
    class_lists.undo(hub=ready_hub, by=ines)
    back = AuditEvent.objects.filter(verb="roster.add").latest("pk")
    assert back.note == "undone"
    assert {one["person"] for one in back.record.data["people"]} == set(crowd[1:3])


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.lists(JSON, min_size=2, max_size=2) | JSON, max_size=5))
def test_a_line_is_short_and_says_when_it_is_cut(changes):
    short = shortened(changes)
    assert set(short) == set(changes)
    for change in short.values():
        for one in change if isinstance(change, list) and len(change) == 2 else [change]:
            assert len(one if isinstance(one, str) else json.dumps(one)) <= 13 * LONGEST  # as JSON escapes letters
    assert (short == changes) == all(
        len(audit_text(one)) <= LONGEST
        for change in changes.values()
        for one in (change if isinstance(change, list) and len(change) == 2 else [change])
    )


def audit_text(value):
    if value is None or isinstance(value, bool | int | float):
        return ""
    if isinstance(value, list):
        return ", ".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


SECRETS = st.sampled_from(
    ["ghp_" + "a" * 36, "https://robot:hunter22@git.example.org/x.git", "-----BEGIN RSA PRIVATE KEY-----", "a1" * 32]
)


@given(st.dictionaries(st.text(max_size=10), JSON, max_size=5), SECRETS, st.text(max_size=30))
def test_a_record_holds_no_secret_and_what_the_database_can_keep(data, secret, around):
    kept, cut = record_of({**data, "people": [{"note": secret}], "apiToken": around, "text": f"{secret}"})
    assert secret not in json.dumps(kept)
    assert kept["apiToken"] == (NOT_KEPT if around else "")
    assert not cut
    for leaf in leaves(kept):
        assert not isinstance(leaf, str) or ("\0" not in leaf and not holds_secret(leaf))


def test_only_the_line_with_the_secret_is_left_out_of_a_long_text():
    code = [f"c.Spawner.option_{n} = {n}" for n in range(60)]
    code[30] = "c.x = 'https://robot:hunter22@git.example.org/'"
    kept, _ = record_of({"hub.extraConfig": ["", "\n".join(code)]})
    assert kept["hub.extraConfig"][1].split("\n") == [*code[:30], NOT_KEPT, *code[31:]]
    kept, _ = record_of({"code": "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n"})
    assert kept == {"code": NOT_KEPT}


@given(st.integers(min_value=1, max_value=40), st.integers(min_value=1, max_value=200_000))
def test_a_record_is_bounded_and_says_when_it_is_cut(count, length):
    data = {"files": ["x" * length] * count}
    kept, cut = record_of(data)
    assert sum(len(leaf) for leaf in leaves(kept)) <= LARGEST
    assert cut == (kept != data)


def test_an_ordinary_line_has_no_record(hub, ines):
    audit.record("hub.retry", by=ines, subject="x", hub=hub, changes={"state": ["a", "b"]})
    assert not AuditRecord.objects.exists()


def test_a_record_is_read_only_where_its_line_is(ready_hub, river, cast, as_):
    line = audit.record("hub.retry", by=None, subject="x", hub=ready_hub, whole={"people": ["somebody"]})
    here, there = f"/hubs/{ready_hub.uid}/audit/{line.pk}/", f"/organizations/lake/audit/{line.pk}/"
    assert as_(cast["ines"]).get(here).status_code == 200
    assert as_(cast["mia"]).get(here).status_code == 403
    assert as_(cast["zoe"]).get(here).status_code == 404
    assert as_(cast["zoe"]).get(there).status_code == 404  # the audit of her own organisation does not have it
    plain = audit.record("hub.retry", by=None, subject="x", hub=ready_hub)
    assert as_(cast["ines"]).get(f"/hubs/{ready_hub.uid}/audit/{plain.pk}/").status_code == 404


def test_a_file_of_limits_is_kept_by_value(stats, omar, mia):
    lines = [Line(n + 2, "person", "mia", Wanted({"memory_mib": 2048.0 + n}, None, "thesis")) for n in range(2)]
    bring(hub=stats, by=omar, lines=lines)
    kept = AuditEvent.objects.get(verb="limit.import").record.data
    assert [(one["for"], one["memory_mib"], one["reason"]) for one in kept["made"]] == [
        ("mia", 2048, "thesis"), ("mia", 2049, "thesis")
    ]  # fmt: skip
    assert kept["ended"] == []


def test_an_imported_file_is_kept_without_its_secrets(river, ines):
    secret = "a-long-client-secret-of-ours"
    values = {
        "singleuser": {"memory": {"limit": "2G"}},
        "hub": {"config": {
            "JupyterHub": {"authenticator_class": "github"},
            "GitHubOAuthenticator": {"client_id": "our-hub", "client_secret": secret},
        }},
    }  # fmt: skip
    begin_import(organization=river, by=ines, found=from_values(values, "Ours"))
    kept = AuditEvent.objects.get(verb="request.start").record.data
    assert kept["file"]["singleuser.memory.limit"] == "2"
    assert "hub.config.GitHubOAuthenticator.client_secret" in kept["kept apart"]
    assert secret not in json.dumps(kept)


# --- filters ----------------------------------------------------------------------------------------------------------
def test_each_verb_can_be_filtered_by_a_group_that_is_offered():
    assert {verb for group in GROUPS for verb in verbs_of(group.name)} == set(AUDITED)
    assert all(verbs_of(group.name) for group in GROUPS)


@pytest.mark.parametrize("side", ["page", "api"])
def test_the_audit_is_narrowed_by_groups_and_hub(side, ready_hub, river, ada, as_):
    AuditEvent.objects.all().delete()
    audit.record("member.invite", by=ada, subject="m", organization=river)
    audit.record("hub.suspend", by=ada, subject="h", hub=ready_hub)
    audit.record("limit.set", by=ada, subject="l", hub=ready_hub)
    audit.record("organization.limits", by=ada, subject="o", organization=river)

    def found(query):
        if side == "page":
            answer = as_(ada).get(f"/organizations/river/audit/?{query}")
            return "".join(line.event.subject for line in answer.context["lines"])
        answer = as_(ada).get(f"/api/v1/organizations/river/audit/?{query}").json()
        return "".join(line["subject"] for line in answer["results"])

    assert found("group=people") == "m"
    assert found("group=limits") == "ol"
    assert found("group=people&group=hubs") == "hm"
    assert found("group=limits&verb=limit.set") == "l"
    assert found("group=people&verb=limit.set") == ""
    for name in (ready_hub.uid, "stat-101", "statistics"):
        assert found(f"hub={name}") == "lh", name
    assert found("hub=nothing") == ""
    assert found(f"hub={ready_hub.uid}&group=limits") == "l"


# --- as a table -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/organizations/river/audit/audit.csv", "/api/v1/organizations/river/audit/table/"])
def test_what_the_page_shows_is_a_table_too(path, ready_hub, river, ada, stan, as_):
    AuditEvent.objects.all().delete()
    audit.record("member.invite", by=ada, subject="=cmd|' /C calc'!A0", organization=river, note="+1")
    audit.record("hub.suspend", by=ada, subject="S", hub=ready_hub, changes={"state": ["running", "suspended"]})
    AuditEvent.objects.update(address="192.0.2.7")
    answer = as_(ada).get(path)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="audit-river.csv"' in answer["Content-Disposition"]
    suspended, invited = table(answer)
    assert suspended["changes"] == "State: running → suspended"
    assert (suspended["what"], suspended["hub"]) == ("suspended the hub", ready_hub.uid)
    assert invited["subject"] == "'=cmd|' /C calc'!A0"
    assert invited["note"] == "'+1"
    assert len(table(as_(ada).get(f"{path}?group=people"))) == 1
    AuditEvent.objects.update(actor="omar")
    assert {row["address"] for row in table(as_(ada).get(path))} == {""}
    assert {row["address"] for row in table(as_(stan).get(path))} == {"192.0.2.7"}


@given(st.text(max_size=40))
def test_no_cell_is_a_formula(text):
    line = AuditEvent(verb="hub.retry", subject=text, actor_name=text, note=text, changes={text: [text, text]})
    reader = type("Reader", (), {"is_staff": True, "username": "x"})()
    assert not [cell for cell in audit_lines._cells(line, reader) if cell[:1] in "=+-@\t\r" and cell]


def test_a_table_is_read_in_batches_and_is_bounded(river, stan, as_, monkeypatch):
    monkeypatch.setattr(audit_lines, "A_PART", 50)
    monkeypatch.setattr(audit_lines, "MOST", 200)
    AuditEvent.objects.all().delete()
    at = datetime(2026, 5, 1, tzinfo=UTC)
    AuditEvent.objects.bulk_create(  # several entries of the same moment: none is lost between two batches
        AuditEvent(verb="hub.retry", subject=f"n{n}", at=at + timedelta(seconds=n // 30)) for n in range(160)
    )
    with CaptureQueriesContext(connection) as queries:
        rows = table(as_(stan).get("/staff/audit/audit.csv"))
    assert [row["subject"] for row in rows] == [f"n{n}" for n in reversed(range(160))]
    assert len([one for one in queries if "hubs_auditevent" in one["sql"]]) == 5
    AuditEvent.objects.bulk_create(AuditEvent(verb="hub.retry", subject="more", at=at) for n in range(100))
    rows = table(as_(stan).get("/staff/audit/audit.csv"))
    assert len(rows) == 201
    assert rows[-1]["what"].startswith("This file has only the newest")


@pytest.mark.django_db(transaction=True)
async def test_a_table_is_sent_while_it_is_read(stan):
    await AuditEvent.objects.acreate(verb="hub.retry", subject="one")
    client = AsyncClient(headers={"host": "127.0.0.1"})
    await client.aforce_login(stan)
    answer = await client.get("/staff/audit/audit.csv")
    assert answer.is_async
    text = "".join([part.decode() async for part in answer])
    assert [row["subject"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))] == ["one"]
