"""Who sees what in the profile builder: its preview follows the rule that each hub uses."""

import random

import pytest
from playwright.sync_api import expect

from hubs.spec import yaml_text
from hubs.spec.offers import group_key, offered
from hubs.spec.profile_outline import outline
from tests.browser.looks import reads_well
from tests.browser.profiles import written

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = (
    "gpu",
    " GPU",
    "Lab  B",
    "lab b",
    "Straße",
    "STRASSE",
    "Cafe\u0301",
    "café",
    "ΣΟΦΟΣ",
    "σοφος",
    "ı",
    "İ",
    "",
    "tutors",
)
LIST = """
- display_name: Small
  profile_options:
    size:
      display_name: Size
      choices:
        big: {display_name: Big, default: true, allowed_groups: [Tutors]}
        little: {display_name: Little}
    image:
      display_name: Image
      choices: {usual: {display_name: Usual}}
      unlisted_choice: {enabled: true, display_name_in_choices: Other, allowed_groups: []}
- display_name: GPU
  allowed_groups: [gpu]
"""
JUDGED = """async ([outlines, groups]) => {
  const { offered, groupKey } = await import("/static/js/profiles/offers.js");
  const { profileFrom } = await import("/static/js/profiles/model.js");
  const shown = (profile) => [profile.data.display_name, profile.options.map((option) =>
    [option.key, option.choices.map((one) => one.key), Boolean(option.free)])];
  return [outlines.map((one) => offered(one.map(profileFrom), groups).map(shown)), groups.map(groupKey)];
}"""


def some_rule(dice: random.Random) -> dict[str, list[str]]:
    return {} if dice.random() < 0.3 else {"allowed_groups": dice.sample(NAMES, dice.randint(0, 2))}


def some_list(dice: random.Random) -> list[dict[str, object]]:
    def option() -> dict[str, object]:
        choices = {key: {"display_name": key, **some_rule(dice)} for key in "abc"[: dice.randint(0, 3)]}
        return {"display_name": "O", "choices": choices,
                "unlisted_choice": {"enabled": dice.random() < 0.7, **some_rule(dice)}}  # fmt: skip

    return [
        {"display_name": f"P{number}", **some_rule(dice), "profile_options": {key: option() for key in "xy"}}
        for number in range(3)
    ]


def test_the_preview_follows_the_rule_of_hubs(choices):
    page, dice = choices(), random.Random(12)
    lists = [some_list(dice) for _ in range(120)]
    for groups in ([], ["gpu"], ["LAB B", "strasse"], ["Café", "σοφος"], ["I"], ["i̇", "TUTORS "]):
        outlines = [outline(yaml_text.dump(one)) for one in lists]
        judged, keys = page.evaluate(JUDGED, [outlines, groups])
        expected = [
            [
                [profile["display_name"], [
                    [key, list(option["choices"]), "unlisted_choice" in option]
                    for key, option in profile["profile_options"].items()
                ]]
                for profile in offered(one, groups)
            ]
            for one in lists
        ]  # fmt: skip
        assert judged == expected
        assert [len(set(keys[:n])) for n in range(9)] == [len(set(map(group_key, groups[:n]))) for n in range(9)]


def test_groups_of_choices_are_written_previewed_and_warned_of(choices):
    page = choices(LIST)
    seen = page.locator(".pb-preview")
    expect(seen.get_by_role("radio")).to_have_count(1)
    expect(seen.get_by_label("Size").locator("option")).to_have_text(["Little"])
    expect(seen.get_by_label("Image").locator("option")).to_have_text(["Usual"])
    seen.get_by_label("View as a person").select_option("in Tutors")
    expect(seen.get_by_label("Size").locator("option")).to_have_text(["Big", "Little"])

    for name in ("Small", "Image"):
        page.locator(".pb-toggle").filter(has_text=name).first.click()
    groups = page.get_by_label("Only for these groups").last
    expect(page.get_by_text("The list of groups is empty, so no one can choose this.")).to_be_visible()
    expect(page.locator(".pb-flag").filter(has_text="to check").first).to_be_visible()
    reads_well(page)
    groups.fill("gpu, Lab B")
    expect(page.get_by_text("The list of groups is empty")).to_have_count(0)
    options = written(page)[0]["profile_options"]
    assert options["image"]["unlisted_choice"]["allowed_groups"] == ["gpu", "Lab B"]
    assert options["size"]["choices"]["big"]["allowed_groups"] == ["Tutors"], "untouched parts stay"
    seen.get_by_label("View as a person").select_option("in gpu")
    expect(seen.get_by_role("radio")).to_have_count(2)
    expect(seen.get_by_label("Image").locator("option")).to_have_text(["Usual", "Other"])
