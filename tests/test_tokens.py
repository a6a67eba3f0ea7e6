"""Tokens: who may make which, what they open, when they end; and how every endpoint handles them."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs.accounts.services import service_accounts
from hubs.accounts.services import tokens as services
from hubs.errors import Invalid, NotAllowed
from hubs.models import ApiToken, AuditEvent, ChangeRequest, Role, Scope, StoredAnswer, User

from .conftest import member

pytestmark = pytest.mark.django_db
ALL = list(Scope.values)
HUBS, ME, TOKENS = "/api/v1/hubs/", "/api/v1/me/", "/api/v1/tokens/"


def make(person, scopes=("read",), days=3, name="script", **more):
    return services.create(person=person, by=more.pop("by", person), name=name, scopes=scopes, days=days, **more)


class Program:
    """A client with only a token."""

    def __init__(self, text):
        self.client, self.headers = Client(enforce_csrf_checks=True), {"Authorization": f"Bearer {text}"}

    def __call__(self, method, path, body=None, **headers):
        data = "" if body is None else json.dumps(body)
        told = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.generic(method, path, data, "application/json", headers=told)


def program(person, *scopes, **more):
    return Program(make(person, scopes or ("read",), **more)[1])


# --- what a token opens -----------------------------------------------------------------------------------------------
def test_a_token_acts_for_its_person(ines, zoe, ready_hub):
    assert [row["uid"] for row in program(ines)("GET", HUBS).json()["results"]] == [ready_hub.uid]
    assert program(zoe)("GET", HUBS).json()["results"] == []
    me = program(ines, "read", "operate", name="two")("GET", ME).json()
    assert (me["username"], me["token"]["scopes"]) == ("ines", ["read", "operate"])


def test_only_the_hash_is_stored_and_the_audit_names_the_token(ines):
    row, text = make(ines)
    assert text.startswith("hubp_")
    assert text.startswith(row.prefix)
    assert services.well_formed(text)
    kept = json.dumps(list(ApiToken.objects.values()), default=str) + str(AuditEvent.objects.values())
    assert text[len(row.prefix) :] not in kept


SPOILT = {
    "checksum": lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
    "cut": lambda text: text[:20],
    "empty": lambda text: "",
    "another brand": lambda text: text.replace("hubp_", "ghp_"),
    "longer": lambda text: f"{text}x",
    "no letters": lambda text: "hubp_é",
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_an_invalid_token_opens_nothing(spoil, ines, as_):
    _, text = make(ines)
    client = as_(ines)
    spoilt = spoil(text).encode().decode("latin-1")
    answer = client.get(HUBS, headers={"Authorization": f"Bearer {spoilt}"})
    assert answer.status_code == 401, "even with a session beside it"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_another_secret_of_the_same_prefix_opens_nothing(ines):
    row, _ = make(ines)
    other = row.prefix + "a" * services.SECRET
    other += services._check(other)
    assert services.well_formed(other)
    assert Program(other)("GET", HUBS).status_code == 401


def test_it_ends_at_its_expiry_when_revoked_and_with_its_person(ines):
    row, text = make(ines, days=2)
    assert Program(text)("GET", HUBS).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=2, seconds=1)):
        assert Program(text)("GET", HUBS).status_code == 401
    ines.is_active = False
    ines.save()
    assert Program(text)("GET", HUBS).status_code == 401
    ines.is_active = True
    ines.save()
    services.revoke(token=row, by=ines)
    services.revoke(token=row, by=ines)
    assert Program(text)("GET", HUBS).status_code == 401
    assert AuditEvent.objects.filter(verb="token.revoke").count() == 1


def test_its_last_use_is_recorded_to_the_minute(ines):
    row, text = make(ines)
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        ApiToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() + timedelta(days=1))
        Program(text)("GET", HUBS)
        clock.shift(30)
        Program(text)("GET", HUBS)
        row.refresh_from_db()
        assert (row.used_at.minute, row.used_at.second, row.used_from) == (0, 0, "127.0.0.1")
        clock.shift(31)
        Program(text)("GET", HUBS)
        row.refresh_from_db()
        assert (row.used_at.minute, row.used_at.second) == (1, 1)


def test_a_token_opens_no_page(ines, ready_hub):
    assert program(ines, *ALL[:3])("GET", reverse("hub", args=[ready_hub.uid])).status_code == 302


def test_invalid_numbers_are_refused(ines):
    ask = program(ines, "request", "read")
    for number in ("1e999", "-1e999", "NaN"):
        told = {**ask.headers, "Content-Type": "application/json"}
        sent = Client().post("/api/v1/requests/", f'{{"reason": {number}}}', "application/json", headers=told)
        assert (sent.status_code, sent.json()["type"].rsplit("/", 2)[1]) == (400, "unreadable")


# --- who may make which -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"scopes": []}, "scopes", "at least one"),
        ({"scopes": ["root"]}, "scopes", "Unknown scope"),
        ({"scopes": ["approve"]}, "scopes", "Only staff"),
        ({"days": 0}, "days", "1 to 365"),
        ({"days": 366}, "days", "1 to 365"),
        ({"name": "  "}, "name", "Enter a name"),
        ({"name": "a\0b"}, "name", "can’t be stored"),
    ],
)
def test_errors_are_reported_beside_the_field(changes, field, said, ines):
    with pytest.raises(Invalid) as refused:
        make(ines, **changes)
    assert said in refused.value.errors[field][0]
    assert not ApiToken.objects.exists()


def test_at_most_two_tokens_have_the_same_name(ines):
    first, _ = make(ines)
    services.rotate(token=first, by=ines, days=5)
    with pytest.raises(Invalid, match="two tokens"):
        make(ines)
    services.revoke(token=first, by=ines)
    make(ines)


def test_people_make_tokens_only_for_themselves(ines, ada):
    with pytest.raises(NotAllowed):
        make(ines, by=ada)


def test_a_token_makes_none_that_may_more_or_lasts_longer(ines, river, lake):
    ask = program(ines, "administer", "read", organization=river, days=2)
    place = {"organization": "river"}
    assert ask("POST", TOKENS, {"name": "more", "scopes": ["operate"], **place}).status_code == 422
    assert ask("POST", TOKENS, {"name": "anywhere", "scopes": ["read"]}).status_code == 403
    assert ask("POST", TOKENS, {"name": "lake", "scopes": ["read"], "organization": "lake"}).status_code == 404
    made = ask("POST", TOKENS, {"name": "less", "scopes": ["read"], "days": 300, **place})
    assert made.status_code == 201
    assert services.well_formed(made.json()["token"])
    assert ApiToken.objects.get(name="less").expires_at == ApiToken.objects.get(name="script").expires_at


def test_a_token_for_one_organisation_sees_no_other(zoe, river, ready_hub, lake, stan):
    member(river, "both", "Both", Role.OWNER)
    both = User.objects.get(username="both")
    lake.memberships.create(user=both, role=Role.OWNER)
    for person in (both, stan):
        scopes = ["read", "operate", "administer"]
        here, there = (program(person, *scopes, organization=place, name=place.slug) for place in (river, lake))
        assert here("GET", f"{HUBS}{ready_hub.uid}/").status_code == 200
        assert there("GET", f"{HUBS}{ready_hub.uid}/").status_code == 404
        assert there("POST", f"{HUBS}{ready_hub.uid}/suspend/").status_code == 404
        assert there("GET", HUBS).json()["results"] == []
        assert [row["slug"] for row in there("GET", "/api/v1/organizations/").json()["results"]] == ["lake"]
        assert there("GET", "/api/v1/organizations/river/").status_code == 404
        assert there("GET", "/api/v1/audit/").status_code == 404
        assert set(there("GET", ME).json()["organizations"]) <= {"lake"}


def test_a_token_for_one_hub_sees_that_hub(ada, river, ready_hub, ask, ines):
    only = program(ada, "read", "operate", "request", "administer", hub=ready_hub)
    assert [row["uid"] for row in only("GET", HUBS).json()["results"]] == [ready_hub.uid]
    assert only("POST", f"{HUBS}{ready_hub.uid}/suspend/").status_code == 200
    assert only("GET", "/api/v1/organizations/river/").status_code == 404
    assert only("GET", "/api/v1/organizations/river/members/").status_code == 404
    body = {"organization": "river", "slug": "another", "spec": {"about": {"title": "Another"}}}
    assert only("POST", "/api/v1/requests/", body).status_code == 404


# --- service accounts -------------------------------------------------------------------------------------------------
def test_a_service_account_ends_with_its_organisation_and_can_not_sign_in(ada, river, ready_hub, client):
    made = program(ada, "administer", "read")(
        "POST", "/api/v1/organizations/river/service-accounts/", {"name": "term", "role": "admin"}
    )
    assert made.status_code == 201, made.content
    username = made.json()["username"]
    token = program(ada, "administer", "operate", "read", name="b")(
        "POST", f"/api/v1/organizations/river/service-accounts/{username}/tokens/",
        {"name": "ci", "scopes": ["read", "operate"], "days": 30},
    ).json()["token"]  # fmt: skip
    script = Program(token)
    assert script("POST", f"{HUBS}{ready_hub.uid}/restart/").status_code == 200
    assert AuditEvent.objects.get(verb="hub.restart").actor == username
    account = User.objects.get(username=username)
    assert not account.has_usable_password()
    service_accounts.remove(account=account, by=ada)
    assert script("GET", HUBS).status_code == 401
    with pytest.raises(Invalid, match="is or was already used"):
        service_accounts.create(organization=river, by=ada, name="term", role="member")


def test_service_accounts_have_no_higher_role_than_their_creator(omar, river):
    with pytest.raises(NotAllowed):
        service_accounts.create(organization=river, by=omar, name="boss", role="owner")


# --- pages ------------------------------------------------------------------------------------------------------------
def test_a_token_is_made_in_the_browser_and_shown_once(as_, ines):
    client, path = as_(ines), reverse("tokens")
    assert "No tokens yet" in client.get(path).content.decode()
    answer = client.post(path, {"name": "term script", "scopes": ["read"], "days": "90"})
    text = answer.context["made_text"]
    assert text in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    again = client.get(path).content.decode()
    assert text not in again
    assert "term script" in again
    assert Program(text)("GET", HUBS).status_code == 200
    client.post(reverse("token-revoke", args=[ApiToken.objects.get().pk]))
    assert Program(text)("GET", HUBS).status_code == 401


def test_errors_of_a_token_are_shown_and_typed_values_kept(as_, ines):
    answer = as_(ines).post(reverse("tokens"), {"name": "keep me", "days": "90"})
    assert answer.status_code == 422
    assert "keep me" in answer.content.decode()
    assert "Choose at least one scope." in answer.content.decode()
    assert as_(ines).post(reverse("tokens"), {"name": "x", "scopes": ["approve"], "days": "7"}).status_code == 422
    assert not ApiToken.objects.exists()


def test_service_accounts_are_made_and_removed_in_the_browser(as_, ada, river):
    client = as_(ada)
    page = client.post(reverse("service-accounts", args=["river"]), {"name": "term", "role": "instructor"}, follow=True)
    assert "Now create a token for it." in page.content.decode()
    path = reverse("service-account", args=["river", "svc-river-term"])
    made = client.post(path, {"name": "ci", "scopes": ["read"], "days": "30"})
    assert Program(made.context["made_text"])("GET", ME).json()["username"] == "svc-river-term"
    revoked, _ = make(User.objects.get(username="svc-river-term"), by=ada)
    services.revoke(token=revoked, by=ada)
    assert "<div>Read</div>" in client.get(path).content.decode(), "scopes in words"
    overview = client.get(reverse("service-accounts", args=["river"])).content.decode()
    assert "Requests hubs and manages the hubs that they created." in overview, "the roles as on the next page"
    assert '<td data-label="Tokens" class="num">1</td>' in overview  # of two
    assert client.post(path, {"confirm": "no"}).status_code == 422
    client.post(path, {"confirm": "term"})
    assert Program(made.context["made_text"])("GET", ME).status_code == 401
    assert client.get(path).status_code == 404


def test_the_role_of_a_service_account_is_changed_on_its_page(as_, ada, omar, river):
    account = service_accounts.create(organization=river, by=omar, name="term", role="member")
    path = reverse("service-account", args=["river", account.username])
    _, text = make(account, by=omar)
    page = as_(omar).get(path).content.decode()
    assert "than the service account (Member)" in page
    scopes = as_(omar).get(path).context["form"].fields["scopes"]
    assert list(scopes.choices) == [("read", "Read")], "no other has an effect"
    assert as_(omar).post(path, {"name": "x", "scopes": ["operate"], "days": "7"}).status_code == 422
    assert 'data-label="Created by">Omar Haddad' in page
    assert as_(omar).post(path, {"role": "owner"}).status_code == 422, "an admin makes no owners"
    assert as_(omar).post(path, {"role": "admin"}).status_code == 302
    assert "administer" in dict(as_(omar).get(path).context["form"].fields["scopes"].choices)
    assert Program(text)("GET", ME).status_code == 200
    assert as_(ada).post(path, {"role": "owner"}).status_code == 302
    assert Program(text)("GET", ME).status_code == 401, "its creator could not give the new role"
    lines = AuditEvent.objects.filter(verb="service.role").order_by("pk")
    assert [line.changes["role"] for line in lines] == [["member", "admin"], ["admin", "owner"]]
    assert 'id="role"' not in as_(omar).get(path).content.decode()


# --- idempotency and outdated versions --------------------------------------------------------------------------------
BODY = {"organization": "river", "slug": "by-program", "spec": {"about": {"title": "By program", "heads": 12}}}


def test_the_same_key_is_the_same_request(ines, river):
    ask = program(ines, "request", "read")
    first = ask("POST", "/api/v1/requests/", BODY, Idempotency_Key="abc")
    again = ask("POST", "/api/v1/requests/", BODY, Idempotency_Key="abc")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["ETag"] == first["ETag"]
    assert ChangeRequest.objects.count() == 1
    other = ask("POST", "/api/v1/requests/", {**BODY, "slug": "another"}, Idempotency_Key="abc")
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["errors"]


def test_a_failed_request_is_not_replayed(ines, river):
    ask = program(ines, "request", "read")
    assert ask("POST", "/api/v1/requests/", {**BODY, "slug": "No!"}, Idempotency_Key="abc").status_code == 422
    assert not StoredAnswer.objects.exists()
    assert ask("POST", "/api/v1/requests/", BODY, Idempotency_Key="abc").status_code == 201


def test_a_token_is_not_stored_for_a_replay(ines):
    ask = program(ines, "administer", "read")
    body = {"name": "new", "scopes": ["read"]}
    text = ask("POST", TOKENS, body, Idempotency_Key="k").json()["token"]
    again = ask("POST", TOKENS, body, Idempotency_Key="k")
    assert (again.status_code, again.json()["token"]) == (201, None)
    assert text not in json.dumps(list(StoredAnswer.objects.values()), default=str)


def test_limits_are_changed_only_as_they_were_read(stan, river):
    path = "/api/v1/organizations/river/limits/"
    ask = program(stan, "read", "administer")
    read = ask("GET", path)
    wanted = {**read.json(), "hubs": 77}
    assert ask("PUT", path, wanted).status_code == 428
    assert ask("PUT", path, wanted, If_Match='"old"').status_code == 412
    changed = ask("PUT", path, wanted, If_Match=read["ETag"])
    assert (changed.status_code, changed.json()["hubs"]) == (200, 77)
    assert ask("PUT", path, wanted, If_Match=read["ETag"]).status_code == 412


def test_an_action_on_an_outdated_hub_is_refused_with_the_changes(ines, ready_hub):
    ask = program(ines, "read", "operate")
    path = f"/api/v1/hubs/{ready_hub.uid}/"
    old = ask("GET", path)["ETag"]
    spec = ready_hub.spec
    newer = spec.model_copy(update={"about": spec.about.model_copy(update={"heads": 41})})
    ready_hub.revision = ready_hub.revisions.create(number=2, data=newer.model_dump(mode="json"), author=ines)
    ready_hub.save(update_fields=["revision"])
    stale = ask("POST", f"{path}suspend/", If_Match=old)
    assert (stale.status_code, stale.json()["current"]) == (412, ask("GET", path)["ETag"])
    assert [(one["path"], one["after"]) for one in stale.json()["changed"]] == [("about.heads", "41 people")]
    assert ask("POST", f"{path}suspend/", If_Match=stale.json()["current"]).status_code == 200
    late = ask("POST", f"{path}resume/", If_Match=stale.json()["current"]).json()["changed"]
    assert [(one["path"], one["before"], one["after"]) for one in late] == [("desiredState", "running", "suspended")]
    for odd in ('"x"', f'"{ready_hub.uid}-9999999999-running-1"', f'"{ready_hub.uid}"', '""', '"-----"'):
        assert ask("POST", f"{path}resume/", If_Match=odd).status_code == 412
    assert ask("POST", f"{path}resume/", If_Match="*").status_code == 200


def test_a_draft_is_written_read_planned_and_sent(ines, river):
    ask = program(ines, "request", "read")
    draft = ask("POST", "/api/v1/requests/", {**BODY, "send": False})
    assert (draft.status_code, draft.json()["state"]) == (201, "draft")
    path = f"/api/v1/requests/{draft.json()['uid']}/"
    edited = ask("PATCH", path, {"spec": {"about": {"title": "Better", "heads": 500}}}, If_Match=draft["ETag"])
    assert edited.json()["title"] == "Better"
    assert ask("PATCH", path, {"reason": "late"}, If_Match=draft["ETag"]).status_code == 412
    plan = ask("GET", f"{path}plan/").json()
    assert plan["routine"] is False
    assert plan["findings"]
    assert "about.heads" in {one["path"] for one in plan["differences"]}
    assert ask("POST", f"{path}submit/", {"reason": "Two more groups."}).json()["state"] == "submitted"


def test_staff_decide_on_exactly_what_they_read(waiting, stan):
    ask = program(stan, "approve", "read")
    path = f"/api/v1/requests/{waiting.uid}/"
    read = ask("GET", path).json()
    assert ask("POST", f"{path}approve/", {"contentHash": "old"}).status_code == 409
    assert ask("POST", f"{path}reject/", {"contentHash": read["contentHash"]}).status_code == 422
    done = ask("POST", f"{path}approve/", {"contentHash": read["contentHash"], "reason": "Fine"})
    assert (done.status_code, done.json()["state"]) == (200, "approved")


def test_a_class_list_is_a_table(ines, mia, ready_hub):
    ask = program(ines, "operate", "read")
    told = {"Authorization": ask.headers["Authorization"]}
    path = f"{HUBS}{ready_hub.uid}/roster/"
    sent = Client().post(path, "email,name\nmia,Mia\nnew@example.edu,\n", "text/csv", headers=told)
    assert (sent.status_code, sent.json()) == (200, {"new": 2, "known": 0})
    rows = ask("GET", path).json()["results"]
    assert {(row["user"], row["email"]) for row in rows} == {("mia", ""), (None, "new@example.edu")}
    wrong = Client().post(path, b"\xff\xfe\x00", "text/csv", headers=told)
    assert wrong.status_code == 422
    entry = next(row for row in rows if row["user"] == "mia")
    assert ask("PATCH", f"{path}{entry['id']}/", {"role": "admin"}).json()["role"] == "admin"
    assert ask("DELETE", f"{path}{entry['id']}/").status_code == 204


def test_pages_of_lists_stay_stable(ines, ready_hub, as_, river, ask):
    for number in range(5):
        ask(ines, river, slug=f"hub-{number}")
    read = program(ines)
    first = read("GET", "/api/v1/requests/?limit=2").json()
    seen = [row["uid"] for row in first["results"]]
    ask(ines, river, slug="hub-late")
    page = first
    while page["next"]:
        page = read("GET", page["next"]).json()
        seen += [row["uid"] for row in page["results"]]
    assert len(seen) == len(set(seen)) == 6
    assert read("GET", "/api/v1/requests/?cursor=nonsense").status_code == 404


def test_an_export_equals_that_of_the_page(ines, ready_hub, as_):
    read = program(ines)
    text = read("GET", f"{HUBS}{ready_hub.uid}/export/values.yaml").content
    page = as_(ines).get(reverse("hub-download", args=[ready_hub.uid, "values.yaml"])).content
    assert text == page
    assert read("GET", f"{HUBS}{ready_hub.uid}/export/nothing.txt").status_code == 404


def test_an_unknown_limit_is_refused_by_name(omar, ready_hub):
    ask = program(omar, "operate", "read")
    path = f"{HUBS}{ready_hub.uid}/limits/"
    wrong = ask("POST", path, {"kind": "everybody", "values": {"¿": -2.8e16, "memory_mib": 1.5}})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (422, {"¿", "memory_mib"})
    made = ask("POST", path, {"kind": "everybody", "values": {"memory_mib": 1024}})
    assert (made.status_code, made.json()[0]["values"]) == (201, {"memory_mib": 1024.0})
