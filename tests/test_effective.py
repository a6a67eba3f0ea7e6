"""One effective configuration: it makes no difference where in a spec a value was written. A size in "more
configuration", in a choice or in a Kubernetes resource counts like the same size in its field."""

import copy
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.limits.queries import limits
from hubs.limits.queries.promised import Claim, Days
from hubs.models import Cluster, Hub, Organization
from hubs.requests.queries import costs
from hubs.requests.queries.consequences import consequences, restarts
from hubs.spec import FIELDS, HubSpec, difference, from_draft, to_draft, verdicts
from hubs.spec.composed import COMPOSED
from hubs.spec.counted import counted
from hubs.spec.draft import parse
from hubs.spec.effective import refused, values
from hubs.spec.export import chart_values
from hubs.spec.judges import Facts
from hubs.spec.trees import get, overlay, put, split
from hubs.spec.values import to_values
from tests.runtimes.shapes import release
from tests.test_verdicts import ANSWERS, OTHER

GIB = 1024
PLACE = Cluster(storage_classes=["standard"], storage_price=0.1, currency="EUR", hours_a_month=40,
                node_pools=[{"name": "usual", "memory": "64Gi", "cpu": 16, "pricePerHour": 0.64}])  # fmt: skip
RIVER = Organization(pk=1, slug="river", name="River University", cluster=PLACE, auto_approve=True)
# Above every limit, so that each limit is noticed.
MINE = {
    "singleuser.memory.limit": "100", "singleuser.memory.guarantee": "0.5", "singleuser.cpu.limit": "64",
    "singleuser.storage.capacity": "900", "hub.activeServerLimit": "900", "singleuser.gpus": "2",
    "hub.concurrentSpawnLimit": "300", "singleuser.storage.type": "none", "singleuser.storage.shared": "admins",
    "singleuser.storage.allHomes": "yes", "singleuser.storage.static.pvcName": "other", "cull.timeout": "300",
    "singleuser.profileList": "- {display_name: Big, kubespawner_override: {mem_limit: 100G, node_selector: {a: b}}}",
    "singleuser.nodeSelector": "pool=a", "singleuser.tolerations": "gpu=yes:NoSchedule",
    "singleuser.internetExceptions": "10.1.2.3/32 5432", "singleuser.storage.dynamic.storageClass": "fast",
    "singleuser.storage.extraVolumes": "- {name: data, persistentVolumeClaim: {claimName: data}}",
    "singleuser.initContainers": "- {name: own, image: 'busybox:1'}",
    "singleuser.extraContainers": "- {name: db, image: 'db:1', resources: {limits: {memory: 90Gi, cpu: 9}}}",
    "hub.resources": "limits: {memory: 8Gi}",
    "hub.services": "report: {url: 'http://report:8080'}", "hub.loadRoles": "readers: {scopes: ['list:users']}",
    "hub.allowNamedServers": "yes", "signIn.allowAll": "yes", "singleuser.postStart": "sh\n-c\ntrue",
    "signIn.oauth.token_url": "https://10.1.2.3/t", "signIn.oauth.userdata_url": "https://10.1.2.3/u",
    "signIn.lti13.jwks_endpoint": "https://10.1.2.3/j",
    "signIn.cilogon.institutions": "https://idp.example.edu/s", "signIn.github.scope": "repo",
}  # fmt: skip
SINGLE = [path for path, field in FIELDS.items() if field.values_path and path not in ("homePage.text", "more")]
TOGETHER = ["singleuser.gpus", "singleuser.tolerations", "singleuser.internet", "singleuser.internetExceptions",
            "singleuser.kernelTimeout", "singleuser.extraFiles", "singleuser.postStart",
            "singleuser.content.repository", "singleuser.storage.shared", "singleuser.storage.allHomes",
            "singleuser.storage.extraVolumeMounts"]  # fmt: skip
