"""Clusters in the API: staff add, change, check, open and remove them; credentials go in and never come out."""

import pytest

from hubs.clusters.forms.node_pools import EXAMPLE, parse
from hubs.models import AuditEvent, Cluster, Organization
from tests.kubeconfigs import NOBODY, text

from .callers import caller, errors

pytestmark = pytest.mark.django_db
CLUSTERS = "clusters/"
SECRET = "s3cret-token"
NEW = {
    "slug": "hill", "name": "Hill cluster", "domain": "hubs-example.org", "routing": "ingress", "tls": "wildcard",
    "storageClasses": ["fast", "slow"], "nodePools": parse(EXAMPLE),
}  # fmt: skip


@pytest.fixture
def call(stan):
    return caller(stan)


def verbs():
    return list(AuditEvent.objects.filter(verb__startswith="cluster.").order_by("pk").values_list("verb", flat=True))


def test_a_cluster_is_added_once_and_its_credentials_never_come_back(call, stan):
    body = {**NEW, "kubeconfig": text()}
    made = call("POST", CLUSTERS, body, Idempotency_Key="hill")
    assert made.status_code == 201
    assert call("POST", CLUSTERS, body, Idempotency_Key="hill").json() == made.json()
    row = Cluster.objects.get(slug="hill")
    assert (row.credentials_by, row.api_server, row.storage_classes) == (stan, NOBODY, ["fast", "slow"])
    assert made.json()["settings"]["nodePools"] == row.node_pools == parse(EXAMPLE)
    assert (made.json()["apiServer"], made.json()["healthy"], made.json()["hubs"]) == (NOBODY, None, 0)
    told = [made.content, call("GET", f"{CLUSTERS}hill/").content, call("GET", CLUSTERS).content]
    assert not [one for one in told if SECRET.encode() in one]
    assert SECRET not in str(list(AuditEvent.objects.values()))
    assert verbs() == ["cluster.create"]


def test_a_check_is_run_and_its_result_is_kept(call, teaching):
    findings = call("POST", f"{CLUSTERS}teaching/check/").json()
    assert findings[0]["ok"] is False
    assert "Nothing is listening" in findings[0]["message"]
    whole = call("GET", f"{CLUSTERS}teaching/").json()
    assert (whole["healthy"], whole["findings"]) == (False, findings)


def test_other_credentials_are_tried_at_once(call, teaching):
    path = f"{CLUSTERS}teaching/credentials/"
    answer = call("PUT", path, {"kubeconfig": text()})
    assert (answer.status_code, answer.json()["healthy"]) == (200, False)
    assert verbs() == ["cluster.create", "cluster.credentials", "cluster.check"]
    assert set(errors(call("PUT", path, {"kubeconfig": "none: at all"}))) == {"kubeconfig"}
    assert set(errors(call("PUT", path, {}))) == {"kubeconfig"}


@pytest.mark.parametrize("method", ["PUT"])
def test_a_machine_has_no_credentials(method, call, cluster):
    errors(call(method, f"{CLUSTERS}here/credentials/", {"kubeconfig": text()}), 409)


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"slug": "No!"}, {"slug"}),
        ({"slug": "here"}, {"slug"}),
        ({"domain": ""}, {"domain"}),
        ({"domain": "https://x/"}, {"domain"}),
        ({"gateway": "public", "routing": "gateway"}, {"gateway"}),
        ({"routing": "gateway"}, {"gateway"}),
        ({"tls": "issuer"}, {"tlsIssuer"}),
        ({"ingressClass": "No Name"}, {"ingressClass"}),
        ({"storageClasses": ["No Name"]}, {"storageClasses"}),
        ({"nodePools": [{"name": "No Name"}]}, {"nodePools"}),
        ({"nodePools": [{"name": "a", "tolerations": [{"effect": "Never"}]}]}, {"nodePools"}),
        ({"currency": "eur"}, {"currency"}),
        ({"storagePrice": -1}, {"storagePrice"}),
        ({"hoursAMonth": 9999}, {"hoursAMonth"}),
        ({"portFrom": 18000}, {"portFrom"}),
        ({"kubeconfig": "none: at all"}, {"kubeconfig"}),
        ({"runtime": "memory"}, {"runtime"}),
        ({"credentialsBy": "ada"}, {"credentialsBy"}),
    ],
)
def test_errors_of_a_new_cluster_are_reported_by_field(more, fields, call, cluster):
    assert set(errors(call("POST", CLUSTERS, {**NEW, "kubeconfig": text(), **more}))) == fields
    assert not Cluster.objects.filter(slug="hill").exists()
    assert verbs() == []


