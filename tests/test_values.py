"""Importing and exporting values: settings with a field fill it, the rest is kept, and exports equal the import."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.spec import FIELDS, HubSpec, SpecError, chart, from_draft, to_draft
from hubs.spec.chart import complaints, over_defaults
from hubs.spec.draft import parse
from hubs.spec.followed import followed, why_ignored
from hubs.spec.imports import FATES, from_values
from hubs.spec.secrets import REPLACED, is_secret
from hubs.spec.sign_in_lacking import NOBODY, lacking
from hubs.spec.trees import get, leaves
from hubs.spec.values import to_values
from hubs.spec.yaml_text import YamlError, load, load_map
from provisioning.render.values import hub_values
from tests.runtimes.shapes import SIGN_IN
from tests.runtimes.test_render import TARGET

SAMPLES = {path.stem: path for path in (Path(__file__).parent / "data" / "z2jh" / "samples").glob("*.yaml")}


def sample(name: str) -> dict[str, Any]:
    return load_map(SAMPLES[name].read_text())


# --- the five samples -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("class", set()),
        ("public-content", set()),
        ("research", set()),
        ("shared-homes", {"hub.baseUrl", "ingress"}),
        ("workshop", {"prePuller", "scheduling"}),
    ],
)  # fmt: skip
def test_a_sample_becomes_fields_and_is_exported_unchanged(name, kept):
    found = from_values(sample(name))
    assert found.round_trip
    assert found.problems == ()
    assert found.count() == sum(map(found.count, FATES))
    for leaf in found.leaves:
        assert leaf.fate == "typed" or any(leaf.name.startswith(root) for root in kept), leaf
        assert leaf.fate == "typed" or leaf.why, "each leaf without a field has a reason"
    assert all(any(leaf.name.startswith(root) for leaf in found.leaves) for root in kept)
    assert from_draft(to_draft(found.spec)) == found.spec, "the form shows all of it"


def test_a_list_is_one_key_and_settings_in_profiles_count():
    assert from_values({"singleuser": {"extraTolerations": [{"key": "a"}, {"key": "b"}]}}).count() == 1
    profiles = [{"display_name": "A", "kubespawner_override": {"image": "a:1", "mem_limit": "1G"}}]
    assert from_values({"singleuser": {"profileList": profiles}}).count() == 3


def test_every_kind_of_sign_in_is_recognised():
    assert {name: from_values(sample(name)).spec.signIn.method for name in SAMPLES} == {
        "class": "cilogon", "public-content": "tmp", "research": "github", "shared-homes": "generic-oauth",
        "workshop": "shared-password",
    }  # fmt: skip
    cilogon = from_values(sample("class")).spec.signIn.cilogon
    assert [one.entity_id for one in cilogon.institutions] == ["https://login.river.example.edu/idp/shibboleth"]
    by_class = {"hub": {"config": {"JupyterHub": {"authenticator_class": "oauthenticator.github.GitHubOAuthenticator"},
                                   "GitHubOAuthenticator": {"allowed_organizations": ["river"]}}}}  # fmt: skip
    found = from_values(by_class)
    assert found.spec.signIn.method == "github"
    assert found.round_trip, "names are the same in both directions"


def test_secrets_are_removed_and_nowhere_in_the_spec():
    found = from_values(sample("workshop"))
    assert set(found.secrets) == {
        ("hub", "config", "SharedPasswordAuthenticator", "user_password"),
        ("hub", "config", "SharedPasswordAuthenticator", "admin_password"),
    }
    stored = found.spec.model_dump_json()
    assert "to-be-replaced-with-32" not in stored
    assert "to-be-replaced-with-32" not in repr(found)
    again = to_values(found.spec, found.secrets)
    assert get(again, ("hub", "config", "SharedPasswordAuthenticator", "admin_password")) == "to-be-replaced"
    assert "admin_password" not in json.dumps(to_values(found.spec)), "only where one belongs"


def test_settings_that_the_portal_manages_have_no_effect_and_are_kept():
    found = from_values({"proxy": {"service": {"type": "NodePort"}}, "singleuser": {"extraLabels": {"pool": "a"}}})
    assert (found.count("portal"), found.count("ignored")) == (1, 0), "the report names the replacement"
    assert followed(found.spec.more) == {"singleuser": {"extraLabels": {"pool": "a"}}}
    assert found.round_trip
    assert "code" in why_ignored(("hub", "extraConfig", "mine"))


@pytest.mark.parametrize(
    "more",
    [{"hub": None}, {"hub": [1]}, {"hub": {"config": None}}, {"hub": {"config": [1]}}, {"hub": {"config": {"A": 1}}},
     {"hub": {"services": ["a"]}}, {"hub": {"services": {"a": 1}}}, {"hub": {"loadRoles": ["a"]}},
     {"hub": {"loadRoles": {"a": 1}}}, {"hub": {"templateVars": "a"}}, {"singleuser": None}],
)  # fmt: skip
def test_a_value_of_another_type_than_a_map_breaks_nothing(more):
    """Values stored before they were refused in the form."""
    for method in ("portal", "native"):
        said = {"about": {"title": "Hub"}, "more": more, "signIn": {"method": method, "allowedUsers": ["mia"]}}
        values = hub_values(TARGET, HubSpec.stored(said), SIGN_IN)
        assert list(values["hub"]["loadRoles"]) == ["portal"]
        assert not values["hub"].get("services")


def test_names_of_services_and_roles_can_not_imitate_the_portals():
    inside = {"name": "portal", "api_token": REPLACED, "command": ["sh"]}
    more = {"hub": {"services": {"mine": inside}, "loadRoles": {"mine": {**inside, "scopes": ["admin:users"]}}}}
    hub = hub_values(TARGET, parse({"about": {"title": "Hub"}, "more": more}), SIGN_IN)["hub"]
    assert not any("name" in one for one in (*hub["services"].values(), *hub["loadRoles"].values()))
    assert "command" not in hub["services"]["mine"]


def test_errors_are_reported_and_values_kept():
    found = from_values({"singleuser": {"memory": {"limit": "lots"}, "defaultUrl": "lab"}, "cull": {"every": 1}})
    assert found.round_trip
    whys = {leaf.name: leaf.why for leaf in found.leaves if leaf.fate != "typed"}
    assert "Enter a size" in whys["singleuser.memory.limit"]
    assert "one slash" in whys["singleuser.defaultUrl"]
    assert "at least" in whys["cull.every"]
    assert from_values({"singlesuser": {}}).problems == ("singlesuser: Zero to JupyterHub has no such setting.",)


def test_an_empty_file_means_the_charts_defaults():
    found = from_values({})
    assert (found.count(), found.round_trip) == (0, True)
    assert found.spec.singleuser.memory.limit is None, "what the chart leaves open stays open"
    assert found.spec.singleuser.storage.capacity == "10Gi"


# --- for any spec -----------------------------------------------------------------------------------------------------
words = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=8)
sizes = st.integers(1, 64).map(lambda n: f"{n}G")
overrides = st.fixed_dictionaries(
    {},
    optional={"image": words.map(lambda w: f"{w}:1"), "mem_limit": sizes, "cpu_limit": st.integers(1, 8),
              "node_selector": st.dictionaries(words, words, max_size=2)},
)  # fmt: skip
choices = st.fixed_dictionaries(
    {"display_name": words}, optional={"kubespawner_override": overrides, "allowed_groups": st.lists(words, max_size=2)}
)
options = st.fixed_dictionaries(
    {"display_name": words, "choices": st.dictionaries(words, choices, min_size=1, max_size=3)}
)
profiles = st.lists(
    st.fixed_dictionaries(
        {"display_name": words},
        optional={"kubespawner_override": overrides, "profile_options": st.dictionaries(words, options, max_size=2),
                  "allowed_groups": st.lists(words, max_size=2), "description": words},
    ),
    max_size=3,
)  # fmt: skip
sign_ins = st.one_of(
    st.just({"method": "portal"}),
    st.just({"method": "tmp", "allowAll": False}),
    st.builds(lambda teams: {"method": "github", "github": {"allowed_organizations": teams, "client_id": "me"}},
              st.lists(words, min_size=1, max_size=3)),
    st.builds(lambda names: {"method": "cilogon", "cilogon": {"institutions": [f"https://{n}.example.edu/idp" for n in
              names]}}, st.lists(words, min_size=1, max_size=3, unique=True)),
    st.builds(lambda groups: {"method": "generic-oauth", "oauth": {"allowed_groups": groups, "manage_groups": True,
              "authorize_url": "https://sso.example.edu/a"}}, st.lists(words, min_size=1, max_size=2)),
    st.just({"method": "shared-password", "allowAll": True, "adminUsers": ["ada"]}),
    st.just({"method": "google", "google": {"hosted_domain": ["example.edu"]}, "allowAll": True}),
)  # fmt: skip
BESIDE = [{"name": "db", "image": "db:1", "env": [{"name": "A", "value": "b"}]}]
VOLUMES = [{"name": "shm", "emptyDir": {"medium": "Memory"}},
           {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]  # fmt: skip
FOLDERS = [{"name": "shm", "mountPath": "/dev/shm"}, {"name": "home", "mountPath": "/home/jovyan/x", "subPath": "_x",
           "readOnly": True}, {"name": "home", "mountPath": "/home/jovyan/y", "admins": True}]  # fmt: skip
singleusers = st.fixed_dictionaries(
    {},
    optional={
        "profileList": profiles,
        "memory": st.fixed_dictionaries({"limit": st.none() | sizes, "guarantee": st.just("256M")}),
        "cpu": st.fixed_dictionaries({"limit": st.none() | st.integers(1, 9), "guarantee": st.none() | st.just(0.5)}),
        "defaultUrl": st.none() | words.map(lambda w: f"/{w}"),
        "extraEnv": st.dictionaries(
            words.map(lambda w: f"A{w}").filter(lambda name: not is_secret(name, "?")), words, max_size=3
        ),
        "cmd": st.lists(words, max_size=2),
        "internet": st.sampled_from(["open", "web", "closed"]),
        "internetExceptions": st.sampled_from([[], ["203.0.113.0/24 5432", "2001:db8::/64 443"]]),
        "gpus": st.integers(0, 2),
        "nodeSelector": st.sampled_from([{}, {"pool": "a", "cloud.example.edu/kind": "big"}]),
        "tolerations": st.sampled_from([[], ["pool=teaching:NoSchedule", "gpu:NoExecute"]]),
        "kernelTimeout": st.none() | st.integers(60, 9999),
        "extraFiles": st.sampled_from([{}, {"notes": {"mountPath": "/etc/notes.txt", "stringData": "Hello"}}]),
        "content": st.sampled_from([{}, {"repository": "https://example.org/a", "folder": "a"},
                                    {"repository": "https://example.org/a", "branch": "2026", "folder": "a"}]),
        "startTimeout": st.integers(30, 3600),
        "initContainers": st.sampled_from([[], [{"name": "b", "image": "b:1"}, {"name": "a", "image": "a:1"}]]),
        "extraContainers": st.sampled_from([[], BESIDE]),
        "storage": st.sampled_from([{"type": "none"}, {"type": "dynamic", "capacity": "7Gi"},
                                    {"type": "static", "static": {"pvcName": "homes"}},
                                    {"type": "static", "static": {"pvcName": "homes"}, "shared": "read"},
                                    {"type": "static", "static": {"pvcName": "homes"}, "shared": "admins",
                                     "allHomes": True, "extraVolumeMounts": FOLDERS},
                                    {"type": "dynamic", "extraVolumeMounts": FOLDERS, "extraVolumes": VOLUMES}]),
    },
)  # fmt: skip
hubs = st.fixed_dictionaries(
    {},
    optional={"activeServerLimit": st.none() | st.integers(1, 99), "allowNamedServers": st.booleans(),
              "services": st.sampled_from([{}, {"report": {"url": "http://report:8080"}}]),
              "loadRoles": st.sampled_from([{}, {"readers": {"scopes": ["list:users"], "groups": ["staff"]}}]),
              "resources": st.sampled_from([{}, {"limits": {"memory": "3Gi"}, "requests": {"cpu": "100m"}}]),
              "nodeSelector": st.sampled_from([{}, {"pool": "core"}]),
              "redirectToServer": st.none() | st.booleans(), "concurrentSpawnLimit": st.integers(1, 99)},
)  # fmt: skip
culls = st.fixed_dictionaries(
    {}, optional={"enabled": st.booleans(), "timeout": st.integers(60, 9999), "users": st.booleans(),
                  "adminUsers": st.booleans(), "concurrency": st.integers(1, 20)})  # fmt: skip
mores = st.sampled_from([{}, {"singleuser": {"extraLabels": {"pool": "a"}}}, {"hub": {"consecutiveFailureLimit": 3}}])
specs = st.builds(
    lambda **parts: HubSpec.model_validate({"about": {"title": "Any hub"}, **parts}),
    singleuser=singleusers, signIn=sign_ins, hub=hubs, cull=culls, more=mores,
)  # fmt: skip
ELSEWHERE = ("about.", "homePage.")  # a file does not have these


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(specs)
def test_a_spec_is_exported_and_imported_unchanged(before):
    whole = to_values(before, elsewhere=True)
    assert complaints(whole) == [], "the chart accepts it"
    assert from_values(json.loads(json.dumps(whole)), before.about.title).round_trip
    values = to_values(before, elsewhere=True, literal=True)  # without the settings that the sign-in method needs
    found = from_values(json.loads(json.dumps(values)), before.about.title)
    assert found.round_trip
    assert over_defaults(to_values(found.spec, elsewhere=True)) == over_defaults(whole)
    for path, field in FIELDS.items():
        if not path.startswith(ELSEWHERE) and path != "more" and field.asked(before):
            known = field.read(before)
            if path == "signIn.allowAll" and before.signIn.method == "tmp":
                continue  # always so for temporary users
            assert field.read(found.spec) == known, path


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(specs)
def test_a_spec_is_shown_in_a_form_and_stored_without_loss(before):
    assert from_draft(to_draft(before)) == before
    assert HubSpec.model_validate_json(before.model_dump_json()) == before
    assert to_values(HubSpec.model_validate_json(before.model_dump_json())) == to_values(before)


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | words,
    lambda inner: st.dictionaries(words, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)
roots = st.sampled_from(["hub", "singleuser", "cull", "proxy", "ingress", "anything"])
known = st.sampled_from(sorted(field.values_path for field in FIELDS.values() if field.values_path))


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(roots, st.dictionaries(words, trees, max_size=3), max_size=3), known, trees)
def test_any_map_is_read_or_refused_with_a_sentence(values, path, value):
    *parents, leaf = path.split(".")
    place: Any = values
    for name in parents:
        place = place.setdefault(name, {})
    place[leaf] = value
    found = from_values(values)
    assert found.count() == sum(map(found.count, FATES))
    assert found.round_trip or found.problems


# --- YAML that people paste -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: &x 1\nb: *x", 1, 4, "Anchors"),
        ("a: 1\n<<: {b: 2}", 2, 1, "plain text"),
        ("a: 1\nb: 2\na: 3", 3, 1, "twice"),
        ("a: !!python/object:os.system x", 1, 4, "Tags"),
        ("a: !x 1", 1, 4, "Tags"),
        ("a: [1", 1, 6, "not closed"),
        ("a: .inf", 1, 4, "number"),
        ("? [a]\n: 1", 1, 3, "plain text"),
        ("\ta: 1", 1, 1, "spaces instead of tabs"),
    ],
)
def test_other_than_plain_yaml_is_refused_with_its_place(text, line, column, said):
    with pytest.raises(YamlError) as caught:
        load(text)
    assert said in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_yaml_bombs_and_huge_texts_are_refused():
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(9)
    )
    with pytest.raises(YamlError, match="Anchors"):
        load(bomb)
    with pytest.raises(YamlError, match="too long"):
        load("a: " + "x" * 5_000_000)
    with pytest.raises(YamlError, match="too deep"):
        load("[" * 500)
    with pytest.raises(YamlError, match="too large"):
        load("[" + "1," * 50_000 + "]")


def test_plain_yaml_has_the_values_of_json():
    assert load("a: 2026-01-01\nb: [1, x]\n1: yes\n'2': null") == {
        "a": "2026-01-01", "b": [1, "x"], "1": True, "2": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("singleuser:\n  nodeSelectr: {}", "Line 2, column 3: singleuser.nodeSelectr: Zero to JupyterHub has no such"),
        ("hub:\n  config: 3", "Line 2, column 3: hub.config: Enter a map here, not a whole number."),
        ("hub:\n  cookieSecret: abc", "accepts no other"),
        ("hub:\n  services: {a: {api_token: abc}}", "looks like a secret"),
        ("- a", "Enter names with values"),
        ("a: &x 1", "Line 1, column 4: Anchors"),
    ],
)
def test_errors_of_more_configuration_name_their_place(text, said):
    with pytest.raises(SpecError) as caught:
        from_draft({"about.title": "Any hub", "more": text})
    assert said in caught.value.errors["more"][0]


# --- profiles ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("display_name: x", "Enter a list of profiles"),
        ("- slug: x", "1 › display_name: Please fill this in."),
        ("- display_name: a\n  slug: x\n- display_name: b\n  slug: x", "short name “x”"),
        ("- display_name: a\n  default: true\n- display_name: b\n  default: true", "Only one profile"),
        ("- display_name: a\n  profile_options: {o: {display_name: O}}", "has no choices yet"),
        ("- display_name: a\n  profile_optons: {}", "Did you mean profile_options?"),
        ("- display_name: a\n  kubespawner_override: {mem_limit: much}", "Enter a size"),
        ("- display_name: a\n  kubespawner_override: {cpu_limit: two}", "number of cores"),
        ("- display_name: a\n  kubespawner_override: {Image: x}", "not a setting of KubeSpawner"),
    ],
)
def test_errors_of_a_profile_are_reported(text, said):
    with pytest.raises(SpecError) as caught:
        from_draft({"about.title": "Any hub", "singleuser.profileList": text})
    assert said in " ".join(caught.value.errors["singleuser.profileList"])


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*$", r"(.)\1", "[", "(?=a)", ".*a.*b.*c.*d", "x" * 201, "((a+)b)+"]
)
def test_a_pattern_with_exponential_time_is_refused(pattern):
    option = {"display_name": "O", "unlisted_choice": {"enabled": True, "validation_regex": pattern}}
    text = json.dumps([{"display_name": "A", "profile_options": {"o": option}}])
    with pytest.raises(SpecError) as caught:
        from_draft({"about.title": "Any hub", "singleuser.profileList": text})
    assert caught.value.errors["singleuser.profileList"]


def test_the_largest_choice_counts_for_the_limits():
    found = from_values(sample("research")).spec
    assert found.memory_mib == 26 * 1024
    assert found.cpu == 4


def test_leaves_name_the_place_of_each_value():
    assert list(leaves({"a": {"b": 1, "c": {}}, "d": []})) == [(("a", "b"), 1), (("a", "c"), {}), (("d",), [])]


# --- access -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("github", "signIn.github.allowed_organizations"),
        ("cilogon", "signIn.cilogon.institutions"),
        ("generic-oauth", "signIn.oauth.allowed_groups"),
        ("google", "signIn.allowedUsers"),
        ("shared-password", "signIn.allowedUsers"),
        ("native", "signIn.allowedUsers"),
        ("firstuse", "signIn.allowedUsers"),
    ],
)
def test_each_sign_in_method_needs_a_rule_who_may_sign_in(method, field):
    """Otherwise JupyterHub would let nobody in, and no page would say why."""
    typed = {"about.title": "Any hub", "signIn.method": method}
    assert NOBODY in lacking(from_draft(typed))[field]
    for answer in ({"signIn.allowAll": "yes"}, {"signIn.allowedUsers": "ada"}):
        assert str(NOBODY) not in str(lacking(from_draft({**typed, **answer})))


def test_an_allow_rule_without_a_field_counts():
    rules = {"hosted_domain": ["example.edu"], "allow_all": True}
    config = {"JupyterHub": {"authenticator_class": "google"}, "GoogleOAuthenticator": rules}
    found = from_values({"hub": {"config": config}})
    assert (found.spec.signIn.method, found.round_trip) == ("google", True)
    assert list(lacking(found.spec)) == ["signIn.google.client_id"]


def test_the_tree_of_keys_is_the_schemas():
    tree = chart.keys()
    assert {"hub", "singleuser", "cull", "custom"} <= set(tree)
    assert set(tree["singleuser"]["memory"]) == {"limit", "guarantee"}
    assert tree["cull"]["timeout"] == {}
