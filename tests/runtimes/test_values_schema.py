"""A hub can be moved elsewhere: its exported values are valid for the Zero to JupyterHub chart."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from hubs.spec import STARTING_POINTS, HubSpec, from_draft
from hubs.spec.chart import complaints, merged
from hubs.spec.export import values_yaml
from provisioning.contract import Target

from .shapes import SIGN_IN
from .worlds import hub_spec

CHART = Path(__file__).parents[1] / "data" / "z2jh"
TARGET = Target("habc23456789", "stat-101", "https://stat-101.hubs.example.edu/")
SPECS: dict[str, HubSpec] = {
    **{name: from_draft({**point.draft(), "about.title": "Tried"}) for name, point in STARTING_POINTS.items()},
    "with everything": hub_spec(
        about__title="Quotes: “x” # no comment", homePage__text="**Hello** {{ x }}", hub__activeServerLimit=3
    ),
}


def problems(values: Any) -> list[str]:
    return [words for _, words in complaints(values)]


@pytest.mark.parametrize("name", SPECS)
def test_an_export_is_valid_for_the_chart(name):
    text = values_yaml(SPECS[name])
    values = yaml.safe_load(text)
    assert problems(values) == []
    assert values["singleuser"]["memory"]["limit"] == SPECS[name].singleuser.memory.limit
    assert values["singleuser"]["storage"]["type"] == SPECS[name].singleuser.storage.type
    assert values["cull"]["timeout"] == SPECS[name].cull.timeout
    words = values["hub"].get("templateVars", {}).get("announcement", "")
    assert words == ("" if name in STARTING_POINTS else "<p><strong>Hello</strong> {{ x }}</p>")
    for ours in (TARGET.url, SIGN_IN.portal_url, SIGN_IN.client_id + "\n", TARGET.uid, "services:"):
        assert ours not in text, "nothing refers to the portal"


@pytest.mark.parametrize(
    "wrong",
    [
        {"singleuser": {"memory": {"limits": "1G"}}},
        {"singleuser": {"cpu": {"limit": "2"}}},
        {"singleuser": {"image": {"tag": None}}},
        {"hub": {"config": {"jupyterHub": {}}}},
        {"custom2": {}},
    ],
)
def test_the_schema_refuses_what_the_chart_refuses(wrong):
    assert problems(merged(yaml.safe_load(values_yaml(SPECS["class"])), {})) == []
    assert problems(wrong)


@pytest.mark.parametrize("path", sorted((CHART / "samples").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_samples_are_valid(path):
    """tests/kubernetes starts a hub with each."""
    assert problems(yaml.safe_load(path.read_text())) == []
