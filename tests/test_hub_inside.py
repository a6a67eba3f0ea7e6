"""Inside a running hub: its logs, people's servers, and restarting the hub."""

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.clusters.queries import Answers
from hubs.hub.services import hubs as services
from hubs.models import AuditEvent, Hub, Membership, Role, RosterGroup, User
from provisioning import operations
from provisioning.errors import Transient
from provisioning.reconcile import reconcile
from tests.words import CLUSTER_SILENT

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def url(name, hub):
    return reverse(name, args=[hub.uid])


def wanted(hub):
    """Return the hub's desired state, and how often it was woken."""
    return Hub.objects.values("desired_state", "generation", "restart_at", "wakes").get(pk=hub.pk)


def verbs(hub):
    return list(AuditEvent.objects.filter(hub=hub.uid, verb__startswith="hub.").values_list("verb", "actor"))


# --- permissions ------------------------------------------------------------------------------------------------------

ACTIONS = ("hub-restart", "hub-stop-server", "hub-stop-servers")


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize(("who", "status"), [("mia", 403), ("other", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not_act(name, who, status, as_, cast, ready_hub, river, life):
    other = User.objects.create_user("other", "other@river.example.edu", email_verified=True)
    Membership.objects.create(organization=river, user=other, role=Role.INSTRUCTOR)  # runs only hubs that she created
    before, said = wanted(ready_hub), verbs(ready_hub)
    client = as_({**cast, "other": other}[who] if who else None)
    assert client.post(url(name, ready_hub), {"user": "mia", "server": ""}).status_code == status
    assert client.get(url("hub-logs", ready_hub)).status_code == status
    assert wanted(ready_hub) == before
    assert verbs(ready_hub) == said
    assert len(life.servers) == 2


def test_what_acts_is_only_posted(as_, ready_hub, ines, life):
    assert as_(ines).get(url("hub-restart", ready_hub)).status_code == 405
    assert as_(ines).post(url("hub-logs", ready_hub)).status_code == 405
    assert as_(ines).get(url("hub-stop-servers", ready_hub)).status_code == 200
    asks = text(as_(ines).get(url("hub-stop-server", ready_hub), {"user": "mia"}))
    assert "Stop the server of mia?" in asks
    assert "Unsaved work is lost." in asks
    assert as_(ines).get(url("hub-stop-server", ready_hub), {"user": "nobody"}).status_code == 302
    assert len(life.servers) == 2, "asking does nothing"


# --- restart ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ines", "omar", "ada", "stan"])
def test_a_restart_is_requested_at_once_and_audited(who, as_, cast, ready_hub, life):
    before = timezone.now()
    page = text(as_(cast[who]).post(url("hub-restart", ready_hub), follow=True))
    assert "Running servers continue." in page
    assert "Updating" in page
    now = wanted(ready_hub)
    assert (now["desired_state"], now["generation"]) == ("running", 2)
    assert now["restart_at"] >= before
    assert ("hub.restart", who) in verbs(ready_hub)
    assert len(life.servers) == 2


@pytest.mark.parametrize("state", ["suspended", "retired"])
def test_a_hub_that_is_not_running_is_not_restarted(state, as_, ready_hub, ines):
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state=state)
    response = as_(ines).post(url("hub-restart", ready_hub))
    assert response.status_code == 409
    assert f"This hub is {state} and can’t be restarted." in text(response)
    assert (wanted(ready_hub)["generation"], wanted(ready_hub)["restart_at"]) == (1, None)
    assert "Restart hub" not in text(as_(ines).get(url("hub", ready_hub)))


def test_a_worker_restarts_only_the_hub(hub, ines, pretended):
    """From the click to the end, with real reconciling."""

    def work():
        for _ in range(4):
            Hub.objects.filter(pk=hub.pk).update(reconcile_after=timezone.now())
            reconcile(hub.pk)
        hub.refresh_from_db()
        return hub.status, [part for method, _, part in pretended.log if method == "apply"]

    assert work() == ("ready", ["files", "proxy", "hub"])
    assert work() == ("ready", ["files", "proxy", "hub"]), "nothing was requested"
    services.restart(hub=hub, by=ines)
    assert work() == ("ready", ["files", "proxy", "hub", "hub"])
    assert hub.runs.first().note == "Restart of the hub, as requested."


# --- servers ----------------------------------------------------------------------------------------------------------


def test_each_server_has_a_button_for_people_who_run_the_hub(as_, ready_hub, ines, ivo, life):
    page = text(as_(ines).get(url("hub", ready_hub)))
    assert page.count(f'href="{url("hub-stop-server", ready_hub)}?user=') == 2
    assert "the server of tom" in page
    assert "Stop all…" in page
    page = text(as_(ivo).get(url("hub", ready_hub)))
    assert "tom" not in page, "who is not on the list reads how many work, not who"
    assert "servers/stop" not in page


def test_a_running_server_is_shown_with_the_name_and_the_groups_of_its_person(as_, ready_hub, ines, mia, enrol, life):
    entry = enrol(ready_hub, mia)
    entry.groups.add(RosterGroup.objects.create(hub=ready_hub, name="Lab B", key="lab b"))
    row = text(as_(ines).get(url("hub", ready_hub))).split('id="servers-title"')[1].split("</table>")[0]
    assert mia.display_name in row
    assert "Lab B" in row


def test_one_server_is_stopped_and_the_hub_is_looked_at_again(as_, ready_hub, ines, life):
    before = wanted(ready_hub)
    asked = f"{url('hub-stop-server', ready_hub)}?user=mia"  # its form is sent to the page's own address
    assert 'method="post">' in as_(ines).get(asked).content.decode()
    response = as_(ines).post(asked, follow=True)
    assert "The server of mia is being stopped. Their files are kept." in text(response)
    assert [server.user for server in life.servers] == ["tom"]
    assert wanted(ready_hub) == {**before, "wakes": before["wakes"] + 1}, "nothing else is wanted"
    event = AuditEvent.objects.get(verb="hub.stop_server")
    assert (event.actor, event.changes) == ("ines", {"server": "mia"})


@pytest.mark.parametrize("sent", [{"user": "nobody"}, {}, {"user": "mia", "server": "second"}, {"user": "x" * 9000}])
def test_stopping_a_server_that_is_not_running_says_so(sent, as_, ready_hub, ines, life):
    before = wanted(ready_hub)["wakes"]
    response = as_(ines).post(url("hub-stop-server", ready_hub), sent)
    assert response.status_code == 409
    assert "This server is not running." in text(response)
    assert len(life.servers) == 2
    assert wanted(ready_hub)["wakes"] > before, "the list was old"
    assert not AuditEvent.objects.filter(verb="hub.stop_server").exists()


def test_an_unreachable_cluster_stops_nothing(as_, ready_hub, ines, pretended, life):
    pretended.reachable = False
    for name in ("hub-stop-server", "hub-stop-servers"):
        response = as_(ines).post(url(name, ready_hub), {"user": "mia"})
        assert response.status_code == 503
        assert CLUSTER_SILENT in text(response)
    assert not AuditEvent.objects.filter(verb__startswith="hub.stop").exists()


def test_all_servers_are_stopped_after_a_page_with_their_number(as_, ready_hub, ines, life):
    asks = text(as_(ines).get(url("hub-stop-servers", ready_hub)))
    assert "2 people have a running server in Statistics 101" in asks
    assert "What is kept" in asks
    response = as_(ines).post(url("hub-stop-servers", ready_hub), follow=True)
    assert "All servers are being stopped." in text(response)
    assert life.servers == ()
    assert AuditEvent.objects.get(verb="hub.stop_servers").changes == {"servers": "mia, tom"}


def test_servers_that_could_not_be_stopped_are_counted(as_, ready_hub, ines, pretended, life):
    pretended.fail("stop_server", Transient("Busy."), nth=2)
    response = as_(ines).post(url("hub-stop-servers", ready_hub), follow=True)
    assert "1 server is being stopped. 1 could not be stopped. Try again." in text(response)
    assert len(life.servers) == 1
    assert AuditEvent.objects.get(verb="hub.stop_servers").changes == {"servers": "mia"}


def test_without_servers_there_is_nothing_to_stop(as_, ready_hub, ines):
    assert as_(ines).get(url("hub-stop-servers", ready_hub)).status_code == 302
    assert as_(ines).post(url("hub-stop-servers", ready_hub)).status_code == 409
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state="suspended")
    said = text(as_(ines).post(url("hub-stop-server", ready_hub), {"user": "mia"}))
    assert "This hub is suspended. No servers are running." in said


def test_many_servers_need_no_more_queries(as_, ready_hub, ines, django_assert_num_queries):
    client = as_(ines)
    servers = [{"user": f"u{n}", "name": "", "ready": True, "started": "", "last_activity": ""} for n in range(300)]

    def count(rows):
        Hub.objects.filter(pk=ready_hub.pk).update(servers=rows, observed_at=timezone.now())
        with django_assert_num_queries(count.most, exact=False) as seen:
            page = text(client.get(url("hub", ready_hub)))
        assert page.count("the server of") == min(len(rows), 50)
        return len(seen)

    count.most = 100
    assert count(servers[:1]) == count(servers)


# --- logs -------------------------------------------------------------------------------------------------------------

FRAGMENT = {"HX-Request": "true", "HX-Target": "log"}


def test_the_log_is_shown_without_secrets_and_refreshes(as_, ready_hub, ines, life):
    life.logs = {"hub": ["hello <b>", "token=abc"], "proxy": ["from the proxy"]}
    page = text(as_(ines).get(url("hub-logs", ready_hub)))
    assert "hello &lt;b&gt;" in page
    assert "abc" not in page
    assert 'hx-trigger="every 2s"' in page
    assert "from the proxy" not in page
    assert "from the proxy" in text(as_(ines).get(url("hub-logs", ready_hub), {"part": "proxy"}))
    assert "hello" in text(as_(ines).get(url("hub-logs", ready_hub), {"part": "../etc"}))


def test_routine_requests_of_the_portal_are_left_out_of_the_log(as_, ready_hub, ines, life):
    asks = "GET /stat-101/hub/api/users?state=[secret]&limit=200&offset=0 (portal-77cb2d09a2f5@127.0.0.1) 8.19ms"
    life.logs = {"hub": ["something went wrong", *[f"[I 2026-12-01 15:09:42.797 JupyterHub log:192] 200 {asks}"] * 900]}
    assert "something went wrong" in text(as_(ines).get(url("hub-logs", ready_hub)))
    life.logs = {"hub": [f"[W 2026-12-01 15:09:42.797 JupyterHub log:192] 403 {asks}"]}
    assert "api/users" in text(as_(ines).get(url("hub-logs", ready_hub))), "a failure is not routine"


def test_the_fragment_comes_only_when_there_is_something_new(as_, ready_hub, ines, life):
    life.logs = {"hub": ["one"]}
    client, address = as_(ines), url("hub-logs", ready_hub)
    first = client.get(address, headers=FRAGMENT)
    assert "one" in text(first)
    assert "<html" not in text(first)
    seen = text(first).split("seen=")[1].split('"')[0]
    again = client.get(address, {"part": "hub", "seen": seen}, headers=FRAGMENT)
    assert again["HX-Reswap"] == "none"
    assert "one" not in text(again)
    life.logs["hub"].append("two")
    new = client.get(address, {"part": "hub", "seen": seen}, headers=FRAGMENT)
    assert "HX-Reswap" not in new
    assert "two" in text(new)


def test_an_unreachable_cluster_is_reported_and_the_log_stays(as_, ready_hub, ines, pretended, life):
    pretended.reachable = False
    page = as_(ines).get(url("hub-logs", ready_hub))
    assert page.status_code == 503
    assert "The log can’t be read now" in text(page)
    assert CLUSTER_SILENT in text(page)
    assert 'hx-trigger="every 2s"' in text(page), "it goes on asking"
    part = as_(ines).get(url("hub-logs", ready_hub), headers=FRAGMENT)
    assert (part.status_code, part["HX-Reswap"]) == (200, "none")
    assert 'id="log-notice"' in text(part)
    assert CLUSTER_SILENT in text(part)
    pretended.reachable = True
    assert "is not responding" not in text(as_(ines).get(url("hub-logs", ready_hub), headers=FRAGMENT))


def test_an_empty_log_says_why(as_, ready_hub, ines, stan, pretended):
    assert "has not written any, or it is not running" in text(as_(ines).get(url("hub-logs", ready_hub)))
    pretended.reachable = False
    for state, words in (("suspended", "The hub is suspended"), ("retired", "The hub is retired")):
        Hub.objects.filter(pk=ready_hub.pk).update(desired_state=state)
        page = as_(ines).get(url("hub-logs", ready_hub))
        assert page.status_code == 200, "no runtime is asked about a hub that is not running"
        assert words in text(page)
        assert "every 2s" not in text(page)


def test_an_unsupported_runtime_is_reported_in_a_sentence(as_, settings, ready_hub, ines):
    settings.RUNTIMES = {}
    page = as_(ines).get(url("hub-logs", ready_hub))
    assert page.status_code == 503
    assert "This portal does not support clusters of type" in text(page)


def test_operations_are_what_pages_expect():
    """hubs.clusters.queries declares them, provisioning.operations implements them, and mypy compares them."""
    answers: Answers = operations
    for name in (name for name in vars(Answers) if not name.startswith("_")):
        assert callable(getattr(answers, name))
