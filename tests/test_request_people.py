"""People can't decide on requests that they made or edited, whatever account or token they used: plain examples, and
random sequences of everything that people do with their credentials."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hubs import access
from hubs.access import Permission
from hubs.accounts.services import accounts, credentials, devices, service_accounts, tokens
from hubs.errors import DomainError, NotAllowed
from hubs.models import ApiToken, ChangeRequest, Cluster, Membership, Organization, RequestContributor, Scope, User
from hubs.organizations import services as organizations
from hubs.requests.services import decisions
from hubs.requests.services import requests as services
from hubs.spec import STARTING_POINTS
from hubs.user_limits.services import rules as user_limits
from hubs.user_limits.services.rules import Wanted

from .callers import caller

pytestmark = pytest.mark.django_db
EVERY = [scope.value for scope in Scope]
BELOW = [scope for scope in EVERY if scope != Scope.APPROVE]
BIG = {**STARTING_POINTS["class"].draft(), "about.title": "Big", "about.heads": "500"}  # needs review


def with_token(text):
    """Return the account of this token, as the API finds it."""
    row = tokens.find(text, "192.0.2.1", timezone.now())
    if row is None:
        return None
    row.person.token = row
    return row.person


def admin(user, organization):
    Membership.objects.create(organization=organization, user=user, role="admin")
    return user


def service_token(organization, by, scopes=BELOW, name="script"):
    """Create a service account by `by`, and return a token of it."""
    account = service_accounts.create(organization=organization, by=by, name=name, role="admin")
    return tokens.create(person=account, by=by, name="ci", scopes=scopes, days=9)[1]


def send(by, organization, slug="big-data"):
    row = services.begin(organization=organization, starting_point="class", by=by)
    row = services.save(request=row, by=by, values=BIG, slug=slug, reason="For the large course")
    return services.submit(request=row, by=by)


def people(request):
    return set(request.contributors.values_list("person__username", "step", "account"))


# --- examples -------------------------------------------------------------------------------------------------------
def test_not_requests_of_an_own_service_account(river, ada, stan, sue, as_):
    text = service_token(river, admin(stan, river))
    row = send(with_token(text), river)
    assert ("stan", "submit", "svc-river-script") in people(row)
    with pytest.raises(NotAllowed, match="made or edited"):
        decisions.approve(request=row, by=stan, seen=row.content_hash)
    for verb in ("approve", "reject", "send_back"):
        sent = {"verb": verb, "seen": row.content_hash, "reason": "x"}
        assert as_(stan).post(f"/requests/{row.uid}/decide/", sent).status_code == 403
    page = as_(stan).get(f"/requests/{row.uid}/").content.decode()
    assert "You made or edited this request" in page
    assert "Your decision" not in page
    assert "People behind service accounts and tokens" in page
    assert "People behind service accounts and tokens" not in as_(ada).get(f"/requests/{row.uid}/").content.decode()
    row.refresh_from_db()
    assert row.state == "submitted"
    decisions.approve(request=row, by=sue, seen=row.content_hash)
    assert ("sue", "decide", "sue") in people(row)


def test_not_by_a_token_either(river, stan, sue):
    row = send(with_token(service_token(river, admin(stan, river))), river)
    body = {"contentHash": row.content_hash, "reason": ""}
    assert caller(stan)("POST", f"requests/{row.uid}/approve/", body).status_code == 403
    assert caller(sue)("POST", f"requests/{row.uid}/approve/", body).status_code == 200


def test_not_requests_with_an_own_token_that_a_colleague_took_over(river, ada, stan, sue):
    """Stan made the token and knows it; now it is Ada's. A request with it may be his or hers."""
    text = service_token(river, admin(stan, river))
    tokens.take_over(token=with_token(text).token, by=ada)
    row = send(with_token(text), river)
    assert {name for name, _, _ in people(row)} == {"stan", "ada"}
    with pytest.raises(NotAllowed):
        decisions.approve(request=row, by=stan, seen=row.content_hash)
    decisions.approve(request=row, by=sue, seen=row.content_hash)


def test_not_with_a_token_that_an_own_token_created(river, ada, stan):
    """Stan's token created a token of a service account of Ada's organisation: he is behind it, too."""
    account = service_accounts.create(organization=river, by=ada, name="script", role="admin")
    _, mine = tokens.create(person=stan, by=stan, name="mine", scopes=EVERY, days=9)
    _, text = tokens.create(person=account, by=with_token(mine), name="ci", scopes=BELOW, days=9)
    row = send(with_token(text), river)
    with pytest.raises(NotAllowed):
        decisions.approve(request=row, by=stan, seen=row.content_hash)


def test_not_requests_with_own_edits(river, ines, stan, sue):
    row = send(ines, river)
    decisions.send_back(request=row, by=sue, reason="Say more.")
    script = with_token(service_token(river, admin(stan, river)))
    services.save(request=row, by=script, values={"about.heads": "501"})
    services.submit(request=row, by=ines)
    with pytest.raises(NotAllowed):
        decisions.reject(request=row, by=stan, reason="No.")
    decisions.approve(request=row, by=sue, seen=row.content_hash)  # she only requested changes


