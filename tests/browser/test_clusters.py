"""Staff add a cluster and read its check; every page of it reads well, light and dark, on a desktop and on a phone."""

import pytest
from playwright.sync_api import expect

from hubs.clusters.rules import Finding
from hubs.clusters.services import clusters
from hubs.models import Cluster, User
from tests.browser.conftest import picture
from tests.browser.looks import reads_well
from tests.browser.test_pages import look
from tests.kubeconfigs import text
from tests.words import SHORT_NAME

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FINDINGS = [
    Finding("Answers", True, "Kubernetes v1.36.3 answers."),
    Finding("May not patch deployments (apps)", False, "Needed to run a hub and its proxy."),
    Finding("Room", None, "Not known: the portal has no permission to read this, and does not need it."),
]


@pytest.fixture
def staffed(portal):
    portal.start("redis", "web")
    return portal


def test_staff_add_a_cluster_and_read_why_it_fails(staffed, visit, tmp_path):
    stan = visit(staffed.url)
    page = stan.sign_in("stan")
    page.get_by_role("link", name="Clusters").click()
    page.get_by_role("link", name="Add cluster").click()
    page.get_by_label("Name", exact=True).fill("Teaching cluster")
    expect(page.get_by_label(SHORT_NAME)).to_have_value("teaching-cluster")
    # Fields that the other answers make needless are hidden.
    for choice, shown, hidden in (
        ("Gateway API", "Gateway", "Ingress class"),
        ("Ingress", "Ingress class", "Gateway"),
    ):
        page.get_by_role("radio", name=choice, exact=True).check(force=True)
        expect(page.get_by_role("textbox", name=shown)).to_be_visible()
        expect(page.get_by_role("textbox", name=hidden)).to_be_hidden()
    page.get_by_role("radio", name="The cluster that the portal itself runs on").check(force=True)
    expect(page.get_by_label("Kubeconfig file")).to_be_hidden()
    page.get_by_role("radio", name="A cluster for which I have a kubeconfig").check(force=True)
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(text(user={"exec": {"command": "aws"}, "token": None}))
    page.get_by_label("Kubeconfig file").set_input_files(kubeconfig)
    page.get_by_label("Hub domain").fill("hubs-example.org")
    page.get_by_role("radio", name="One wildcard certificate").check(force=True)
    page.get_by_role("button", name="Add and check").click()
    expect(page.get_by_role("alert")).to_contain_text("It would run a program on the portal’s machine")
    reads_well(page)
    kubeconfig.write_text(text())
    page.get_by_label("Kubeconfig file").set_input_files(kubeconfig)
    page.get_by_role("button", name="Add and check").click()
    page.wait_for_url("**/staff/clusters/teaching-cluster/")
    expect(page.get_by_text("Nothing is listening at the cluster’s address.")).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("The last check failed").first).to_be_visible()
    page.get_by_role("link", name="Remove cluster").click()
    page.get_by_label("Type teaching-cluster").fill("teaching-cluster")
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url("**/staff/clusters/")
    expect(page.get_by_role("row", name="Teaching cluster")).to_have_count(0)
    assert not [c for c in stan.complaints if "422" not in c], stan.complaints


def test_every_page_of_a_cluster_reads_well(staffed, visit):
    stan = User.objects.get(username="stan")
    values = {name: getattr(Cluster(), name) for name in clusters.SETTINGS}
    pools = [{"name": "teaching", "nodeSelector": {"hub.jupyter.org/node-purpose": "user"}, "tolerations": []}]
    values |= {"domain": "a-rather-long-name-for-hubs.example.org", "tls_issuer": "letsencrypt", "node_pools": pools}
    row = clusters.create(by=stan, slug="teaching", name="Teaching cluster", kubeconfig=text(), values=values)
    clusters.record_check(cluster=row, findings=FINDINGS)
    paths = ["", "new/", "new/machine/", "teaching/", "this-machine/", "this-machine/edit/"]
    paths += [f"teaching/{page}/" for page in ("edit", "credentials", "delete")]
    visitor = visit(staffed.url)
    visitor.sign_in("stan")
    for path in paths:
        look(visitor, path or "list", f"/staff/clusters/{path}")
        if path == "teaching/":
            picture(visitor.page, "cluster")
    assert not visitor.complaints, visitor.complaints
