"""Clusters as staff manage them: adding, changing and removing."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from hubs.clusters.rules import Finding
from hubs.clusters.services import clusters as services
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.models import AuditEvent, Cluster, Hub, Organization
from portal import tasks
from provisioning.runtimes.kubernetes import rows
from tests.clusters import TYPED, verbs
from tests.kubeconfigs import NOBODY, text
from tests.pages import read

pytestmark = pytest.mark.django_db
NEW = "/staff/clusters/new/"
SECRET = "s3cret-token"


def settings_of(row):
    return {name: getattr(row, name) for name in services.SETTINGS}


@pytest.fixture
def typed():
    return {**TYPED, "kubeconfig": text()}


# --- adding ---------------------------------------------------------------------------------------------------------


def test_a_cluster_is_added_by_its_kubeconfig_and_checked_at_once(typed, stan, as_):
    assert as_(stan).get(NEW).status_code == 200
    answer = as_(stan).post(NEW, typed)
    assert answer.url == "/staff/clusters/teaching/"
    row = Cluster.objects.get(slug="teaching")
    assert (row.runtime, row.domain, row.storage_classes) == ("kubernetes", "hubs-example.org", ["fast", "slow"])
    assert row.node_pools[0]["tolerations"][0]["value"] == "user"
    assert json.loads(row.kubeconfig)["users"][0]["user"] == {"token": SECRET}
    assert (row.credentials_by, row.api_server) == (stan, NOBODY)
    assert row.healthy is False  # nothing listens there
    assert "Nothing is listening" in row.check_findings[0]["message"]
    assert verbs() == ["cluster.create", "cluster.check"]
    page = read(as_(stan).get(answer.url))
    for words in ("Nothing is listening", "by Stan Weber", "Check failed", NOBODY):
        assert words in page


def test_a_kubeconfig_can_be_uploaded_as_a_file(typed, stan, as_):
    del typed["kubeconfig"]
    given = SimpleUploadedFile("config", b"\xef\xbb\xbf" + text().encode())
    assert as_(stan).post(NEW, {**typed, "file": given}).status_code == 302
    assert Cluster.objects.get(slug="teaching").api_server == NOBODY


def test_credentials_are_encrypted_and_never_shown_again(typed, stan, as_):
    as_(stan).post(NEW, typed)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kubeconfig FROM hubs_cluster WHERE slug = 'teaching'")
        assert SECRET not in cursor.fetchone()[0]
    for path in ("", "edit/", "credentials/", "delete/"):
        assert SECRET not in as_(stan).get(f"/staff/clusters/teaching/{path}").content.decode()
    assert SECRET not in str(list(AuditEvent.objects.values()))
    wrong = as_(stan).post(NEW, {**typed, "slug": "again", "domain": "?"})
    assert wrong.status_code == 422
    assert SECRET not in wrong.content.decode()
    assert wrong.context["form"]["name"].value() == "Teaching cluster"  # the stored credentials are kept


def test_the_cluster_the_portal_runs_in_is_added_once(typed, stan, as_):
    typed |= {"where": "inside", "kubeconfig": ""}
    assert as_(stan).post(NEW, typed).status_code == 302
    row = Cluster.objects.get(slug="teaching")
    assert row.in_cluster
    assert "is the portal running in a cluster?" in row.check_findings[0]["message"]  # in tests, it doesn't run in one
    again = as_(stan).post(NEW, {**typed, "slug": "two", "domain": "other.example.net"})
    assert again.context["form"].errors["where"] == [
        "The cluster that the portal runs on was added already: Teaching cluster."
    ]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"kubeconfig": ""}, "kubeconfig", "Choose the kubeconfig file"),
        ({"kubeconfig": "{["}, "kubeconfig", "YAML"),
        ({"kubeconfig": "{[", "domain": "", "tls_issuer": "", "slug": "here"}, "slug", "Another cluster"),
        ({"kubeconfig": text(user={"exec": {"command": "sh"}})}, "kubeconfig", "run a program"),
        ({"kubeconfig": text({"insecure-skip-tls-verify": True})}, "kubeconfig", "turns off verification"),
        ({"file": SimpleUploadedFile("config", b"\xff\xfe\xfa")}, "file", "not a text file"),
        ({"file": SimpleUploadedFile("config", b"x" * 300_000)}, "file", "too large"),
        ({"slug": "new"}, "slug", "reserved"),
        ({"slug": "Ü"}, "slug", "lower-case letters"),
        ({"slug": "here"}, "slug", "Another cluster"),
        ({"slug": "x" * 41}, "slug", "at most 40"),
        ({"where": "elsewhere"}, "where", "valid choice"),
        ({"domain": ""}, "domain", "Enter the hub domain"),
        ({"domain": "https://hubs.example.org"}, "domain", "without https://"),
        ({"domain": "hubs.example.org:70000"}, "domain", "port"),
        ({"domain": "hubs_example.org"}, "domain", "hubs-example.org"),
        ({"domain": "a." * 110 + "org"}, "domain", "hubs-example.org"),
        ({"domain": "127.0.0.1"}, "domain", "belongs to the portal"),
        ({"ingress_class": "Nginx!"}, "ingress_class", "Kubernetes names"),
        ({"ingress_class": "n" * 101}, "ingress_class", "at most 100"),
        ({"routing": "gateway", "tls": "wildcard"}, "gateway", "NAMESPACE/NAME"),
        ({"gateway": "public"}, "gateway", "NAMESPACE/NAME"),
        ({"gateway": f"{'n' * 64}/public"}, "gateway", "NAMESPACE/NAME"),
        ({"routing": "gateway", "gateway": "a/b"}, "tls", "needs Ingress"),
        ({"routing": "none"}, "tls", "needs Ingress"),
        ({"tls_issuer": ""}, "tls_issuer", "Enter the ClusterIssuer"),
        ({"tls_issuer": "Let's"}, "tls_issuer", "Kubernetes names"),
        ({"storage_classes": "fast_disk"}, "storage_classes", "fast_disk"),
        ({"storage_classes": "\n".join(f"c{n}" for n in range(21))}, "storage_classes", "at most 20"),
        ({"node_pools": "- name: [x"}, "node_pools", "Line 1, column"),
        ({"pod_security": "none"}, "pod_security", "valid choice"),
    ],
)
def test_errors_are_shown_beside_their_fields(typed, change, field, words, cluster, stan, as_):
    answer = as_(stan).post(NEW, {**typed, **change})
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert SECRET not in answer.content.decode()
    assert not Cluster.objects.filter(slug=typed["slug"]).exists()
    assert verbs() == []


def test_everything_wrong_is_said_at_once_and_the_kubeconfig_is_kept_unseen(typed, cluster, stan, as_):
    client = as_(stan)
    wrong = client.post(NEW, {**typed, "slug": "here", "domain": "127.0.0.1", "tls_issuer": "", "node_pools": "[x"})
    errors = wrong.context["form"].errors
    assert set(errors) == {"slug", "domain", "tls_issuer", "node_pools"}
    assert errors["node_pools"] == ["Line 1, column 3: A square bracket is not closed."]
    assert "Your kubeconfig is kept" in wrong.content.decode()
    assert SECRET not in json.dumps(dict(client.session))
    assert client.post(NEW, {**typed, "kubeconfig": ""}).url == "/staff/clusters/teaching/"
    assert SECRET in Cluster.objects.get(slug="teaching").kubeconfig
    client.get(NEW)
    again = client.post(NEW, {**typed, "kubeconfig": "", "slug": "two", "domain": "other.example.net"})
    assert set(again.context["form"].errors) == {"kubeconfig"}, "it is kept for one form only"


def test_an_unreadable_kubeconfig_is_said_with_the_other_errors(typed, cluster, stan, as_):
    answer = as_(stan).post(NEW, {**typed, "kubeconfig": "hello: world", "domain": "", "slug": ""})
    assert list(answer.context["form"].errors) == ["slug", "domain", "kubeconfig"]


def test_names_at_their_longest_fit(typed, stan, as_):
    label = "x" * 63
    domain = ".".join(["d" * 50] * 4)  # 203 characters, and a hub's 40 with the dot
    typed |= {"slug": "c" * 40, "name": "N" * 100, "domain": f"*.{domain}:8443", "routing": "gateway",
              "tls": "wildcard", "gateway": f"{label}/{label}.{label}", "ingress_class": label,
              "storage_classes": label}  # fmt: skip
    answer = as_(stan).post(NEW, typed)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Cluster.objects.get(slug="c" * 40).domain == f"{domain}:8443"


def test_no_two_clusters_share_a_domain(teaching, typed, stan, as_):
    answer = as_(stan).post(NEW, {**typed, "slug": "two"})
    assert answer.context["form"].errors["domain"] == ["The cluster Teaching cluster uses this domain already."]


def test_the_workers_machine_is_added_with_its_ports(stan, as_):
    path, typed = (
        "/staff/clusters/new/machine/",
        {"name": "Box", "slug": "box", "port_from": "20000", "port_to": "20100"},
    )
    assert as_(stan).post(path, typed).url == "/staff/clusters/box/"
    row = Cluster.objects.get(slug="box")
    assert (row.runtime, row.port_from, row.offered) == ("local", 20000, True)
    assert as_(stan).get("/staff/clusters/box/").status_code == 200
    again = as_(stan).post(path, {**typed, "slug": "two", "port_from": "20100", "port_to": "20200"})
    assert again.context["form"].errors["port_from"] == ["Box uses ports 20000 to 20100."]
    few = as_(stan).post(path, {**typed, "slug": "few", "port_from": "30000", "port_to": "30001"})
    assert "three ports" in few.context["form"].errors["port_to"][0]
    assert as_(stan).post("/staff/clusters/box/edit/", {"name": "Box 1", "port_from": "20000", "port_to": "20050"}).url
    row.refresh_from_db()
    assert (row.name, row.port_to) == ("Box 1", 20050)


# --- changing -------------------------------------------------------------------------------------------------------


def move_to(cluster, hub):
    """Move the hub there, as if it had been created on that cluster."""
    Hub.objects.filter(pk=hub.pk).update(cluster=cluster, reconcile_after=None)
    return hub


def test_a_change_is_seen_by_its_hubs(teaching, ready_hub, stan, as_):
    hub = move_to(teaching, ready_hub)
    initial = as_(stan).get("/staff/clusters/teaching/edit/").context["form"]
    assert initial["storage_classes"].value() == "fast\nslow"
    assert "node-purpose" in initial["node_pools"].value()
    answer = as_(stan).post("/staff/clusters/teaching/edit/", {**TYPED, "ingress_class": "traefik", "node_pools": ""})
    assert answer.status_code == 302
    teaching.refresh_from_db()
    assert (teaching.ingress_class, teaching.node_pools) == ("traefik", [])
    hub.refresh_from_db()
    assert hub.reconcile_after <= timezone.now()
    changed = AuditEvent.objects.get(verb="cluster.change").changes
    assert set(changed) == {"ingress_class", "node_pools"}
    assert changed["ingress_class"] == ["nginx", "traefik"]


def test_a_new_name_alone_reconciles_no_hub(teaching, ready_hub, stan):
    hub = move_to(teaching, ready_hub)
    services.change(cluster=teaching, by=stan, values={**settings_of(teaching), "name": "Other"})
    hub.refresh_from_db()
    assert hub.reconcile_after is None
    services.change(cluster=teaching, by=stan, values={"name": "Other"})
    assert verbs().count("cluster.change") == 1


def test_a_domain_with_hubs_stays(teaching, ready_hub, stan, as_):
    move_to(teaching, ready_hub)
    answer = as_(stan).post("/staff/clusters/teaching/edit/", {**TYPED, "domain": "other.example.net"})
    assert "Existing hubs use this domain" in answer.context["form"].errors["domain"][0]
    Hub.objects.update(desired_state="retired", retired_at=timezone.now())
    assert as_(stan).post("/staff/clusters/teaching/edit/", {**TYPED, "domain": "other.example.net"}).status_code == 302


def test_replaced_credentials_change_no_hub_but_reconcile_all(teaching, ready_hub, sue, as_):
    hub = move_to(teaching, ready_hub)
    before = Hub.objects.values("generation", "revision_id", "status", "desired_state").get(pk=hub.pk)
    services.record_check(cluster=teaching, findings=[Finding("Answers", True, "")])
    page = as_(sue).post("/staff/clusters/teaching/credentials/", {"kubeconfig": text(user={"token": "n3w-token"})})
    assert page.url == "/staff/clusters/teaching/"
    teaching.refresh_from_db()
    assert "n3w-token" in teaching.kubeconfig
    assert (teaching.credentials_by, teaching.healthy) == (sue, False)  # checked with the new credentials
    hub.refresh_from_db()
    assert hub.reconcile_after <= timezone.now()
    assert Hub.objects.values(*before).get(pk=hub.pk) == before
    assert "n3w-token" not in str(list(AuditEvent.objects.values()))


def test_bad_credentials_leave_the_old_ones(teaching, stan, as_):
    old = teaching.kubeconfig
    for wrong in ("", "{[", text(user={"tokenFile": "/etc/passwd"})):
        answer = as_(stan).post("/staff/clusters/teaching/credentials/", {"kubeconfig": wrong})
        assert answer.status_code == 422
        assert answer.context["form"].errors["kubeconfig"]
    teaching.refresh_from_db()
    assert teaching.kubeconfig == old
    assert "cluster.credentials" not in verbs()


def test_a_check_with_replaced_credentials_no_longer_counts(teaching, stan):
    began_before = Cluster.objects.get(pk=teaching.pk)
    services.replace_credentials(cluster=teaching, by=stan, kubeconfig=text())
    row = services.record_check(cluster=began_before, findings=[Finding("Answers", True, "")], by=stan)
    assert (row.healthy, row.checked_at) == (None, None)


def test_results_of_a_check_are_kept_and_hubs_are_reconciled_when_they_change(teaching, ready_hub):
    hub = move_to(teaching, ready_hub)

    def check(**addresses):
        Hub.objects.filter(pk=hub.pk).update(reconcile_after=None)
        finding = Finding("Addresses", True, "", addresses)
        row = services.record_check(cluster=Cluster.objects.get(pk=teaching.pk), findings=[finding])
        assert row.check_findings == [{"name": "Addresses", "ok": True, "message": ""}]
        hub.refresh_from_db()
        return row.found_addresses, hub.reconcile_after is not None

    known = {"api": ["10.0.0.1/32:6443"], "portal": [], "own": ["10.244.0.0/16"]}
    assert check(**known) == (known, True)
    assert check(**known) == (known, False)
    assert check(own=["10.244.0.0/15"]) == ({**known, "own": ["10.244.0.0/15"]}, False), (
        "what was not asked still counts"
    )
    assert check(api=["10.0.0.2/32:6443"])[1] is True
    teaching.refresh_from_db()
    assert rows.facts_of(teaching).api_servers == ("10.0.0.2/32:6443",)
    assert rows.facts_of(teaching).own_networks == ("10.244.0.0/15",)


def test_a_machine_has_no_credentials(cluster, stan, as_):
    with pytest.raises(Conflict):
        services.replace_credentials(cluster=cluster, by=stan, kubeconfig=text())
    assert as_(stan).get("/staff/clusters/here/credentials/").status_code == 409


def test_only_an_unused_cluster_is_removed(teaching, river, stan, as_):
    path = "/staff/clusters/teaching/delete/"
    assert as_(stan).post(path, {"confirm": "teachin"}).status_code == 422
    Organization.objects.update(cluster=teaching)
    as_(stan).post(path, {"confirm": "teaching"})
    assert Cluster.objects.filter(slug="teaching").exists()
    assert "cluster.delete" not in verbs()
    Organization.objects.update(cluster=Cluster.objects.get(slug="here"))
    assert as_(stan).post(path, {"confirm": "teaching"}).url == "/staff/clusters/"
    assert not Cluster.objects.filter(slug="teaching").exists()


def test_services_are_for_staff(teaching, ada):
    for refused in (
        lambda: services.create(by=ada, slug="x1", name="X", kubeconfig=text(), values=settings_of(teaching)),
        lambda: services.create_machine(by=ada, slug="x1", name="X", port_from=1, port_to=9),
        lambda: services.change(cluster=teaching, by=ada, values={}),
        lambda: services.replace_credentials(cluster=teaching, by=ada, kubeconfig=text()),
        lambda: services.set_open(cluster=teaching, by=ada, open=False),
        lambda: services.check(cluster=teaching, by=ada),
        lambda: services.delete(cluster=teaching, by=ada, typed="teaching"),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_an_invalid_kubeconfig_is_an_error_of_its_field(stan, teaching):
    with pytest.raises(Invalid) as refusal:
        services.create(
            by=stan, slug="x1", name="X", kubeconfig="", values={**settings_of(teaching), "domain": "x.example"}
        )
    assert set(refusal.value.errors) == {"kubeconfig"}


# --- scheduled checks ------------------------------------------------------------------------------------------------
def test_a_cluster_is_checked_again_when_its_check_is_due(teaching, cluster):
    def due(**later):
        return [row.slug for row in Cluster.objects.all().check_due(timezone.now() + timedelta(**later))]

    assert due() == ["teaching"], "never checked; one machine needs no check"
    tasks.check_cluster(teaching.pk)
    teaching.refresh_from_db()
    assert teaching.healthy is False
    assert teaching.check_findings[0]["name"] == "Connection"
    line = AuditEvent.objects.get(verb="cluster.check")
    assert (line.actor, line.note) == ("", "failed: Connection")
    assert (due(seconds=30), due(seconds=70)) == ([], ["teaching"])
    tasks.check_cluster(teaching.pk)
    assert AuditEvent.objects.filter(verb="cluster.check").count() == 1, "nothing new, nothing written"
    well = [Finding("Connection", True, "Kubernetes is running.")]
    services.record_check(cluster=teaching, findings=well)
    assert (due(minutes=9), due(minutes=11)) == ([], ["teaching"])
    tasks.check_cluster(12345)  # deleted meanwhile
