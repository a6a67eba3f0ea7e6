"""A hub that is kept in git is imported: several files, their order, the fate of each value, and the draft."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hubs.models import ChangeRequest
from tests.browser.looks import reads_well

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AS_KEPT = Path(__file__).parents[1] / "data" / "z2jh" / "samples" / "as-kept"
NAMES = ("research.common.values.yaml", "research.prod.values.yaml")


def test_files_of_one_hub_become_a_draft(portal, visit):
    portal.start("redis", "web")
    visitor = visit(portal.url)
    visitor.sign_in("ines")
    page = visitor.goto(reverse("bring"))
    reads_well(page)
    page.get_by_label("Name").fill("Lake research")
    page.get_by_label("Files").set_input_files([AS_KEPT / name for name in reversed(NAMES)])
    page.get_by_role("button", name="Create draft").click()
    order = page.get_by_role("list", name="Files, in the order in which they are read").get_by_role("listitem")
    expect(order).to_contain_text(list(reversed(NAMES)))
    page.get_by_role("button", name=f"Move {NAMES[0]} up").click()
    expect(order).to_contain_text(list(NAMES))
    expect(page.get_by_text("Not imported: basehub.dask-gateway.")).to_be_visible()
    page.get_by_text("102 values with a field in the form").click()
    row = page.get_by_role("row").filter(has_text="cull.maxAge")
    expect(row).to_contain_text("12 hours")
    expect(page.get_by_role("table", name="Handled by the portal")).to_contain_text("prePuller.extraImages")
    reads_well(page)
    page.get_by_role("button", name="Create draft").click()
    page.wait_for_url(re.compile(r"/about/$"))
    draft = ChangeRequest.objects.get(title="Lake research")
    page = visitor.goto(reverse("request-edit", args=[draft.uid, "people"]))
    expect(page.locator("[name='signIn.adminUsers']")).to_have_value("ada-l\nomar-h")
    page = visitor.goto(reverse("request-edit", args=[draft.uid, "sizes"]))
    expect(page.locator("[name='cull.maxAge']")).to_have_value("720")
    page = visitor.goto(reverse("request-edit", args=[draft.uid, "content"]))
    page.locator("summary", has_text="More settings").click()
    folders = page.get_by_role("group", name="Volume mounts")
    expect(folders.get_by_label("Path").first).to_have_value("/home/jovyan/shared")
    folders.get_by_role("button", name="Add folder").click()
    folders.get_by_label("Path").last.fill("/home/jovyan/data")
    text = page.locator("[name='singleuser.storage.extraVolumeMounts']")
    expect(text).to_have_value(re.compile('mountPath: "/home/jovyan/data", subPath: "_shared", readOnly: true'))
    volumes = page.get_by_role("group", name="Volumes")
    expect(volumes.get_by_label("Type")).to_have_value("memory")
    expect(volumes.get_by_label("Size")).to_have_value("1Gi")
    reads_well(page)
    assert not visitor.complaints, visitor.complaints