def test_not_requests_that_were_taken_over(river, ines, ada, stan, sue):
    row = send(ines, river)
    membership = river.memberships.get(user=ines)
    organizations.remove(membership=membership, by=admin(stan, river), keep=[f"request-{row.pk}"])
    row.refresh_from_db()
    assert (row.requester, row.state) == (stan, "submitted")
    with pytest.raises(NotAllowed):
        decisions.approve(request=row, by=stan, seen=row.content_hash)
    decisions.approve(request=row, by=sue, seen=row.content_hash)


def test_not_user_limits_requested_by_an_own_service_account(stats, stan, sue):
    script = with_token(service_token(stats.organization, admin(stan, stats.organization)))
    wanted = Wanted({"memory_mib": 99_999.0}, None, "for the project")
    [row] = user_limits.make(hub=stats, by=script, kind="person", names=["mia"], wanted=wanted, ask=True)
    with pytest.raises(NotAllowed, match="your own request"):
        user_limits.allow(rule=row, by=stan)
    assert user_limits.allow(rule=row, by=sue).since


def test_people_who_start_edit_set_a_secret_or_copy_are_recorded(river, hub, ada, stan, ines):
    """Each way to write a request records the people behind it."""
    from hubs.hub.services import copies  # here, near their use
    from hubs.requests.services import rebasing, secrets  # here, near their use

    script = with_token(service_token(river, stan, name="by-stan"))
    change = services.begin_change(reason="For the course.", hub=hub, by=script)
    assert ("stan", "start", script.username) in people(change)
    secrets.keep(request=change, by=ada, values={secrets.ASKED[0].path: "x" * 40})
    assert ("ada", "secret", "ada") in people(change)
    rebasing.rebase(request=change, by=ines)
    assert ("ines", "save", "ines") in people(change)
    copied = copies.begin_copy(
        hub=hub, organization=river, by=script, title="Copy", starts=None, ends=None, people=False, admins=False
    )
    assert {name for name, _, _ in people(copied)} == {"stan"}


