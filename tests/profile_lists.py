"""Profile lists as operators keep them, for hypothesis: the keys of 50 real lists and the values that they have."""

from typing import Any

from hypothesis import strategies as st

Tree = dict[str, Any]
POD = "quay.io/jupyter/scipy-notebook:2026-10-05"
IMAGES = (
    POD,
    "pangeo/pangeo-notebook:2025.01.10",
    "ghcr.io/lab/r@sha256:" + "a" * 64,
    "registry.example.org:5000/a/b:1",
)
names = st.sampled_from(
    ["CPU only", "Python 3.11", "R & RStudio", "<b>GPU</b> (T4)", "李小龙", "~8 GB, up to 4 CPUs", "Größe", "Small\n"]
) | st.text("abcXYZ 0123456789-:/", min_size=1, max_size=120).filter(str.strip)
words = st.sampled_from(
    ["", "A whole node.", "Many lines\nof it\n", '<a href="https://example.org">Docs</a>', "  blanks  ", "x" * 2000]
)
keys = st.sampled_from(["image", "mem_1_9", "1", "python3.11", "R 4.3", "a+b", "_x", "requests"]) | st.text(
    "abcdef_.-0123456789", min_size=1, max_size=70
)
sizes = st.sampled_from(["512M", "1.8G", "3G", 1991244775, 3982489550, "14.5G", 8 * 1024**3, 1991244775.0])
cores = st.sampled_from([0.05, 0.234, 0.5, 1, 1.875, 3.7, 4])
texts = st.text("abc=, {}:\"'é", max_size=12)
variables = st.dictionaries(st.sampled_from(["COURSE", "NVIDIA_DRIVER_CAPABILITIES", "A_1"]), texts, max_size=2)
labels = st.dictionaries(
    st.sampled_from(["node.kubernetes.io/instance-type", "2i2c.org/community", "pool"]),
    st.sampled_from(["r5.xlarge", "n2-highmem-4", "gpu"]), min_size=1, max_size=2,
)  # fmt: skip
gpus = st.dictionaries(
    st.sampled_from(["nvidia.com/gpu", "amd.com/gpu", "github.com/fuse"]), st.sampled_from(["1", 2]), min_size=1,
    max_size=2,
)  # fmt: skip
groups = st.lists(st.sampled_from(["lab:gpu", "course-101", "Ünïts", "admins"]), max_size=3)
init_containers = st.just([{
    "name": "volume-mount-ownership-fix", "image": "busybox:1.36.1", "env": [{"name": "A", "value": "1"}],
    "command": ["sh", "-c", "id && chown 1000:1000 /home/rstudio"],
    "securityContext": {"runAsUser": 0, "runAsGroup": 0},
    "volumeMounts": [{"name": "home", "mountPath": "/home/rstudio", "subPath": "{username}"}],
}])  # fmt: skip
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "image": st.sampled_from(IMAGES), "image_pull_policy": st.sampled_from(["Always", "IfNotPresent"]),
    "mem_limit": sizes | st.none(), "mem_guarantee": sizes, "cpu_limit": cores, "cpu_guarantee": cores,
    "default_url": st.sampled_from(["/lab", "/rstudio", "/desktop?x=1"]), "node_selector": labels,
    "environment": variables,
    "working_dir": st.sampled_from(["/home/rstudio", "/srv"]), "extra_resource_limits": gpus,
}  # fmt: skip


def overrides(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
    return st.fixed_dictionaries({}, optional={**SETTINGS, **more})


@st.composite
def choices(draw: st.DrawFn) -> Tree:
    """Draw the choices of an option; at most one is the default."""
    found: Tree = {}
    for key in draw(st.lists(keys, min_size=1, max_size=3, unique=True)):
        found[key] = {
            "display_name": draw(names),
            **draw(st.fixed_dictionaries({}, optional={
                "description": words, "slug": names, "allowed_groups": groups,
                "kubespawner_override": overrides(init_containers=init_containers),
            })),
        }  # fmt: skip
    if first := draw(st.sampled_from([*found, ""])):
        found[first]["default"] = True
    return found


free = st.fixed_dictionaries(
    {"enabled": st.booleans(), "kubespawner_override": st.just({"image": "{value}"})},
    optional={
        "display_name": names, "display_name_in_choices": names, "description": words, "description_in_choices": words,
        "validation_regex": st.sampled_from(["^.+:.+$", r"^quay\.io\/.*$"]), "validation_message": words,
        "allowed_groups": groups,
    },
)  # fmt: skip
options = st.fixed_dictionaries(
    {"display_name": names, "choices": choices()},
    optional={"unlisted_choice": free, "dynamic_image_building": st.fixed_dictionaries({"enabled": st.booleans()})},
)


@st.composite
def profile_lists(draw: st.DrawFn) -> list[Tree]:
    """Draw a list that KubeSpawner accepts, with different short names."""
    found: list[Tree] = []
    for number in range(draw(st.integers(1, 3))):
        profile: Tree = {"display_name": draw(names)}
        profile |= draw(st.fixed_dictionaries({}, optional={
            "description": words, "allowed_groups": groups, "kubespawner_override": overrides(),
            "profile_options": st.dictionaries(keys, options, min_size=1, max_size=2),
        }))  # fmt: skip
        if draw(st.booleans()):
            profile["slug"] = draw(st.sampled_from(["cpu", "GPU_Big", "a.b"])) + str(number)
        found.append(profile)
    if draw(st.booleans()):
        found[0]["default"] = True
    return found


@st.composite
def as_kept(draw: st.DrawFn) -> list[Tree]:
    """Draw the same with what people leave in: null, a year as a name, Kubernetes' sizes, a misplaced `default`."""
    found = draw(profile_lists())
    for profile in found:
        override = profile.setdefault("kubespawner_override", {})
        for odd in draw(st.lists(st.sampled_from(["null", "year", "2Gi", "default", "group"]), max_size=2)):
            match odd:
                case "null":
                    profile[draw(st.sampled_from(["description", "slug", "profile_options"]))] = None
                case "year":
                    profile["display_name"] = 2026
                case "2Gi":
                    override |= {"mem_limit": "2Gi", "cpu_limit": "500m"}
                case "default":
                    override["default"] = True
                case "group":
                    profile["allowed_groups"] = "course-101"
    return found


def broken(profiles: list[Tree]) -> st.SearchStrategy[list[Tree]]:
    """Return a strategy that breaks one thing in the list, as in real files."""
    wrong: list[Tree] = [
        {"kubespawner_override": {"mem_limit": "lots"}}, {"kubespawner_override": {"no_such_setting": 1}},
        {"kubespawner_override": {"environment": {"A": 1}}}, {"kubespawner_override": {"image": "Not An Image"}},
        {"profile_options": {"x": {"display_name": "X"}}}, {"alowed_groups": ["a"]},
        {"profile_options": {"x": {"display_name": "X", "choices": {
            "a": {"display_name": "A", "default": True}, "b": {"display_name": "B", "default": True}}}}},
    ]  # fmt: skip
    return st.sampled_from(wrong).map(lambda one: [*profiles, {"display_name": "Last", **one}])
