"""The rest of the profile builder: the preview, the text, errors, and use without JavaScript."""

import pytest
from playwright.sync_api import expect

from hubs import demo
from hubs.spec import yaml_text
from tests.browser.looks import reads_well
from tests.browser.profiles import RESEARCH, area, profiles_of, until_kept, written
from tests.words import ANOTHER_IMAGE, USER_NAME

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Names, order and texts that browsers tend to change.
TRICKY = """
- display_name: "yes"
  slug: ""
  description: "Two\\nlines, “quotes”, \\x85 and # no comment: here"
  default: false
  allowed_groups: []
  kubespawner_override: {}
  strange: {"10": a, "2": [1, 2.5, null]}
  profile_options:
    "10":
      display_name: "null"
      choices:
        "20": {display_name: "1e3", kubespawner_override: {mem_limit: 1.5, image: {not: text}, "on": "off"}}
        "3": {display_name: " padded ", unknown: "- x"}
      unlisted_choice: {enabled: false, odd: 1}
    "9": {display_name: 7, choices: {}}
- {}
"""


def test_the_preview_shows_what_people_will_see(choices):
    page = choices(yaml_text.dump(RESEARCH))
    seen = page.locator(".pb-preview")
    expect(seen.get_by_role("radio")).to_have_count(1)
    seen.get_by_label("View as a person").select_option("in river-lab:gpu-users")
    seen.get_by_text("GPU", exact=True).click()
    expect(seen.get_by_label("GPU")).to_be_checked()
    expect(seen).to_contain_text("26 GiB (20 GiB guaranteed)")

    seen.get_by_label("Environment").select_option(ANOTHER_IMAGE)
    expect(seen.get_by_label("Python and R")).to_be_checked()
    answer = seen.get_by_role("textbox", name=ANOTHER_IMAGE)
    answer.fill("nothing")
    expect(seen.get_by_text("Give name and tag")).to_be_visible()
    answer.fill("team/image:1")
    expect(seen.get_by_text("Give name and tag")).to_have_count(0)
    expect(seen.locator("#pv-outcome")).to_contain_text("team/image:1")
    assert written(page) == RESEARCH
    reads_well(page)


def test_nothing_is_lost_between_text_and_cards(choices):
    page = choices(TRICKY)
    first = page.locator(".pb-toggle").first
    first.click()
    name = page.get_by_label("Name", exact=True)
    name.fill("other")
    assert written(page)[0]["display_name"] == "other"
    name.fill("yes")
    again, before = written(page), yaml_text.load(TRICKY)
    assert again == before
    options = again[0]["profile_options"]
    assert (list(options), list(options["10"]["choices"])) == (["10", "9"], ["20", "3"])
    expect(page.locator(".pb-flag").first).to_have_text("to correct")


def test_a_text_that_cannot_be_read_is_left_alone(choices, draft):
    wrong = "- display_name: A\n  default: [\n"
    page = choices(wrong)
    expect(page.get_by_text("The text can’t be shown as cards yet")).to_be_visible()
    expect(page.locator(".profile-builder")).to_be_hidden()
    assert area(page).input_value() == wrong
    reads_well(page)
    area(page).fill("- display_name: A\n")
    expect(page.locator(".pb-title")).to_have_text(["A"])
    assert area(page).input_value() == "- display_name: A\n"
    until_kept(page, draft)


def test_errors_are_shown_beside_their_field(choices):
    page = choices(yaml_text.dump(RESEARCH))
    page.locator(".pb-toggle").last.click()
    memory = page.get_by_label("Memory limit").first
    memory.fill("lots")
    expect(page.locator(".pb-flag").last).to_have_text("to correct")
    expect(memory).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"#{memory.get_attribute('id')}-error")).to_contain_text("512M or 2G")
    memory.fill("26G")
    expect(page.locator(".pb-flag:not(:empty)")).to_have_count(0)

    box = page.get_by_label("Other settings, as YAML")
    before = box.input_value()
    box.fill("environment: {A")
    expect(page.locator(f"#{box.get_attribute('id')}-error")).not_to_be_empty()
    assert "environment: {A" in area(page).input_value()
    reads_well(page)
    box.fill(before)
    expect(page.locator(f"#{box.get_attribute('id')}-error")).to_be_empty()
    assert written(page) == RESEARCH


def test_without_javascript_the_text_is_complete(portal, draft, chromium):
    context = chromium.new_context(java_script_enabled=False, base_url=portal.url)
    page = context.new_page()
    page.goto("/sign-in/")
    page.get_by_label(USER_NAME).fill("ines")
    page.get_by_label("Password", exact=True).fill(demo.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"/requests/{draft.uid}/edit/choices/")
    page.get_by_label("Server options").fill("- display_name: Alone\n")
    page.get_by_role("button", name="Save and leave").click()
    context.close()
    assert [one["display_name"] for one in profiles_of(draft)] == ["Alone"]
