"""A hub's custom domain, proven by DNS records of a real name server on loopback."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from oauth2_provider.models import Application

from hubs.domains.services import domains as services
from hubs.domains.services import own_domain
from hubs.errors import Conflict, Invalid
from hubs.models import Hub, HubDomain
from hubs.outbound.dns_records import Records, Unanswered
from hubs.requests.services import requests
from provisioning import domains, prepare
from provisioning.contract import Target
from provisioning.runtimes.kubernetes import rows
from tests.clusters import verbs
from tests.name_server import name_server

pytestmark = pytest.mark.django_db
NAME = "hub.river.example.edu"
FIRST = "stat-101.hubs.example.edu"
ADDRESS = "192.0.2.10"


@pytest.fixture
def zone(settings):
    with name_server() as zone:
        settings.DNS_SERVERS, settings.DNS_SECONDS = [zone.address], 3.0
        yield zone


@pytest.fixture
def place(in_cluster):
    in_cluster.routing, in_cluster.tls, in_cluster.tls_issuer = "ingress", "issuer", "letsencrypt"
    in_cluster.save()
    return in_cluster


@pytest.fixture
def mine(place, ready_hub) -> Hub:
    """Ines' hub in a cluster that creates certificates."""
    Hub.objects.filter(pk=ready_hub.pk).update(url=f"https://{FIRST}/")
    return Hub.objects.select_related("organization", "cluster", "revision", "created_by").get(pk=ready_hub.pk)


@pytest.fixture
def row(mine, ines) -> HubDomain:
    return services.add(hub=mine, by=ines, name=NAME)


def page(name="hub-domain"):
    return lambda hub: reverse(name, args=[hub.uid])


def prove(zone, row):
    zone.set(row.record_name, "TXT", f'"{row.record_value}"')


def lead(zone):
    zone.set(NAME, "CNAME", f"{FIRST}.")


def later(**time):
    """Run the beat task after this time; return the row."""
    with time_machine.travel(timezone.now() + timedelta(**time)):  # ticking: queries have deadlines
        domains.look_again()
    return HubDomain.objects.first()


def looked(row):
    own_domain.look(row, by=None)
    row.refresh_from_db()
    return row


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("hub.river.example.edu", "hub.river.example.edu"),
        ("  HTTPS://".lower() + "Hub.River.Example.EDU./ ", "hub.river.example.edu"),
        ("jupyter.bücher.example", "jupyter.xn--bcher-kva.example"),
        ("JUPYTER.BÜCHER.example", "jupyter.xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("a-1.example.edu", "a-1.example.edu"),
    ],
)
def test_domains_are_stored_in_the_form_of_dns(typed, kept, place):
    assert own_domain.read_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter a domain name"),
        ("   ", "Enter a domain name"),
        ("hub", "not a valid domain name"),
        ("192.0.2.1", "not a valid domain name"),
        ("[2001:db8::1]", "not a valid domain name"),
        ("hub..example.edu", "not a valid domain name"),
        ("-hub.example.edu", "not a valid domain name"),
        ("hub-.example.edu", "not a valid domain name"),
        ("hub_1.example.edu", "not a valid domain name"),
        ("*.example.edu", "not a valid domain name"),
        ("hub.example.edu:8000", "not a valid domain name"),
        ("hub.example.edu/lab", "not a valid domain name"),
        ("hub.example.edu\nHost: other", "not a valid domain name"),
        ("hub.exa mple.edu", "not a valid domain name"),
        ("hub.\x00example.edu", "not a valid domain name"),
        ("\ud800.example.edu", "not a valid domain name"),
        (f"{'a' * 64}.example.edu", "not a valid domain name"),
        (".".join(["a" * 60] * 4) + ".edu", "not a valid domain name"),
        ("hub.localhost", "does not exist in public DNS"),
        ("hub.internal", "does not exist in public DNS"),
        ("hubs.example.edu", "belongs to the portal"),
        ("stat-101.hubs.example.edu", "belongs to the portal"),
        ("example.edu", "belongs to the portal"),  # a parent of the hubs' domain, which would get their cookies
        ("portal.example.org", "belongs to the portal"),
        ("a.portal.example.org", "belongs to the portal"),
        ("example.org", "belongs to the portal"),
    ],
)
def test_what_is_no_name_of_an_organisation_is_refused(typed, said, place, settings):
    settings.PORTAL_URL = "https://portal.example.org"
    with pytest.raises(Invalid) as caught:
        own_domain.read_name(typed)
    assert said in caught.value.errors["name"][0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"routing": "ingress", "tls": "issuer"}, ""),
        ({"routing": "ingress", "tls": "none"}, ""),
        ({"routing": "gateway", "tls": "none"}, ""),
        ({"routing": "gateway", "tls": "issuer"}, "are part of the gateway"),
        ({"routing": "ingress", "tls": "wildcard"}, "only valid for names under hubs.example.edu"),
        ({"routing": "gateway", "tls": "wildcard"}, "only valid for names under hubs.example.edu"),
        ({"routing": "none", "tls": "none"}, "outside of the portal"),
        ({"runtime": "local"}, "single machine"),
    ],
)
def test_a_cluster_without_custom_domains_says_why(changes, said, as_, ines, mine, place):
    for field, value in changes.items():
        setattr(place, field, value)
    place.save()
    assert (said in own_domain.refusal(place)) if said else own_domain.refusal(place) == ""
    shown = as_(ines).get(page()(mine)).content.decode()
    assert said in shown
    assert ('name="name"' in shown) == (not said)
    response = as_(ines).post(page()(mine), {"name": NAME})
    assert response.status_code == (422 if said else 302)
    assert HubDomain.objects.exists() == (not said)