def test_the_cluster_of_the_portal_itself_is_there_once(call):
    made = call("POST", CLUSTERS, NEW)
    assert (made.status_code, made.json()["inCluster"]) == (201, True)
    again = call("POST", CLUSTERS, {**NEW, "slug": "hill-2", "domain": "hubs2-example.org"})
    assert set(errors(again)) == {"kubeconfig"}


def test_a_machine_is_added_with_its_ports(call, cluster):
    body = {"slug": "box", "name": "Workshop box", "runtime": "local", "portFrom": 21000, "portTo": 21999}
    made = call("POST", CLUSTERS, body)
    assert made.status_code == 201
    assert made.json()["settings"] == {"name": "Workshop box", "portFrom": 21000, "portTo": 21999}
    clash = call("POST", CLUSTERS, {**body, "slug": "box-2", "portFrom": 21990, "portTo": 22100})
    assert set(errors(clash)) == {"portFrom"}
    assert set(errors(call("POST", CLUSTERS, {**body, "slug": "box-3", "domain": "x.org"}))) == {"domain"}


def test_settings_are_changed_only_by_who_read_the_latest(call, teaching):
    path = f"{CLUSTERS}teaching/"
    read = call("GET", path)
    errors(call("PATCH", path, {"name": "Other"}), 428)
    done = call("PATCH", path, {"name": "Other", "storagePrice": 0.1, "nodePools": []}, If_Match=read["ETag"])
    assert done.status_code == 200
    settings = done.json()["settings"]
    assert (settings["name"], settings["storagePrice"], settings["nodePools"]) == ("Other", 0.1, [])
    kept = {name: value for name, value in read.json()["settings"].items() if name not in
            ("name", "storagePrice", "nodePools")}  # fmt: skip
    assert kept.items() <= settings.items()
    errors(call("PATCH", path, {"name": "Mine"}, If_Match=read["ETag"]), 412)
    wrong = call("PATCH", path, {"routing": "gateway"}, If_Match=done["ETag"])
    assert set(errors(wrong)) == {"gateway", "tls"}
    assert Cluster.objects.get(slug="teaching").name == "Other"
    assert verbs() == ["cluster.create", "cluster.change"]


def test_a_cluster_is_closed_opened_and_removed(call, teaching, river):
    for open in (False, True):
        assert call("PUT", f"{CLUSTERS}teaching/open/", {"open": open}).json()["open"] is open
    errors(call("PUT", f"{CLUSTERS}teaching/open/", {"open": "perhaps"}))
    Organization.objects.update(cluster=teaching)
    errors(call("DELETE", f"{CLUSTERS}teaching/"), 409)
    listed = {row["slug"]: row["organizations"] for row in call("GET", CLUSTERS).json()["results"]}
    assert listed == {"here": 0, "teaching": 1}
    Organization.objects.all().delete()
    assert call("DELETE", f"{CLUSTERS}teaching/").status_code == 204
    assert verbs() == ["cluster.create", "cluster.close", "cluster.open", "cluster.delete"]


def test_a_token_for_one_organisation_sees_no_cluster(stan, river, teaching):
    call = caller(stan, "read", "administer", organization=river)
    errors(call("GET", CLUSTERS), 404)
    errors(call("POST", CLUSTERS, NEW), 404)
    errors(call("DELETE", f"{CLUSTERS}teaching/"), 404)
    assert Cluster.objects.filter(slug="teaching").exists()
