"""The limits of an organisation, what its hubs use, and what needs review."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from hubs.limits.queries import limits
from hubs.models import Cluster, Hub, Organization
from hubs.spec import STARTING_POINTS, from_draft

BASE = {**STARTING_POINTS["class"].draft(), "about.title": "Statistics 101"}


def spec(**values):
    return from_draft({**BASE, **values})


def codes(found):
    return {finding.code for finding in found.findings}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "inside", "over", "code"),
    [
        ("about.heads", "50", "51", "over:users_per_hub"),
        ("hub.activeServerLimit", "50", "51", "over:users_per_hub"),
        ("singleuser.memory.limit", "2", "2.001", "over:memory_per_user_mib"),
        ("singleuser.cpu.limit", "2", "2.01", "over:cpu_per_user"),
        ("singleuser.storage.capacity", "10", "10.001", "over:storage_per_user_mib"),
    ],
)
def test_on_the_limit_is_inside_and_above_it_a_person_looks(river, path, inside, over, code):
    river.cluster.runtime = "kubernetes"  # one machine that honours every field
    assert limits.assess(spec(**{path: inside}), river).routine
    found = limits.assess(spec(**{path: over}), river)
    assert code in codes(found)
    assert path in {finding.path for finding in found.findings}
    assert all("River University" in f.message or "agreed" in f.message for f in found.findings)


@pytest.mark.django_db
def test_all_hubs_together_count(river, hub):
    assert limits.usage(river) == limits.Usage(1, 30 * 1024, 30 * 5120)
    river.total_memory_mib = 59 * 1024
    found = limits.assess(spec(), river)
    assert codes(found) == {"over:total_memory_mib"}
    adds = "this adds 30 GiB (30 people × 1 GiB). With 30 GiB already allocated, the total of 60 GiB"
    assert f"{adds} is above the limit of 59 GiB" in found.findings[0].message
    river.total_memory_mib = 60 * 1024
    assert limits.assess(spec(), river).routine


@pytest.mark.django_db
def test_one_hub_above_the_limit(river, hub):
    river.hubs = 1
    assert codes(limits.assess(spec(), river)) == {"over:hubs"}
    assert limits.assess(spec(), river, hub=hub, before=hub.spec).routine, "a change adds no hub"


@pytest.mark.django_db
def test_a_retired_hub_uses_nothing(river, hub):
    Hub.objects.filter(pk=hub.pk).update(desired_state=Hub.Desired.RETIRED)
    assert limits.usage(river) == limits.Usage()


@pytest.mark.django_db
def test_a_change_is_assessed_by_what_it_increases(river, hub):
    """Staff once approved more than the limit: the title may change, the size may shrink, but it may not grow."""
    before = spec(**{"singleuser.memory.limit": "8"})
    title = spec(**{"singleuser.memory.limit": "8", "about.title": "Other"})
    assert limits.assess(title, river, hub=hub, before=before).routine is False  # 240 GiB in total
    river.total_memory_mib = 10**6
    assert limits.assess(title, river, hub=hub, before=before).routine
    assert limits.assess(spec(**{"singleuser.memory.limit": "7"}), river, hub=hub, before=before).routine
    assert not limits.assess(spec(**{"singleuser.memory.limit": "9"}), river, hub=hub, before=before).routine


@pytest.mark.django_db
def test_new_kinds_of_settings_need_review(river, cluster):
    open_to_all = spec(**{"signIn.method": "tmp"})
    assert codes(limits.assess(open_to_all, river)) == {"novel:sign-in"}
    assert limits.assess(open_to_all, river, before=open_to_all).routine
    river.allow_temporary_users = True
    assert limits.assess(open_to_all, river).routine
    river.auto_approve = False
    assert codes(limits.assess(spec(), river)) == {"policy"}


@pytest.mark.django_db
def test_meters_show_what_is_added_and_what_is_freed(river, hub):
    hubs, memory = limits.meters(spec(**{"singleuser.memory.limit": "0.5"}), river, hub)
    assert (hubs.used, hubs.adds, hubs.over) == (1, 0, False)
    assert (memory.used_text, memory.adds_text, memory.limit_text) == ("30 GiB", "-15 GiB", "200 GiB")
    assert not memory.over
    assert limits.meters(None, river)[0].adds == 0


@pytest.mark.django_db
def test_an_assessment_needs_the_same_number_of_queries(river, hub, django_assert_num_queries):
    for number in range(30):
        Hub.objects.create(
            organization=river, cluster=river.cluster, slug=f"hub-{number}", title="x", created_by=hub.created_by,
            revision=hub.revision,
        )  # fmt: skip
    with django_assert_num_queries(2):
        limits.assess(spec(), river)


RAISABLE = {
    "singleuser.memory.limit": st.floats(0.25, 64),
    "singleuser.cpu.limit": st.floats(0.1, 25),
    "singleuser.storage.capacity": st.floats(0.25, 500),
    "about.heads": st.integers(1, 2000),
}


@pytest.fixture(scope="module")
def partner():
    """Not saved, so nothing is used."""
    place = Cluster(pk=1, name="Here", runtime="memory")
    return Organization(
        pk=1, slug="river", name="River University", cluster=place, hubs=5, users_per_hub=50, memory_per_user_mib=2048,
        cpu_per_user=2, storage_per_user_mib=10240, total_memory_mib=60 * 1024,
    )  # fmt: skip


@pytest.mark.django_db
@hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.fixed_dictionaries(RAISABLE), st.sampled_from(sorted(RAISABLE)), st.floats(1, 10))
def test_raising_a_value_never_makes_it_routine(partner, values, path, factor):
    raised = {**values, path: type(values[path])(values[path] * factor)}
    small, large = (
        spec(**{p: f"{v:.4f}" if isinstance(v, float) else str(v) for p, v in d.items()}) for d in (values, raised)
    )
    if not limits.assess(small, partner).routine:
        assert not limits.assess(large, partner).routine


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("singleuser.gpus", "1"),
        ("singleuser.nodePool", "big"),
        ("singleuser.nodeSelector", "disk=fast"),
        ("singleuser.tolerations", "gpu:NoSchedule"),
        ("singleuser.internetExceptions", "10.1.2.3/32 5432"),
        ("hub.services", "report:\n  url: http://report:8080\n"),
        ("hub.loadRoles", "readers:\n  scopes: ['list:users']\n"),
    ],
)
def test_an_unusual_setting_needs_review_once(path, text, river):
    asked = spec(**{path: text})
    assert codes(limits.assess(asked, river)) == {f"novel:{path}"}
    assert codes(limits.assess(asked, river, before=asked)) == set(), "it was approved before"


def test_a_sign_in_inside_a_private_network_needs_review(river):
    urls = {f"signIn.oauth.{name}_url": f"https://sso.campus.internal/{name}" for name in
            ("authorize", "token", "userdata")}  # fmt: skip
    asked = spec(**{"signIn.method": "generic-oauth", "signIn.oauth.client_id": "hub",
                    "signIn.allowedUsers": "mia", **urls})  # fmt: skip
    assert codes(limits.assess(asked, river)) == {"novel:signIn.oauth.token_url", "novel:signIn.oauth.userdata_url"}


@pytest.mark.django_db
def test_network_rules_with_reduced_effect_are_named_to_reviewers(river):
    """They would open private networks; the rest of them takes effect once staff approve."""
    rule = "singleuser:\n  networkPolicy:\n    egress:\n      - to: [{ipBlock: {cidr: 10.0.0.0/8}}]\n"
    found = limits.assess(spec(more=rule), river)
    assert any(one.message.startswith("Network rules: ") for one in found.findings)
    assert any("Rule 1 has no effect" in finding.message for finding in found.findings)
    public = rule.replace("10.0.0.0/8", "203.0.113.0/24")
    found = limits.assess(spec(more=public), river)
    assert not any(one.message.startswith("Network rules: ") for one in found.findings)