# --- adding a domain --------------------------------------------------------------------------------------------------


def test_the_page_shows_the_two_records_to_add(as_, ines, mine):
    response = as_(ines).post(page()(mine), {"name": NAME.upper()}, follow=True)
    row = HubDomain.objects.get()
    shown = response.content.decode()
    assert row.name == NAME
    assert f'id="txt-name">_hubportal.{NAME}<' in shown
    assert f'id="txt-value">hubportal-verify={row.token}<' in shown
    assert f'id="cname-value">{FIRST}<' in shown
    assert len(row.token) >= 32
    assert verbs()[-1] == "domain.add"


def test_errors_are_shown_beside_the_field_and_nothing_typed_is_lost(as_, ines, mine):
    response = as_(ines).post(page()(mine), {"name": "<b>hub"})
    assert response.status_code == 422
    shown = response.content.decode()
    assert 'value="&lt;b&gt;hub"' in shown
    assert "This is not a valid domain name" in shown
    assert not HubDomain.objects.exists()
    assert as_(ines).post(page()(mine), {"name": "a" * 501}).status_code == 422


def test_a_hub_has_one_custom_domain(as_, ines, mine, row):
    assert as_(ines).post(page()(mine), {"name": "other.river.example.edu"}).status_code == 409
    assert HubDomain.objects.get().name == NAME


@pytest.mark.parametrize("who", ["mia", "zoe", None])
@pytest.mark.parametrize("name", ["hub-domain", "hub-domain-check", "hub-domain-remove"])
def test_people_who_may_not_change_the_hub_change_no_domain(name, who, as_, cast, mine, row, zone):
    client = as_(cast[who] if who else None)
    response = client.post(page(name)(mine), {"name": "other.river.example.edu"})
    assert response.status_code == {"mia": 403, "zoe": 404, None: 302}[who]
    row.refresh_from_db()
    assert (row.name, row.checked_at) == (NAME, None)
    assert zone.asked == []


def test_a_check_needs_a_post(as_, ines, mine, row):
    assert as_(ines).get(page("hub-domain-check")(mine)).status_code == 405
    assert as_(ines).put(page("hub-domain")(mine)).status_code == 405
    assert as_(ines).delete(page("hub-domain-remove")(mine)).status_code == 405


def test_only_a_proven_domain_is_reserved(mine, row, zone, ines, ada, ask, river):
    """Otherwise people could reserve domains that are not theirs by typing them first."""
    other = requests.submit(request=ask(ada, river, slug="other"), by=ada).hub
    assert other
    theirs = services.add(hub=other, by=ada, name=NAME)
    assert theirs.token != row.token
    zone.set(row.record_name, "TXT", f'"{row.record_value}"', f'"{theirs.record_value}"')
    assert looked(theirs).proven_at
    assert looked(row).proven_at is None, "the first hub with a proof has the domain"
    assert row.problem == own_domain.taken()
    services.remove(hub=mine, by=ines)
    with pytest.raises(Invalid):
        services.add(hub=mine, by=ines, name=NAME)


# --- the proof --------------------------------------------------------------------------------------------------------


def test_the_hub_moves_once_the_domain_is_proven_and_points_to_it_and_has_a_certificate(as_, ines, mine, row, zone):
    before = mine.generation
    as_(ines).post(page("hub-domain-check")(mine))
    row.refresh_from_db()
    assert (row.proven_at, row.in_use_at) == (None, None)
    assert f"There is no TXT record at _hubportal.{NAME}" in row.problem

    prove(zone, row)
    row = later(minutes=6)
    assert row.proven_at
    assert row.points_at is None
    assert f"does not point to {FIRST}" in row.problem
    where = rows.target(mine)
    assert (where.url, where.own_host, where.first_url) == (f"https://{FIRST}/", NAME, "")

    lead(zone)
    row = later(minutes=12)
    assert row.points_at
    assert row.in_use_at is None, "its certificate is being created"
    row = later(minutes=18)
    assert row.in_use_at
    assert row.problem == ""
    where = rows.target(mine)
    assert (where.url, where.own_host, where.first_url) == (f"https://{NAME}/", NAME, f"https://{FIRST}/")
    assert [verb for verb in verbs() if verb.startswith("domain")] == ["domain.add", "domain.prove", "domain.use"]
    mine.refresh_from_db()
    assert mine.generation == before + 2
    assert mine.revision.number == 1
    assert timedelta(hours=23) < row.look_at - row.checked_at <= timedelta(days=1), "checked again every day"