STATIC = {"singleuser.storage.type": "static", "singleuser.storage.static.pvcName": "homes"}
NEEDS = {
    "homePage.designerWebsite": {"homePage.designer": "Us"}, "homePage.operatorWebsite": {"homePage.operator": "Us"},
    "hub.namedServerLimitPerUser": {"hub.allowNamedServers": "yes"}, "singleuser.memory.guarantee": {},
    "cull.adminUsers": {"cull.users": "yes"},
    "singleuser.storage.shared": STATIC, "singleuser.storage.allHomes": STATIC,
    "singleuser.storage.static.subPath": STATIC, "singleuser.storage.static.pvcName": STATIC,
    "singleuser.content.repository": {"singleuser.content.folder": "course"},
}  # fmt: skip


def beginning(path):
    """Return the answers with which this field has an effect."""
    draft = {"about.title": "Any hub", **NEEDS.get(path, {})}
    when = FIELDS[path].words.when
    if when and when[0] == "signIn.method":
        draft |= {"signIn.method": when[1][-1], "signIn.allowedUsers": "ada"}
        if when[1][-1] in ("github", "cilogon"):
            draft |= {"signIn.github.allowed_organizations": "river", "signIn.cilogon.institutions": "https://i.edu/s"}
    return draft


def sample(path):
    return MINE.get(path) or ANSWERS.get(path) or OTHER[FIELDS[path].kind]


def places_of(path):
    if FIELDS[path].values_path:
        return [split(FIELDS[path].values_path)]
    return [root for one in COMPOSED for root in one.roots]


def through_more(before: HubSpec, typed: HubSpec, *paths: str) -> HubSpec:
    """Return the same hub, with the typed values written in `more` instead."""
    written, old = to_values(typed, literal=True), to_values(before, literal=True)
    more: dict = {}
    for path in paths:
        for place in places_of(path):
            if get(written, place) != get(old, place):
                put(more, place, copy.deepcopy(get(written, place)))
    assert more, "the test changes nothing"
    return HubSpec.model_validate({**before.model_dump(mode="json"), "more": more})


def everything(spec: HubSpec, before: HubSpec):
    """Return everything that pages report about a spec, and everything that is rendered from it."""
    meters = limits.shared(RIVER, date(2026, 11, 1), (), (), (Claim(Days(), limits.cost(spec)),))
    found = limits.judge(spec, RIVER, PLACE, meters, before)
    cost = costs.estimate(spec, PLACE)
    return {
        "findings": found.findings, "meters": found.meters, "usage": limits.cost(spec), "cost": cost and cost.parts,
        "looks": list(verdicts.looks(spec, before, Facts())), "restarts": restarts(before, spec),
        "consequences": consequences(before, spec, Hub(desired_state="running", servers=[])),
        "review": difference(before, spec), "values": values(spec), "export": chart_values(spec),
        "counted": counted(spec),
    }  # fmt: skip


@pytest.mark.parametrize("path", [*SINGLE, *TOGETHER])
def test_a_value_counts_the_same_wherever_it_is_written(path):
    draft = beginning(path)
    before, typed = from_draft(draft), from_draft({**draft, path: sample(path)})
    assert FIELDS[path].read(before) != FIELDS[path].read(typed), "the test changes nothing"
    more = through_more(before, typed, path)
    assert more.more == {}, "it has one place: the field"
    assert more == typed
    assert everything(more, before) == everything(typed, before)


def test_every_field_that_a_file_can_set_is_tested():
    """Except the node pool, which no file names, and two fields that are set together with the repository."""
    said = {*SINGLE, *TOGETHER, "homePage.text", "more"}
    rest = {path for path in FIELDS if path not in said and not path.startswith(("about.", "signIn."))}
    assert rest == {"singleuser.nodePool", "singleuser.content.branch", "singleuser.content.folder"}