# --- random sequences -------------------------------------------------------------------------------------------------
class Office(RuleBasedStateMachine):
    """Three people, two of them staff, who use only credentials that they created. Actions that access checks or
    services refuse have no effect."""

    PEOPLE = ("stan", "sue", "ada")

    @initialize()
    def open(self):
        self.block = transaction.atomic()
        self.block.__enter__()
        cluster = Cluster.objects.create(slug="here", name="Here", runtime="memory")
        self.river = Organization.objects.create(slug="river", name="River", cluster=cluster, users_per_hub=50)
        for name in self.PEOPLE:
            user = User.objects.create_user(name, f"{name}@river.example.edu", None, is_staff=name != "ada")
            admin(user, self.river)
        self.known = {name: [name] for name in self.PEOPLE}  # sessions by user name, tokens by their text
        self.accounts, self.sent, self.askers = [], [], {}
        self.decided = 0
        for number, name in enumerate(("stan", "sue")):  # so that every sequence has some requests
            self.make_a_service_account(name, 0, False)
            self.make_it_a_token(name, 0, number)
            self.ask(name, 1)

    def teardown(self):
        if hasattr(self, "block"):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def user(self, who, which):
        """Return the account of one of this person's credentials, or None when it has ended."""
        key = self.known[who][which % len(self.known[who])]
        return with_token(key) if key.startswith(tokens.BRAND) else User.objects.get(username=key)

    def did(self, call):
        try:
            with transaction.atomic():
                return call()
        except (DomainError, PermissionDenied, Http404):
            return None

    who = st.sampled_from(PEOPLE)
    number = st.integers(0, 3)

    @rule(who=who, which=number, child=number)
    def make_a_token(self, who, which, child):
        by = self.user(who, which)
        scopes = EVERY if by and by.is_staff else BELOW
        scopes = [scope for scope in scopes if not by or not by.token or scope in by.token.scopes]
        name = f"t{len(self.known[who])}-{child}"
        made = by and self.did(lambda: tokens.create(person=by, by=by, name=name, scopes=scopes, days=9))
        if made:
            self.known[who].append(made[1])

    @rule(who=who)
    def connect_a_device(self, who):
        by = User.objects.get(username=who)
        grant, code = devices.begin(client="hubportal", scope=" ".join(BELOW), address="192.0.2.1")
        devices.allow(grant=grant, by=by, scopes=BELOW, days=9)
        self.known[who].append(devices.collect(code=code, client="hubportal")[1])

    @rule(who=who, which=number, staff=st.booleans())
    def make_a_service_account(self, who, which, staff):
        by, name = self.user(who, which), f"s{len(self.accounts)}"
        make = service_accounts.create
        made = by and self.did(lambda: make(organization=self.river, by=by, name=name, role="admin"))
        if made:
            accounts.set_staff(user=made, staff=staff)
            self.accounts.append(made.username)

    @rule(who=who, which=number, account=number)
    def make_it_a_token(self, who, which, account):
        by = self.user(who, which)
        if not by or not self.accounts:
            return
        person = User.objects.select_related("service_of").get(username=self.accounts[account % len(self.accounts)])
        scopes = [s for s in EVERY if (person.is_staff or s != "approve") and (not by.token or s in by.token.scopes)]
        name = f"a{ApiToken.objects.count()}"
        made = self.did(lambda: tokens.create(person=person, by=by, name=name, scopes=scopes, days=9))
        if made:
            self.known[who].append(made[1])

    @rule(who=who, which=number, token=number)
    def take_over_a_token(self, who, which, token):
        by, rows = self.user(who, which), list(ApiToken.objects.order_by("pk"))
        if by and rows:
            row = rows[token % len(rows)]
            self.did(lambda: tokens.take_over(token=access.token(by, row.pk), by=by))

    @rule(who=who, which=number, token=number)
    def revoke_a_token(self, who, which, token):
        by, rows = self.user(who, which), list(ApiToken.objects.order_by("pk"))
        if by and rows:
            row = rows[token % len(rows)]
            self.did(lambda: tokens.revoke(token=access.token(by, row.pk), by=by))

    @rule(who=who, which=number)
    def ask(self, who, which):
        by, slug = self.user(who, which), f"big-{len(self.sent)}"
        if by and self.did(lambda: access.may_request_in(by).get(pk=self.river.pk)):
            row = self.did(lambda: send(by, self.river, slug))
            if row:
                self.sent.append(row.pk)
                self.askers[row.pk] = {who}

    def row(self, which):
        return ChangeRequest.objects.get(pk=self.sent[which % len(self.sent)]) if self.sent else None

    @rule(who=who, which=number, request=number, back=st.booleans())
    def edit(self, who, which, request, back):
        by, row = self.user(who, which), self.row(request)
        if not by or not row:
            return

        def change():
            found = access.request(by, row.uid, Permission.OPERATE)
            if back:
                services.take_back(request=found, by=by)
            services.save(request=found, by=by, values={"about.heads": str(510 + self.decided + which)})
            services.submit(request=found, by=by)
            return True

        before = row.draft
        if self.did(change) and ChangeRequest.objects.get(pk=row.pk).draft != before:
            self.askers[row.pk].add(who)

    @rule(who=who, which=number, request=number)
    def send_back(self, who, which, request):
        by, row = self.user(who, which), self.row(request)
        if by and row:
            door = Permission.AGREE
            self.did(lambda: decisions.send_back(request=access.request(by, row.uid, door), by=by, reason="More."))

    @rule(who=who, which=number, request=number, door=st.booleans())
    def approve(self, who, which, request, door):
        """Approve through the access check, or directly with the service."""
        by, row = self.user(who, which), self.row(request)
        if not by or not row:
            return
        seen = row.content_hash

        def decide():
            found = access.request(by, row.uid, Permission.AGREE) if door else row
            return decisions.approve(request=found, by=by, seen=seen)

        if self.did(decide):
            self.decided += 1
            assert who not in self.askers[row.pk], f"{who} approved what {self.askers[row.pk]} asked for, as {by}"

    @invariant()
    def who_decided_stood_behind_nothing_else(self):
        for pk in getattr(self, "sent", ()):
            rows = RequestContributor.objects.filter(request=pk)
            deciding = set(rows.filter(step="decide", request__state="approved").values_list("person", flat=True))
            returned = rows.exclude(step="decide").values_list("person", flat=True)
            assert not deciding & set(returned)
            assert {u.username for u in User.objects.filter(pk__in=returned)} >= self.askers[pk]

    @invariant()
    def no_child_outlives_its_parent(self):
        for row in ApiToken.objects.exclude(parent=None).select_related("parent"):
            assert row.expires_at <= row.parent.expires_at
            assert set(row.scopes) <= set(row.parent.scopes)
            assert row.revoked_at or not row.parent.revoked_at


def test_no_sequence_lets_a_person_request_and_approve():
    run_state_machine_as_test(
        Office,
        settings=settings(
            derandomize=True, max_examples=12, stateful_step_count=14, deadline=None,
            phases=[Phase.generate], report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_the_office_works():
    """In the machine above, people do request, edit and approve."""
    office = Office()
    office.open()
    try:
        office.edit("ada", 0, 0, True)
        office.approve("stan", 0, 0, True)
        office.approve("ada", 0, 0, True)
        assert office.decided == 0
        assert office.askers[office.sent[0]] == {"stan", "ada"}
        office.approve("sue", 0, 0, True)
        assert office.decided == 1
        office.who_decided_stood_behind_nothing_else()
    finally:
        office.teardown()


def test_kept_credentials_are_named(river, ada, omar):
    with pytest.raises(DomainError, match="can’t be kept"):
        organizations.remove(membership=river.memberships.get(user=omar), by=ada, keep=["token-1"])
    assert river.memberships.filter(user=omar).exists()
    assert credentials.Made(omar, river).ending(role="") == []