def test_without_tls_the_hub_moves_at_once(mine, row, zone, place):
    place.tls = "none"
    place.save()
    prove(zone, row)
    lead(zone)
    row = looked(HubDomain.objects.select_related("hub__cluster", "hub__organization").get())
    assert row.in_use_at
    assert rows.target(Hub.objects.get(pk=mine.pk)).url == f"http://{NAME}/"


def test_an_address_record_is_accepted_too(row, zone):
    prove(zone, row)
    zone.set(FIRST, "A", ADDRESS)
    zone.set(NAME, "A", "192.0.2.99")
    assert looked(row).points_at is None
    zone.set(NAME, "A", ADDRESS, "192.0.2.99")
    assert looked(row).points_at


@pytest.mark.parametrize(
    "value",
    ["hubportal-verify=", "hubportal-verify=other", "{token}", "hubportal-verify={token}x", "HUBPORTAL-VERIFY={token}"],
)
def test_another_value_is_not_a_proof_and_is_reported(value, row, zone):
    zone.set(row.record_name, "TXT", f'"{value.format(token=row.token)}"')
    assert looked(row).proven_at is None
    assert "its value is not the one below" in row.problem


def test_a_record_at_the_domain_itself_is_not_a_proof(row, zone):
    zone.set(NAME, "TXT", f'"{row.record_value}"')
    assert looked(row).proven_at is None


def test_a_proof_in_several_strings_and_beside_other_records_counts(row, zone):
    half = len(row.record_value) // 2
    zone.set(row.record_name, "TXT", '"v=spf1 -all"', f'"{row.record_value[:half]}" "{row.record_value[half:]}"')
    assert looked(row).proven_at


@pytest.mark.parametrize("trouble", ["broken", "silent"])
def test_name_servers_that_do_not_answer_change_nothing(trouble, row, zone, settings):
    settings.DNS_SECONDS = 0.6
    setattr(zone, trouble, True)
    assert looked(row).proven_at is None
    assert "did not answer" in row.problem
    setattr(zone, trouble, False)
    prove(zone, row)
    assert looked(row).proven_at
    setattr(zone, trouble, True)
    for day in range(1, 12):
        row = later(days=day)
    assert row.proven_at
    assert row.failing_since is None


def test_a_dns_query_ends_at_its_deadline(zone):
    zone.silent = True
    with pytest.raises(Unanswered):
        Records(0.2).texts(NAME)
    with pytest.raises(Unanswered):
        Records(0).texts(NAME)
    assert len(zone.asked) <= 1


def test_a_missing_proof_removes_the_domain_after_a_week_of_warnings(as_, ines, mine, row, zone):
    prove(zone, row)
    lead(zone)
    looked(row)
    row = later(minutes=10)
    assert row.in_use_at
    zone.clear(row.record_name)
    row = later(days=2)
    assert row.failing_since
    assert row.in_use_at
    assert rows.target(mine).url == f"https://{NAME}/"
    assert "The custom domain is about to be removed" in as_(ines).get(reverse("hub", args=[mine.uid])).content.decode()
    assert "Check failing since" in as_(ines).get(page()(mine)).content.decode()
    assert later(days=8).in_use_at, "not a day too early"
    row = later(days=10)
    assert (row.proven_at, row.in_use_at, row.points_at, row.failing_since) == (None, None, None, None)
    assert rows.target(mine) == Target(mine.uid, mine.slug, f"https://{FIRST}/")
    assert [v for v in verbs() if v.startswith("domain")][-2:] == ["domain.warn", "domain.lapse"]