PLAIN = [path for path in (*SINGLE, "singleuser.gpus", "singleuser.tolerations", "singleuser.kernelTimeout")
         if not FIELDS[path].words.when and path != "singleuser.storage.type"]  # fmt: skip


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=5, unique=True))
def test_several_values_count_the_same_too(paths):
    before = from_draft({"about.title": "Any hub"})
    typed = from_draft({"about.title": "Any hub", **{path: sample(path) for path in paths}})
    assert everything(through_more(before, typed, *paths), before) == everything(typed, before)


def test_writing_100_gib_elsewhere_does_not_avoid_the_limit():
    """The cluster's own bounds apply, too."""
    for changes in (
        {"more": {"singleuser": {"memory": {"limit": "100G"}}}},
        {"more": {"singleuser": {"memory": {"limit": 107374182400}}}},
        {"more": {"singleuser": {"extraResource": {"limits": {"memory": "100Gi"}}}}},
        {"more": {"singleuser": {"profileList": {"b": {"display_name": "B", "kubespawner_override": {
            "mem_limit": "100G"}}}}}},
        {"singleuser__profileList": [{"display_name": "B", "kubespawner_override": {
            "extra_resource_limits": {"memory": "100Gi"}}}]},
        {"singleuser__profileList": [{"display_name": "B", "kubespawner_override": {
            "extra_container_config": {"resources": {"limits": {"memory": "100Gi"}}}}}]},
        {"more": {"singleuser": {"extraContainers": [{"name": "db", "image": "db:1", "resources": {"limits": {
            "memory": "99Gi"}}}]}}},
    ):  # fmt: skip
        data = {"about": {"title": "Statistics 101"}}
        for path, value in changes.items():
            put(data, tuple(path.split("__")), value)
        spec = parse(data)
        assert spec.memory_mib == 100 * GIB, changes
        assert limits.cost(spec).memory_mib == 30 * 100 * GIB
        assert "over:memory_per_user_mib" in {one.code for one in limits.over_limits(spec, RIVER, PLACE.can)}
        objects = {key: one for part in release(**changes).parts for key, one in part.payload.items()}
        assert objects["LimitRange/hub"]["spec"]["limits"][0]["max"]["memory"] == "100Gi"
        assert objects["ResourceQuota/hub"]["spec"]["hard"]["limits.memory"] == f"{30 * 100 + 3}Gi"


@pytest.mark.parametrize(
    ("more", "path", "said"),
    [
        ({"cull": {"timeout": 30}}, "cull.timeout", "at least 1 minute"),
        ({"singleuser": {"storage": {"type": "static", "static": {"pvcName": "homes", "subPath": "."}}}},
         "singleuser.storage.static.subPath", "people would share one home directory"),
        ({"singleuser": {"storage": {"capacity": "200Ti"}}}, "singleuser.storage.capacity", "maximum is 102,400 GiB"),
        ({"singleuser": {"memory": {"limit": "5000T"}}}, "singleuser.memory.limit", "maximum is 4,096 GiB"),
        ({"singleuser": {"memory": {"limit": "128M"}}}, "singleuser.memory.limit", "more than the memory"),
        ({"singleuser": {"profileList": [{"display_name": "B", "kubespawner_override": {"Image": "x"}}]}},
         "singleuser.profileList", "not a setting of KubeSpawner"),
        ({"hub": {"activeServerLimit": 90000}}, "hub.activeServerLimit", "at most 20000"),
    ],
)  # fmt: skip
def test_a_value_that_no_field_accepts_counts_and_is_reported(more, path, said):
    spec = parse({"about": {"title": "Any"}, "more": more})
    place = split(FIELDS[path].values_path)
    assert said in refused(spec)[path]
    assert get(spec.more, place) == get(more, place), "nothing is lost"
    assert get(values(spec), place) == get(more, place), "and the hub follows it"
    assert any(said in look.message for _, _, look in verdicts.looks(spec, None, Facts()))
    assert HubSpec.stored(spec.model_dump(mode="json")) == spec
    if path == "singleuser.storage.capacity":
        assert spec.storage_mib == 200 * GIB * GIB
    if path == "hub.activeServerLimit":
        assert spec.seats == 90000
        assert "hub.activeServerLimit" in {one.path for one in limits.over_limits(spec, RIVER, PLACE.can)}


