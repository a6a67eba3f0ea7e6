"""Find a field by its label, its help, the standard term in it, or its place in values.yaml and JupyterHub's own
configuration. Pure."""

from dataclasses import dataclass
from functools import cache

from hubs.language import lazy, once_a_language, speaking
from hubs.spec.capabilities import Capabilities
from hubs.spec.fields import FIELDS, STEPS, Field
from hubs.spec.honoured import answers_here
from hubs.spec.hub import HubSpec
from hubs.spec.restated import MOVES
from hubs.text.searching import score, words

LONGEST = 100  # characters of a search
MOST = 12  # fields of an answer
TITLES = {step.name: step.title for step in STEPS}
# Words of a question that say nothing about a setting. Each language has its own.
FILLER = lazy(
    "a an and are as at be can do does for from how i in into is it its long many me much my of on or our that the "
    "their there they this to we what when where which who will with you your"
)
# Other words that people use for a setting, by the beginning of its path. Each language has its own, of any number.
SYNONYMS: dict[str, str] = {
    "about.heads": lazy("students participants seats class size"),
    "about.starts": lazy("begin date start date"),
    "about.ends": lazy("expire expiry end date close"),
    "signIn.": lazy("login log-in authentication authenticator sso account"),
    "singleuser.memory.": lazy("ram mem"),
    "singleuser.cpu.": lazy("processor"),
    "singleuser.storage.": lazy("disk quota volume pvc home"),
    "singleuser.image.": lazy("docker container packages environment conda"),
    "singleuser.extraEnv": "env",
    "singleuser.internet": lazy("firewall egress"),
    "singleuser.profileList": lazy("profile choice"),
    "singleuser.content.": lazy("clone cloning pull pulling download nbgitpuller gitpuller git repository repo github"),
    "singleuser.startTimeout": lazy("slow start"),
    "cull.": lazy("cull culling culler shut down shutdown auto-stop autostop stopping timeout inactive idle servers "
                  "run running"),
    "hub.activeServerLimit": lazy("concurrent simultaneous at once"),
}  # fmt: skip
ENGLISH = "en"  # its words are found in every language: JupyterHub's docs are in English


@cache
def _elsewhere() -> dict[str, str]:
    """By place in values.yaml: the other places that say the same, such as hub.config.KubeSpawner.mem_limit."""
    found: dict[str, list[str]] = {}
    for source, place in MOVES.items():
        found.setdefault(".".join(place), []).append(".".join(source))
    return {place: " ".join(sources) for place, sources in found.items()}


def _text(field: Field) -> str:
    place = field.values_path
    others = " ".join(str(text) for start, text in SYNONYMS.items() if field.path.startswith(start))
    return f"{field.words.help} {place} {_elsewhere().get(place, '')} {TITLES[field.words.step]} {others}"


@once_a_language()
def _index() -> dict[str, tuple[str, str]]:
    """By path: the title and the text in which words are found, in the reader's language and in English."""
    mine = {path: (field.words.label, _text(field)) for path, field in FIELDS.items()}
    with speaking(ENGLISH):
        english = {path: (field.words.label, _text(field)) for path, field in FIELDS.items()}
    return {path: (f"{title} {english[path][0]}", f"{text} {english[path][1]}") for path, (title, text) in mine.items()}


@once_a_language()
def _filler() -> frozenset[str]:
    with speaking(ENGLISH):
        english = str(FILLER)
    return frozenset(f"{FILLER} {english}".split())


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
    return [_singular(word) for word in asked if word not in _filler()] or asked


def find(query: str, spec: HubSpec | None = None) -> list[Field]:
    """Return the fields that have every word of the query, best first; those without effect in `spec` come last. None
    for an empty query."""
    asked, index = _asked(query), _index()
    scored = [(score(asked, *index[path]), field) for path, field in FIELDS.items()]
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


def settings(query: str, spec: HubSpec, can: Capabilities | None = None) -> list[Setting]:
    """Return what the search finds among the fields that a cluster with these capabilities honours; None: all."""
    return [
        Setting(field, field.condition(spec) or field, field.only_if(spec), str(TITLES[field.words.step]))
        for field in find(query.strip()[:LONGEST], spec)
        if can is None or answers_here(field, can)
    ]
