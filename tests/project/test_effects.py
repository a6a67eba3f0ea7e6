"""Promised rules are enforced: each field that restricts, limits, opens or closes something names the test that
observed its effect on a real hub, pod or API server, or on its date."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from hubs.spec import FIELDS

HUB = "tests/kubernetes/test_effects.py::"
POD = "tests/kubernetes/test_typed_fields.py::test_typed_values_reach_the_hub"
PEOPLE = "tests/kubernetes/test_typed_fields.py::test_typed_sign_in_settings_reach_the_hub"
CONFIGURED = "tests/kubernetes/test_hub_configuration.py::"
QUOTA = f"{CONFIGURED}test_odd_user_names_bounds_and_the_message_when_the_quota_is_used_up"
CELL = "tests/cluster/test_main_job.py::test_from_a_request_to_a_cell_and_to_the_end"
NETWORK = "tests/cluster/test_network.py::test_data_does_not_leave_by_the_port_of_dns"
CULLED = f"{HUB}test_servers_idle_for_longer_than_the_timeout_are_stopped"
FORGOTTEN = f"{HUB}test_idle_users_are_deleted_where_this_is_enabled"
AT_ONCE = f"{HUB}test_concurrent_starts_and_running_servers_are_limited"
NAMED = f"{HUB}test_named_servers_need_the_setting_and_are_limited_per_person"

EFFECTS: dict[str, str] = {
    "about.heads": QUOTA,
    "about.starts": "tests/test_hub_dates.py::test_the_row_has_the_days_of_the_approved_spec",
    "about.early": "tests/test_days.py::test_a_hub_can_be_created_before_its_first_day",
    "about.ends": "tests/test_hub_dates.py::test_on_the_day_after_its_last_it_is_suspended_by_the_portal",
    **{path: PEOPLE for path in FIELDS if path.startswith("signIn.")},
    **{path: POD for path in FIELDS if path.startswith("singleuser.")},
    "singleuser.memory.limit": CELL,
    "singleuser.internet": NETWORK,
    "hub.activeServerLimit": AT_ONCE,
    "hub.concurrentSpawnLimit": AT_ONCE,
    "hub.allowNamedServers": NAMED,
    "hub.namedServerLimitPerUser": NAMED,
    "hub.redirectToServer": f"{HUB}test_the_start_page_leads_to_the_server_or_to_the_hubs_home",
    "hub.shutdownOnLogout": f"{HUB}test_signing_out_keeps_or_stops_the_server",
    "hub.resources": POD,
    "hub.nodeSelector": POD,
    "hub.annotations": POD,
    "hub.services": f"{HUB}test_a_service_answers_at_the_hub_that_has_it",
    "hub.serverScopes": POD,
    "hub.loadRoles": f"{HUB}test_a_role_gives_its_users_the_list_of_people",
    "cull.enabled": f"{HUB}test_the_culler_runs_where_it_is_enabled",
    "cull.timeout": CULLED,
    "cull.every": POD,
    "cull.maxAge": f"{HUB}test_servers_stop_at_the_maximum_lifetime",
    "cull.users": FORGOTTEN,
    "cull.adminUsers": FORGOTTEN,
    "cull.removeNamedServers": CULLED,
    "cull.concurrency": POD,
    "more": POD,
}
WORDS = {"about.title", "about.purpose", "about.description", *(p for p in FIELDS if p.startswith("homePage."))}


def test_every_field_names_the_test_of_its_effect():
    assert not WORDS & set(EFFECTS)
    assert set(FIELDS) == WORDS | set(EFFECTS), "a new field needs a test of its effect, or is only a text"


@pytest.mark.parametrize("proof", sorted(set(EFFECTS.values())))
def test_the_named_test_exists_and_uses_real_servers(proof):
    name, _, test = proof.partition("::")
    tree = ast.parse((Path(settings.BASE_DIR) / name).read_text())
    found = [
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert test in found if test else found