def test_a_used_domain_that_points_elsewhere_is_reported_and_removed(as_, ines, mine, row, zone):
    prove(zone, row)
    lead(zone)
    looked(row)
    assert later(minutes=10).in_use_at
    zone.set(NAME, "CNAME", "somewhere.else.example.")
    zone.set("somewhere.else.example", "A", "127.0.0.1")
    row = later(days=2)
    assert row.failing_since
    assert row.in_use_at
    assert "does not point to" in as_(ines).get(page()(mine)).content.decode()
    assert "points elsewhere" in as_(ines).get(reverse("hub", args=[mine.uid])).content.decode()
    zone.silent = True
    assert later(days=11).in_use_at, "name servers that do not answer remove nothing"
    zone.silent = False
    row = later(days=12)
    assert (row.in_use_at, row.points_at, row.failing_since) == (None, None, None)
    assert row.proven_at, "the proof is there"
    assert rows.target(mine).url == f"https://{FIRST}/"
    assert [v for v in verbs() if v.startswith("domain")][-2:] == ["domain.warn", "domain.lapse"]
    lead(zone)
    later(days=13)
    assert later(days=14).in_use_at, "the domain points here again"


def test_a_domain_that_points_here_again_ends_the_warning(row, zone):
    prove(zone, row)
    lead(zone)
    looked(row)
    assert later(minutes=10).in_use_at
    zone.clear(NAME)
    assert later(days=2).failing_since
    prove(zone, row)
    assert later(days=3).failing_since, "the proof alone sends no people there"
    lead(zone)
    row = later(days=4)
    assert (row.failing_since, bool(row.in_use_at)) == (None, True)


def test_a_proof_that_comes_back_ends_the_warning(row, zone):
    prove(zone, row)
    looked(row)
    zone.clear(row.record_name)
    assert later(days=1).failing_since
    prove(zone, row)
    row = later(days=2)
    assert row.failing_since is None
    zone.clear(row.record_name)
    assert later(days=9).proven_at, "a week from the new warning"


def test_checks_of_an_unproven_domain_end(row, zone):
    assert later(minutes=1).look_at
    assert later(days=15).look_at is None
    asked = len(zone.asked)
    later(days=30)
    assert len(zone.asked) == asked


def test_an_outdated_check_writes_nothing(mine, row, zone, ines):
    prove(zone, row)
    stale = HubDomain.objects.select_related("hub__cluster", "hub__organization").get()
    services.remove(hub=mine, by=ines)
    services.add(hub=mine, by=ines, name="new.river.example.edu")
    assert own_domain.look(stale, by=None) is None
    assert HubDomain.objects.get().proven_at is None


def test_the_button_is_rate_limited(as_, ines, mine, row, zone):
    client = as_(ines)
    assert client.post(page("hub-domain-check")(mine)).status_code == 302
    asked = len(zone.asked)
    response = client.post(page("hub-domain-check")(mine))
    assert response.status_code == 409
    assert "checked a moment ago" in response.content.decode()
    assert len(zone.asked) == asked


# --- consequences -----------------------------------------------------------------------------------------------------


def uris(hub):
    prepare.release(Hub.objects.get(pk=hub.pk))
    return Application.objects.get(client_id=hub.uid).redirect_uris.split()


def test_the_sign_in_redirects_to_both_addresses(mine, row, zone, ines):
    first, own = f"https://{FIRST}/hub/oauth_callback", f"https://{NAME}/hub/oauth_callback"
    assert uris(mine) == [first]
    prove(zone, row)
    looked(row)
    assert uris(mine) == [first, own], "before the hub moves"
    lead(zone)
    later(minutes=6)
    later(minutes=12)
    assert uris(mine) == [own, first]
    assert own_domain.addresses(mine) == [f"https://{FIRST}/", f"https://{NAME}/"]
    services.remove(hub=mine, by=ines)
    assert uris(mine) == [first]


def test_removing_needs_confirmation_and_restores_the_first_address(as_, ines, mine, row, zone):
    prove(zone, row)
    looked(row)
    mine.refresh_from_db()
    before = mine.generation
    client = as_(ines)
    assert f"Remove {NAME}?" in client.get(page("hub-domain-remove")(mine)).content.decode()
    assert HubDomain.objects.exists()
    assert client.post(page("hub-domain-remove")(mine)).status_code == 302
    assert not HubDomain.objects.exists()
    mine.refresh_from_db()
    assert mine.generation == before + 1
    assert verbs()[-1] == "domain.remove"
    assert client.post(page("hub-domain-remove")(mine)).status_code == 409
    assert client.get(page("hub-domain-remove")(mine)).status_code == 302


def test_a_retired_hub_releases_its_domain(mine, row, zone, ines):
    prove(zone, row)
    looked(row)
    Hub.objects.filter(pk=mine.pk).update(desired_state="retired")
    with pytest.raises(Conflict):
        services.remove(hub=mine, by=ines)
    later(days=1)
    assert zone.asked.count(f"{row.record_name} TXT") == 1
    prepare.forget(mine)
    assert not HubDomain.objects.exists()


def test_on_one_machine_the_page_says_that_it_needs_a_cluster(as_, ines, ready_hub):
    assert "Custom domains require a hub" in as_(ines).get(page()(ready_hub)).content.decode()
