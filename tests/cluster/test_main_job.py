"""The whole workflow on a real cluster, in a browser: from a request to a cell, through all events of a hub's life, to
its end. Nothing is simulated."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hubs.models import ChangeRequest, Hub, ProvisioningRun
from provisioning import names
from tests.browser.conftest import Visitor, begin_class
from tests.browser.looks import no_violations
from tests.browser.test_main_job import run_a_cell
from tests.cluster.conftest import Clock, pictures
from tests.cluster.kube import Kube
from tests.cluster.people import STARTING, image_name, is_ready, open_hub, wait_for_lab
from tests.cluster.portal import ClusterPortal
from tests.stack.portal import until
from tests.words import (
    ANOTHER_IMAGE,
    APPLY_CHANGE,
    IMAGE_TAG,
    MEMORY_LABEL,
    NEEDS_REVIEW,
    NO_SERVERS,
    PEOPLE_COUNT,
    SEND_REQUEST,
    START_HUB,
)

pytestmark = pytest.mark.cluster
GIB = 2**30
# The kernel's memory limit: cgroup v2 has the first file, v1 the other.
LIMITS = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"


class Job:
    """The people in one hub's life, and their actions."""

    def __init__(self, portal: ClusterPortal, kube: Kube, visit: Callable[..., Visitor], clock: Clock) -> None:
        self.portal, self.kube, self.visit, self.clock = portal, kube, visit, clock
        self.title = self._free_title()
        self.slug = self.title.lower().replace(" ", "-")
        self.ines, self.stan = self._come("ines"), self._come("stan")

    def _free_title(self) -> str:
        """Return a title that no hub of a first attempt, or of a killed run, has."""
        homes = "\n".join(item["metadata"]["name"] for item in self.kube.items("namespaces"))
        asked = "\n".join(ChangeRequest.objects.values_list("slug", flat=True))
        return next(
            f"Statistics {number}" for number in itertools.count(101) if f"statistics-{number}" not in homes + asked
        )

    def _come(self, name: str) -> Visitor:
        person = self.visit(self.portal.url)
        person.context.set_default_timeout(40_000)
        person.sign_in(name)
        return person

    @property
    def hub(self) -> Hub:
        return Hub.objects.get(slug=self.slug)

    @property
    def namespace(self) -> str:
        return names.namespace(self.hub.slug, self.hub.uid)

    def at_hub(self, path: str = "") -> Page:
        """Return the page of the hub that Ines opens."""
        return self.ines.goto(f"/hubs/{self.hub.uid}/{path}")

    def shows(self, status: str) -> None:
        """Wait until her open page shows this status by itself."""
        expect(self.ines.page.locator("#hub-status")).to_contain_text(status, timeout=STARTING * 1000)

    def in_lab(self) -> Page:
        """Open the hub, and go on to an empty JupyterLab."""
        lab = open_hub(self.at_hub())
        wait_for_lab(lab, "ines", lambda: self.kube.log(self.namespace, "hub"))
        lab.goto(f"{self.hub.url}user/ines/lab?reset")
        return lab

    def deployment(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/hub"

    def servers(self) -> list[dict[str, Any]]:
        return self.kube.pods(self.namespace, "singleuser-server")


@pytest.fixture
def job(portal: ClusterPortal, kube: Kube, visit: Callable[..., Visitor], clock: Clock) -> Job:
    return Job(portal, kube, visit, clock)


def ask(page: Page, title: str) -> None:
    """Go from the start page to a request for more people than the limit."""
    begin_class(page)
    page.get_by_label("Name", exact=True).fill(title)
    page.get_by_label(PEOPLE_COUNT, exact=True).fill("80")
    page.get_by_role("button", name="Next: Sign-in").click()
    page.get_by_role("button", name="Next: Resources").click()
    page.get_by_role("button", name="Next: Software").click()
    choose_image(page, *image_name())
    page.get_by_role("button", name="Next: Review").click()
    page.get_by_label("Reason for the request").fill("80 students in two groups.")
    page.get_by_role("button", name=SEND_REQUEST, exact=True).click()
    expect(page.get_by_text(NEEDS_REVIEW).first).to_be_visible()


def choose_image(page: Page, name: str, tag: str) -> None:
    page.locator("label", has_text=ANOTHER_IMAGE).click()
    page.get_by_label("Image", exact=True).fill(name)
    page.get_by_label(IMAGE_TAG, exact=True).fill(tag)


def approve(job: Job) -> None:
    """Staff see what would change in the cluster before they decide."""
    page = job.stan.goto("/staff/queue/")
    page.get_by_role("link", name=job.title).click()
    plan = page.locator("#plan")
    plan.get_by_text("Show objects").click()
    for kind, name in (("Namespace", f"{job.slug}-"), ("Deployment", "hub"), ("NetworkPolicy", "singleuser")):
        expect(plan.locator(".object").filter(has_text=kind).filter(has_text=name).first).to_be_visible()
    homes = [item["metadata"]["name"] for item in job.kube.items("namespaces")]
    assert not [name for name in homes if name.startswith(f"{job.slug}-")], "the preview has changed nothing"
    no_violations(page)
    pictures(page, "1-approval")
    page.get_by_role("button", name="Approve").click()
    job.clock.start()


def kill_the_worker(job: Job) -> None:
    """While the hub is being created. Another worker continues."""
    until(lambda: job.kube.there(f"namespaces/{job.namespace}"), "the namespace is there", STARTING)
    job.portal.kill("worker")
    job.portal.start("worker")


def becomes_ready(job: Job) -> None:
    """Her page, which is never loaded again, shows it."""
    page = job.ines.page
    page.get_by_role("link", name="View hub").click()
    page.evaluate("window.sameDocument = true")
    kill_the_worker(job)
    expect(page.locator("#timeline .step").filter(has_text=START_HUB).first).to_be_visible(timeout=60_000)
    pictures(page, "2-timeline")
    job.shows("Ready")
    job.clock.stop("main job: Approve -> Ready on the page (a worker was killed meanwhile)")
    assert page.evaluate("window.sameDocument"), "the page was loaded again"
    assert (job.hub.status, job.hub.seats) == ("ready", 80)
    run = ProvisioningRun.objects.get(hub=job.hub)
    assert (run.kind, run.result) == ("create", "succeeded"), "one run, whatever worker did it"
    no_violations(page)
    pictures(page, "3-ready")


def work(job: Job) -> None:
    lab = job.in_lab()
    run_a_cell(lab, "import os; open('mine.txt', 'w').write('kept'); print(6 * 7, os.environ['JUPYTERHUB_USER'])", "42")
    lab.close()


def give_more_memory(job: Job) -> None:
    """Above the limit, so staff decide, and see before and after. The running server keeps running unchanged."""
    page = job.at_hub("change/?step=sizes")
    page.get_by_label(MEMORY_LABEL, exact=True).fill("6")
    page.get_by_role("button", name="Next: Software").click()
    page.get_by_role("button", name="Next: Review").click()
    page.get_by_label("Reason for the change").fill("Last week’s data set did not fit.")
    page.get_by_role("button", name=SEND_REQUEST, exact=True).click()
    page = job.stan.goto("/staff/queue/")
    page.get_by_role("link", name=job.title).click()
    told = page.locator("#plan")
    told.locator("summary").filter(has_text="ConfigMap").click()
    expect(told).to_contain_text("6G")
    pictures(page, "4-approval-of-a-change")
    page.get_by_role("button", name="Approve").click()
    until(lambda: is_ready(job.hub), "the new limit is in force", STARTING)
    assert memory_limit(job.servers()[0]) == "1073741824"


def memory_limit(pod: dict[str, Any]) -> str:
    return str(pod["spec"]["containers"][0]["resources"]["limits"]["memory"])


def stop_server(job: Job) -> None:
    """From the portal's page, and until her hub knows that it has stopped: only then can it start another."""

    def stopped() -> int:
        return job.kube.log(job.namespace, "hub", lines=5000).count("User ines server took")

    page, before = job.at_hub(), stopped()
    page.locator("#stop-ines-").click()
    page.get_by_role("button", name="Stop server").click()
    until(lambda: stopped() > before, "her server has stopped", STARTING)
    assert not job.servers()
    expect(page.get_by_text(NO_SERVERS).first).to_be_visible(timeout=STARTING * 1000)


def stop_and_start_again(job: Job) -> None:
    """Files are still there, and the kernel has the new limit."""
    stop_server(job)
    lab = job.in_lab()
    run_a_cell(
        lab,
        f"import os; print(open('mine.txt').read(), *[open(f).read() for f in {LIMITS} if os.path.exists(f)])",
        f"kept {6 * GIB}",
    )
    lab.close()


def edit_by_hand(job: Job) -> None:
    """A person scales the hub to zero; the watcher notices, a worker repairs it, and the activity says who it was."""
    page = job.at_hub()
    job.shows("Ready")
    page.evaluate("window.sameDocument = true")
    before = ProvisioningRun.objects.filter(hub=job.hub).count()
    job.kube.patch(job.deployment(), {"spec": {"replicas": 0}}, manager="kubectl-scale")
    job.clock.start()
    until(lambda: job.kube.get(job.deployment())["spec"]["replicas"] == 1, "it is scaled back", 30)
    job.clock.stop("main job: edited by hand -> repaired in the cluster")
    repair = page.locator(".run").filter(has_text="Repair").first
    expect(repair).to_contain_text("kubectl-scale")
    pictures(page, "5-repair")
    expect(repair).to_contain_text("Done", timeout=STARTING * 1000)
    job.shows("Ready")
    job.clock.stop("main job: edited by hand -> Ready again on the page")
    assert page.evaluate("window.sameDocument")
    assert ProvisioningRun.objects.filter(hub=job.hub).count() == before + 1, "repaired once"
    assert len(job.servers()) == 1, "people's servers kept running"


def read_logs(job: Job) -> None:
    page = job.at_hub("logs/")
    expect(page.locator("#log")).to_contain_text("JupyterHub is now running")
    secrets = job.kube.get(f"namespaces/{job.namespace}/secrets/hub")["data"]
    assert len(secrets) > 3
    no_violations(page)
    pictures(page, "6-logs", whole=False)
    page.get_by_role("link", name="Proxy").click()
    expect(page.locator("#log")).to_contain_text("Adding route")


def change_image(job: Job, name: str, tag: str) -> None:
    """Within the limits, so no review is needed."""
    page = job.at_hub("change/?step=software")
    choose_image(page, name, tag)
    page.get_by_role("button", name="Next: Review").click()
    page.get_by_role("button", name=APPLY_CHANGE, exact=True).click()
    expect(page.locator("#state, #timeline").first).to_be_visible()
    until(lambda: is_ready(job.hub), "the hub has the other image", STARTING)


def choose_a_wrong_image(job: Job) -> None:
    """Her page says in words what is wrong, and links to the field."""
    name, tag = image_name()
    change_image(job, name, "no-such-tag")
    stop_server(job)
    page = job.at_hub()
    lab = open_hub(page)
    lab.wait_for_url(re.compile("/hub/spawn-pending/"), timeout=STARTING * 1000)
    trouble = page.locator("#servers-trouble")
    expect(trouble).to_contain_text(f"The image “{name}:no-such-tag” of the server can’t be pulled", timeout=90_000)
    pictures(page, "8-wrong-image")
    lab.close()
    trouble.get_by_role("link", name="Change the configuration").click()
    expect(page.get_by_label(IMAGE_TAG, exact=True)).to_have_value("no-such-tag")
    change_image(job, name, tag)
    job.in_lab().close()
    expect(job.at_hub().locator("#servers-trouble")).to_be_hidden()


def suspend_and_resume(job: Job) -> None:
    page = job.at_hub("suspend/")
    page.get_by_role("button", name="Suspend hub").click()
    job.shows("Suspended")
    home = f"namespaces/{job.namespace}"
    until(lambda: not job.kube.items(f"{home}/pods"), "no pod is left", STARTING)
    claims = {claim["metadata"]["name"] for claim in job.kube.items(f"{home}/persistentvolumeclaims")}
    assert claims == {"hub-db-dir", "claim-ines"}
    pictures(page, "7-suspended")
    page.get_by_role("button", name="Resume").click()
    job.shows("Ready")
    assert {c["metadata"]["name"] for c in job.kube.items(f"{home}/persistentvolumeclaims")} == claims


def retire(job: Job) -> None:
    """With everyone's files, as she chose: nothing is left in the cluster."""
    home = f"namespaces/{job.namespace}"
    page = job.at_hub("retire/")
    page.get_by_text("Delete immediately", exact=True).click()  # the whole card is its label
    page.locator("main input[name=confirm]").fill(job.slug)
    pictures(page, "9-retire")
    page.get_by_role("button", name="Retire hub").click()
    job.shows("Retired")
    until(lambda: not job.kube.there(home), "its namespace is gone", STARTING)


def test_from_a_request_to_a_cell_and_to_the_end(job: Job) -> None:
    ask(job.ines.page, job.title)
    approve(job)
    becomes_ready(job)
    work(job)
    give_more_memory(job)
    stop_and_start_again(job)
    edit_by_hand(job)
    read_logs(job)
    choose_a_wrong_image(job)
    suspend_and_resume(job)
    retire(job)
    for person in (job.ines, job.stan):
        assert not [c for c in person.complaints if "Content Security Policy" in c or "Refused" in c], person.complaints
