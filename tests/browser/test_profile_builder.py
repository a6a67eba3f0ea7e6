"""The profile builder: a research group's profiles with only the keyboard, moving them, and sizes from a node."""

import pytest
from playwright.sync_api import Page, expect

from hubs.models import Cluster
from hubs.requests.services import imports
from hubs.spec import yaml_text
from hubs.spec.imports import from_values
from tests.browser.looks import PHONE, reads_well
from tests.browser.profiles import (
    RESEARCH,
    SAMPLE,
    fill,
    focused,
    names,
    press,
    profiles_of,
    tab_to,
    until_kept,
    write,
    written,
)
from tests.words import ANOTHER_IMAGE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCIPY, ROCKER = (
    choice["kubespawner_override"]["image"] for choice in RESEARCH[0]["profile_options"]["image"]["choices"].values()
)
PYTORCH = RESEARCH[1]["kubespawner_override"]["image"]
NODE = "node_selector: {node.kubernetes.io/instance-type: n2-highmem-4}"
GPU_MORE = (
    'environment: {NVIDIA_DRIVER_CAPABILITIES: "compute,utility"}',
    'extra_resource_limits: {nvidia.com/gpu: "1"}',
    "node_selector: {cloud.google.com/gke-nodepool: gpu}",
    "tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]",
)


def more(page: Page, *lines: str) -> None:
    press(page, "Other settings of KubeSpawner")
    tab_to(page, "Other settings, as YAML")
    for number, line in enumerate(lines):
        if number:
            page.keyboard.press("Enter")
        page.keyboard.type(line)


def add(page: Page, button: str, name: str) -> None:
    """Press a button, and type the name into the then focused field."""
    press(page, button)
    assert focused(page) in ("Name", "Option")
    write(page, name)


def environment(page: Page) -> None:
    add(page, "Add option", "Environment")
    fill(page, Short_name="image")
    add(page, "Add choice", "Python")
    fill(page, Short_name="scipy")
    press(page, "Default", " ")
    fill(page, Image=SCIPY)
    add(page, "Add choice", "RStudio")
    fill(page, Short_name="rocker", Image=ROCKER, Opens_with="/rstudio")
    more(page, "working_dir: /home/rstudio")
    press(page, "People can enter their own value", " ")
    assert focused(page) == "People can enter their own value"
    fill(page, Name_in_the_list=ANOTHER_IMAGE, Label_of_the_field=ANOTHER_IMAGE, Pattern="^.+:.+$")
    tab_to(page, "Error message if the value doesn’t match")
    write(page, "Give name and tag, such as registry.example.org/team/image:2026.10")


def size(page: Page, name: str, key: str, memory: str, cores: str, *, first: bool = False) -> None:
    add(page, "Add choice", name)
    fill(page, Short_name=key)
    if first:
        press(page, "Default", " ")
    fill(page, Guaranteed_memory=memory, Memory_limit=memory, Guaranteed_CPU=cores, CPU_limit="4")
    more(page, NODE)


def test_a_research_group_by_keyboard_alone_and_by_import(choices, draft):
    page = choices()
    add(page, "Add profile", "Python and R")
    fill(page, Short_name="main")
    press(page, "Default", " ")
    environment(page)
    add(page, "Add option", "Memory and CPU")
    fill(page, Short_name="size")
    size(page, "1.8 GiB, up to 4 CPU", "mem_2", "1932735283", "0.25", first=True)
    size(page, "14.5 GiB, up to 4 CPU", "mem_15", "15569256448", "2")
    reads_well(page)
    add(page, "Add profile", "GPU")
    fill(page, Only_for_these_groups="river-lab:gpu-users", Image=PYTORCH)
    fill(page, Guaranteed_memory="20G", Memory_limit="26G")
    more(page, *GPU_MORE)

    until_kept(page, draft)
    expect(page.locator(".pb-flag:not(:empty)")).to_have_count(0)
    reads_well(page)
    assert profiles_of(draft) == RESEARCH

    found = from_values(yaml_text.load_map(SAMPLE.read_text()))
    brought = imports.begin_import(organization=draft.organization, by=draft.requester, found=found)
    assert profiles_of(brought) == profiles_of(draft)


def test_moved_by_keys_copied_and_brought_back(choices, draft):
    page = choices(yaml_text.dump(RESEARCH))
    assert names(page) == ["Python and R", "GPU"]
    tab_to(page, "Move Python and R down")
    page.keyboard.press("Enter")
    assert names(page) == ["GPU", "Python and R"]
    assert focused(page) == "Move Python and R down"
    expect(page.locator("[role=status]").filter(has_text="Python and R is now 2 of 2.")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]").filter(has_text="Python and R is already last.")).to_have_count(1)
    page.keyboard.press("Alt+ArrowUp")
    assert names(page) == ["Python and R", "GPU"]
    assert written(page) == RESEARCH

    tab_to(page, "Copy Python and R")
    page.keyboard.press("Enter")
    assert names(page) == ["Python and R", "Python and R (copy)", "GPU"]
    write(page, "R only")
    copy = written(page)[1]
    assert (copy["display_name"], copy["slug"]) == ("R only", "r-only")
    assert "default" not in copy
    assert copy["profile_options"] == RESEARCH[0]["profile_options"]
    assert list(copy["profile_options"]["image"]["choices"]) == ["scipy", "rocker"]

    tab_to(page, "Remove R only", "Shift+Tab")
    page.keyboard.press("Enter")
    assert names(page) == ["Python and R", "GPU"]
    assert written(page) == RESEARCH
    assert focused(page) == "Undo: restore R only"
    page.keyboard.press("Enter")
    assert names(page) == ["Python and R", "R only", "GPU"]
    assert focused(page).startswith("R only")
    until_kept(page, draft)
    assert [one["display_name"] for one in profiles_of(draft)] == ["Python and R", "R only", "GPU"]


