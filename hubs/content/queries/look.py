"""*Test repository*: resolve an address, test whether people can read it, list its branches and notebooks."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar

from django.core.cache import cache

from hubs.errors import DomainError, Invalid
from hubs.language import _, lazy
from hubs.live import bulkhead, rate_limit
from hubs.models import Organization, User
from hubs.outbound import Forbidden, OutboundClient, Unanswered
from hubs.outbound.client import Question
from hubs.spec.repository_address import Material, NoRepository, read

from . import git
from .packs import Strange

T = TypeVar("T")
SECONDS = 8.0  # for all requests about one repository
KEPT = 120  # seconds
ASKED, WINDOW = 120, 5 * 60  # tests of repositories and branches per person and WINDOW seconds
BRAKED = lazy("You have tested many repositories in a short time. Try again in a few minutes.")
NOTEBOOKS = (".ipynb", ".rmd", ".qmd")
MOST_NOTEBOOKS = 200
COMPARED, LONGEST = 500, 200  # suggested names, and characters of one: comparing them takes time


@dataclass(frozen=True)
class Seen:
    """Result of a test. `branches`: the default branch first. `files`: None if the server does not list them."""

    material: Material  # with the resolved branch
    branches: tuple[str, ...]
    files: tuple[str, ...] | None

    @property
    def notebooks(self) -> list[str]:
        """Paths of notebooks that a link can open, sorted."""
        found = sorted(path for path in self.files or () if path.lower().endswith(NOTEBOOKS))
        return found[:MOST_NOTEBOOKS]


def look(
    address: str,
    branch: str = "",
    path: str = "",
    *,
    organization: Organization,
    by: User,
    door: OutboundClient | None = None,
) -> Seen:
    """Test the repository. `branch` and `path` override those in the address.

    Raise Invalid with errors of `repo`, `branch` and `path`; Unavailable if there are too many requests at the moment.
    """
    try:
        meant = read(address)
    except NoRepository as error:
        raise Invalid(str(error), {"repo": [str(error)]}) from None
    found = _known(meant, door or OutboundClient(), organization, by)
    branches = _usual_first(found)
    if not branches:
        _refuse("repo", _("This repository is empty. Push something to it first."))
    settled = meant.settled(branches)
    wanted = branch or settled.branch or branches[0]
    if wanted not in branches:
        near = _near(wanted, branches, 3, 0.5) or [name[:LONGEST] for name in branches[:3]]
        said = _(
            "This repository has no branch “{branch}”. It has {others}.", branch=wanted[:100], others=", ".join(near)
        )
        _refuse("branch", said)
    files = _files(found, wanted, door or OutboundClient(), organization, by)
    at = (path or settled.path).strip("/")
    if files is not None and at and not _is_there(at, files):
        near = _near(at, files, 1, 0.6)
        said = _("There is no “{path}” on the branch {branch}.", path=at[:200], branch=wanted)
        _refuse("path", " ".join([said, *(_("Did you mean {path}?", path=one) for one in near)]))
    return Seen(Material(meant.repository, wanted, at), branches, files)


def seen_or_trouble(address: str, *beside: str, organization: Organization, by: User) -> dict[str, Any]:
    """Return the context for a page: {"seen": ...}, or {"trouble": sentences by field}."""
    try:
        return {"seen": look(address, *beside, organization=organization, by=by)}
    except Invalid as error:
        return {"trouble": error.errors}
    except DomainError as error:
        return {"trouble": {"repo": [error.message]}}


def _refuse(field: str, sentence: str) -> NoReturn:
    raise Invalid(sentence, {field: [sentence]})


def _near(wanted: str, names: tuple[str, ...], most: int, alike: float) -> list[str]:
    """Return similar names, best match first. Names from the server and the user are untrusted, and comparing long ones
    would keep a worker busy for hours."""
    if len(wanted) > LONGEST:
        return []
    last = wanted.rpartition("/")[2]
    short = [name for name in names if len(name) <= LONGEST]
    short.sort(key=lambda name: name.rpartition("/")[2] != last)  # the same file in another folder
    return get_close_matches(wanted, short[:COMPARED], most, alike)


def _is_there(path: str, files: tuple[str, ...]) -> bool:
    return path in files or any(one.startswith(f"{path}/") for one in files)


def _usual_first(found: git.Repository) -> tuple[str, ...]:
    return tuple(sorted(found.branches, key=lambda name: (name != found.usual, name.lower())))


def _brake(by: User) -> None:
    if rate_limit.seconds_until_free("material", by.username, most=ASKED, seconds=WINDOW):
        _refuse("repo", str(BRAKED))


def _known(meant: Material, door: OutboundClient, organization: Organization, by: User) -> git.Repository:
    key = "material:" + hashlib.sha256(meant.repository.encode()).hexdigest()
    found: git.Repository | None = cache.get(key)
    if found is None:
        _brake(by)
        found = _asked(lambda question: git.ask(question, meant.repository), door, organization)
        cache.set(key, found, KEPT)
    return found


def _files(
    found: git.Repository, branch: str, door: OutboundClient, organization: Organization, by: User
) -> tuple[str, ...] | None:
    if not found.lists_files:
        return None
    key = "material:" + hashlib.sha256(f"{found.address}\n{found.branches[branch]}".encode()).hexdigest()
    files: tuple[str, ...] | None = cache.get(key)
    if files is None:
        _brake(by)
        try:
            files = tuple(_asked(lambda question: git.files(question, found, branch), door, organization))
        except Invalid:  # too large, or not supported; the repository itself is readable
            return None
        cache.set(key, files, KEPT)
    return files


def _asked(ask: Callable[[Question], T], door: OutboundClient, organization: Organization) -> T:
    """Return the result of `ask`. Raise Invalid for the address, Unavailable."""
    whose = door.of(f"organization:{organization.pk}")
    try:
        with bulkhead.question(organization=organization.pk), whose.question(SECONDS) as question:
            return ask(question)
    except (git.NotThere, Forbidden, Unanswered) as error:
        raise Invalid(error.message, {"repo": [error.message]}) from None
    except Strange as error:
        raise Invalid(str(error), {"repo": [str(error)]}) from None
