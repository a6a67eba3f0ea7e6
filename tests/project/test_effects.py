"""A rule that a page promises holds where it counts: each field that restricts, limits, opens or closes something names
the test that saw its effect on a real hub, pod or API server, or on the day that it names."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from hubs.spec import FIELDS

HUB = "tests/kubernetes/test_effects.py::"
POD = "tests/kubernetes/test_typed_fields.py::test_what_was_typed_is_what_the_hub_does"
PEOPLE = "tests/kubernetes/test_typed_fields.py::test_what_was_typed_about_signing_in_is_what_the_hub_is_told"
CONFIGURED = "tests/kubernetes/test_hub_configuration.py::"
QUOTA = f"{CONFIGURED}test_strange_names_bounds_and_what_a_person_reads_when_there_is_no_room"
CELL = "tests/cluster/test_main_job.py::test_from_a_request_to_a_cell_and_to_the_end"
NETWORK = "tests/cluster/test_network.py::test_data_does_not_leave_by_the_port_of_dns"
CULLED = f"{HUB}test_who_is_idle_longer_than_was_said_is_stopped"
FORGOTTEN = f"{HUB}test_idle_people_are_forgotten_where_that_was_said"
AT_ONCE = f"{HUB}test_no_more_servers_start_at_once_and_none_beyond_the_limit"
NAMED = f"{HUB}test_named_servers_are_for_hubs_that_have_them_and_so_many_a_person"

EFFECTS: dict[str, str] = {
    "about.heads": QUOTA,
    "about.starts": "tests/test_hub_dates.py::test_the_row_has_the_days_of_the_spec_that_was_agreed_on",
    "about.early": "tests/test_days.py::test_it_is_created_at_once_for_who_chooses_so",
    "about.ends": "tests/test_hub_dates.py::test_on_the_day_after_its_last_it_is_suspended_by_the_portal",
    **{path: PEOPLE for path in FIELDS if path.startswith("signIn.")},
    **{path: POD for path in FIELDS if path.startswith("singleuser.")},
    "singleuser.memory.limit": CELL,
    "singleuser.internet": NETWORK,
    "hub.activeServerLimit": AT_ONCE,
    "hub.concurrentSpawnLimit": AT_ONCE,
    "hub.allowNamedServers": NAMED,
    "hub.namedServerLimitPerUser": NAMED,
    "hub.redirectToServer": f"{HUB}test_the_front_page_leads_to_the_server_or_to_the_hubs_home",
    "hub.shutdownOnLogout": f"{HUB}test_who_signs_out_leaves_a_server_or_none",
    "hub.resources": POD,
    "hub.nodeSelector": POD,
    "hub.annotations": POD,
    "hub.services": f"{HUB}test_a_service_answers_at_the_hub_that_has_it",
    "hub.serverScopes": POD,
    "hub.loadRoles": f"{HUB}test_a_role_opens_the_list_of_people_for_those_it_names",
    "cull.enabled": f"{HUB}test_the_culler_runs_where_it_is_switched_on",
    "cull.timeout": CULLED,
    "cull.every": POD,
    "cull.maxAge": f"{HUB}test_nobody_works_longer_than_the_longest_time",
    "cull.users": FORGOTTEN,
    "cull.adminUsers": FORGOTTEN,
    "cull.removeNamedServers": CULLED,
    "cull.concurrency": POD,
    "more": POD,
}
WORDS = {"about.title", "about.purpose", "about.description", *(p for p in FIELDS if p.startswith("homePage."))}


def test_every_field_names_where_its_effect_was_seen():
    assert not WORDS & set(EFFECTS)
    assert set(FIELDS) == WORDS | set(EFFECTS), "a new field needs a test that sees its effect, or only says words"


@pytest.mark.parametrize("proof", sorted(set(EFFECTS.values())))
def test_what_saw_it_is_there_and_real(proof):
    name, _, test = proof.partition("::")
    tree = ast.parse((Path(settings.BASE_DIR) / name).read_text())
    found = [
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert test in found if test else found