def test_dragged_by_mouse_and_made_the_default(choices):
    page = choices(yaml_text.dump(RESEARCH))
    second, first = page.locator(".pb-grip").nth(1), page.locator(".pb-profile").first
    second.drag_to(first, target_position={"x": 60, "y": 4})
    assert names(page) == ["GPU", "Python and R"]
    assert written(page) == RESEARCH[::-1]

    for name in names(page):
        page.locator(".pb-toggle").filter(has_text=name).first.click()
    boxes = page.get_by_label("Default")
    expect(boxes.last).to_be_checked()
    boxes.first.check()
    expect(boxes.last).not_to_be_checked()  # only one is
    assert [one.get("default") for one in written(page)] == [True, None]


def test_sizes_from_a_node(choices, draft):
    big = {"name": "big", "nodeSelector": {"pool": "big"}, "tolerations": [], "memory": "32Gi", "cpu": 4}
    Cluster.objects.filter(pk=draft.organization.cluster_id).update(node_pools=[big])
    page = choices("")
    press(page, "Add profile")
    page.keyboard.type("Lab")
    press(page, "Sizes from a node pool…")
    tab_to(page, "Node pool")
    page.keyboard.type("big")
    expect(page.get_by_label("Memory of one node")).to_have_value("32")
    expect(page.get_by_label("Cores of one node")).to_have_value("4")
    fill(page, Memory_reserved_for_the_system="4", Number_of_sizes="3")
    press(page, "Only on nodes of this pool", " ")
    expect(page.locator(".pb-rungs tbody tr")).to_have_count(3)
    reads_well(page)
    press(page, "Add these sizes")
    expect(page.locator("dialog[open]")).to_have_count(0)
    option = written(page)[0]["profile_options"]["size"]
    overrides = [choice["kubespawner_override"] for choice in option["choices"].values()]
    assert [one["mem_guarantee"] for one in overrides] == ["7G", "14G", "28G"]
    assert all(one["node_selector"] == {"pool": "big"} for one in overrides)
    assert [choice.get("default") for choice in option["choices"].values()] == [True, None, None]
    assert focused(page).startswith("Memory and CPU")
    until_kept(page, draft)
    assert len(profiles_of(draft)[0]["profile_options"]["size"]["choices"]) == 3


def test_gpus_a_node_pool_and_variables_are_fields(choices, draft):
    """In a profile, a choice and a free answer; keys without a field stay word for word."""
    gpu = {"name": "gpu nodes", "nodeSelector": {"pool": "gpu"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    Cluster.objects.filter(pk=draft.organization.cluster_id).update(node_pools=[{"name": "usual"}, gpu])
    asked = {"display_name": "Image", "dynamic_image_building": {"enabled": True},
             "choices": {"R 4.3": {"display_name": "R", "description": "Of 2026"}}}  # fmt: skip
    begun = [{"display_name": "Lab", "kubespawner_override": {"mem_limit": None, "volumes": [{"name": "x"}]},
              "profile_options": {"image": asked}}]  # fmt: skip
    page = choices(yaml_text.dump(begun), size=PHONE)
    page.locator(".pb-profile > .pb-head .pb-toggle").click()
    expect(page.get_by_label("Memory limit")).to_have_value("no limit")
    page.get_by_label("GPUs").fill("2")
    page.get_by_label("Node pool").select_option("gpu nodes")
    page.get_by_label("Environment variables").evaluate("(area) => { area.closest('details').open = true; }")
    page.get_by_label("Environment variables").fill("COURSE=101\nEMPTY=")
    page.get_by_label("Working directory").fill("/srv")
    page.locator(".pb-option > .pb-head .pb-toggle").click()
    page.locator(".pb-choice > .pb-head .pb-toggle").click()
    choice = page.locator(".pb-choice")
    expect(choice.get_by_label("Description")).to_have_value("Of 2026")
    choice.get_by_label("GPUs").fill("1")
    reads_well(page)
    override = {
        "mem_limit": None, "volumes": [{"name": "x"}], "extra_resource_limits": {"nvidia.com/gpu": "2"},
        "node_selector": {"pool": "gpu"}, "tolerations": gpu["tolerations"],
        "environment": {"COURSE": "101", "EMPTY": ""}, "working_dir": "/srv",
    }  # fmt: skip
    assert written(page)[0]["kubespawner_override"] == override
    assert written(page)[0]["profile_options"]["image"] == {
        **asked,
        "choices": {"R 4.3": {"display_name": "R", "description": "Of 2026",
                              "kubespawner_override": {"extra_resource_limits": {"nvidia.com/gpu": "1"}}}},
    }  # fmt: skip
    until_kept(page, draft)
    page.get_by_label("Node pool").first.select_option("Hub default")
    assert written(page)[0]["kubespawner_override"].keys() == override.keys() - {"node_selector", "tolerations"}
