"""Find a field by its label, its help, the standard term in it, or its place in values.yaml and JupyterHub's own
configuration. Pure."""

from dataclasses import dataclass
from functools import cache

from hubs.spec.capabilities import Capabilities
from hubs.spec.fields import FIELDS, STEPS, Field
from hubs.spec.honoured import answers_here
from hubs.spec.hub import HubSpec
from hubs.spec.restated import MOVES
from hubs.text.searching import score, words

LONGEST = 100  # characters of a search
MOST = 12  # fields of an answer
TITLES = {step.name: step.title for step in STEPS}
# Words of a question that say nothing about a setting.
FILLER = frozenset(
    "a an and are as at be can do does for from how i in into is it its long many me much my of on or our that the "
    "their there they this to we what when where which who will with you your".split()
)
# Other words that people use for a setting, by the beginning of its path.
SYNONYMS: dict[str, str] = {
    "about.heads": "students participants seats class size",
    "about.starts": "begin date start date",
    "about.ends": "expire expiry end date close",
    "signIn.": "login log-in authentication authenticator sso account",
    "singleuser.memory.": "ram mem",
    "singleuser.cpu.": "processor",
    "singleuser.storage.": "disk quota volume pvc home",
    "singleuser.image.": "docker container packages environment conda",
    "singleuser.extraEnv": "env",
    "singleuser.internet": "firewall egress",
    "singleuser.profileList": "profile choice",
    "singleuser.content.": "clone cloning pull pulling download nbgitpuller gitpuller git repository repo github",
    "singleuser.startTimeout": "slow start",
    "cull.": "cull culling culler shut down shutdown auto-stop autostop stopping timeout inactive idle servers run "
             "running",
    "hub.activeServerLimit": "concurrent simultaneous at once",
}  # fmt: skip


@cache
def _elsewhere() -> dict[str, str]:
    """By place in values.yaml: the other places that say the same, such as hub.config.KubeSpawner.mem_limit."""
    found: dict[str, list[str]] = {}
    for source, place in MOVES.items():
        found.setdefault(".".join(place), []).append(".".join(source))
    return {place: " ".join(sources) for place, sources in found.items()}


def _text(field: Field) -> str:
    place = field.values_path
    others = " ".join(text for start, text in SYNONYMS.items() if field.path.startswith(start))
    return f"{field.words.help} {place} {_elsewhere().get(place, '')} {TITLES[field.words.step]} {others}"


def _singular(word: str) -> str:
    """
    >>> [_singular(word) for word in ("servers", "addresses", "class", "gpus", "hub_sizes", "is")]
    ['server', 'address', 'class', 'gpu', 'hub_size', 'is']
    """
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _asked(query: str) -> list[str]:
    """Return the words of a query that matter; all of them if none does."""
    asked = [word.removeprefix("c.").strip(".,;:?!") for word in words(query)]  # c. as in jupyterhub_config.py
    asked = [word for word in asked if word]
    return [_singular(word) for word in asked if word not in FILLER] or asked


def find(query: str, spec: HubSpec | None = None) -> list[Field]:
    """Return the fields that have every word of the query, best first; those without effect in `spec` come last. None
    for an empty query."""
    asked = _asked(query)
    scored = [(score(asked, field.words.label, _text(field)), field) for field in FIELDS.values()]
    waits = {field.path for _, field in scored if spec and not field.asked(spec)}
    best = sorted((one for one in scored if one[0]), key=lambda one: (one[1].path in waits, -one[0]))
    return [field for _, field in best[:MOST]]


@dataclass(frozen=True)
class Setting:
    """A field that a search found. `shown` is the field to open: the one whose answer makes it unnecessary, if there is
    one; `only` says so. `step` is the title of its step."""

    field: Field
    shown: Field
    only: str
    step: str


def settings(query: str, spec: HubSpec, can: Capabilities) -> list[Setting]:
    """Return what the search finds among the fields that a cluster with these capabilities honours."""
    return [
        Setting(field, field.condition(spec) or field, field.only_if(spec), TITLES[field.words.step])
        for field in find(query.strip()[:LONGEST], spec)
        if answers_here(field, can)
    ]