def test_an_older_stored_hub_counts_with_its_effective_values():
    """Stored before values moved: it loads, and pages show its effective values."""
    old = {"about": {"title": "Old"}, "more": {"singleuser": {"memory": {"limit": "64G"}}, "cull": {"timeout": 30}}}
    spec = HubSpec.stored(old)
    assert (spec.memory_mib, spec.singleuser.memory.limit) == (64 * GIB, "64G")
    assert get(values(spec), ("cull", "timeout")) == 30


def test_a_field_with_the_charts_default_is_written_to_the_values():
    """The chart reserves 1G for each server. A file need not say so, but the values for our hubs must."""
    spec = parse({"about": {"title": "Any"}, "singleuser": {"memory": {"guarantee": "1G"}}})
    assert get(values(spec), ("singleuser", "memory", "guarantee")) == "1G"
    assert counted(spec).set_aside_mib == GIB


def test_memory_reserved_for_a_choice_costs():
    one = {"display_name": "Big", "kubespawner_override": {"mem_guarantee": "32G", "cpu_guarantee": 2}}
    spec = parse({"about": {"title": "Any"}, "singleuser": {"profileList": [one]}})
    assert (counted(spec).set_aside_mib, counted(spec).set_aside_cpu) == (32 * GIB, 2)
    found = costs.estimate(spec, PLACE)
    assert found is not None
    assert found.parts[0].amount == pytest.approx(30 * 40 * 0.5 * 0.64)


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["1G", "a", "{value}", "5Gi", "/lab"]),
    lambda inner: (
        st.dictionaries(st.sampled_from(["a", "limits", "memory", "0"]), inner, max_size=3)
        | st.lists(inner, max_size=2)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(SINGLE), trees), min_size=1, max_size=3))
def test_values_in_more_count_and_reading_them_again_changes_nothing(said):
    more: dict = {}
    for path, value in said:
        tree: dict = {}
        put(tree, split(FIELDS[path].values_path), value)
        overlay(more, tree)
    spec = HubSpec.stored({"about": {"title": "Any"}, "more": more})
    assert HubSpec.stored(spec.model_dump(mode="json")) == spec
    before = HubSpec(about=spec.about)
    assert everything(spec, before)["usage"].memory_mib >= 0
    assert counted(spec).memory_mib * spec.seats == limits.cost(spec).memory_mib


def test_an_institution_that_a_stored_hub_names_twice_hides_no_hub():
    """Nothing refused that before; the last one counts, as in a file."""
    idp = "https://idp.example.edu/s"
    sign_in = {"method": "cilogon", "cilogon": {"client_id": "x", "institutions": [idp, idp]}}
    spec = HubSpec.stored({"about": {"title": "Old"}, "signIn": sign_in})
    [found] = get(values(spec), ("hub", "config", "CILogonOAuthenticator", "idps")).values()
    assert found == {"allow_all": True, "username_derivation": {"username_claim": "email"}}


def test_a_stored_hub_keeps_its_user_names_until_it_is_changed():
    """A single Google domain in the field would drop it from user names, and people would get new homes."""
    section = {"allowed_hosted_domains": ["river.example.edu"]}
    more = {"hub": {"config": {"GoogleOAuthenticator": section}}}
    sign_in = {"method": "google", "google": {"client_id": "x"}, "allowAll": True}
    old = HubSpec.stored({"about": {"title": "Old"}, "signIn": sign_in, "more": more})
    assert not old.signIn.google.hosted_domain
    assert get(values(old), ("hub", "config", "GoogleOAuthenticator", "allowed_hosted_domains"))
    assert from_draft(to_draft(old)).signIn.google.hosted_domain == ("river.example.edu",)
