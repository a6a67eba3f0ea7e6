"""What one person's server may use, and in which groups the person is, asked of the portal at each start, in a hub's
own process. Read by `jupyterhub` itself: not a module of the portal.

A portal that is away stops nobody: what it said last counts, as far as its time is not over. It imports what is
installed where the hub runs, and nothing of ours.
"""

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

PATIENCE = 2.0  # seconds for the portal's answer
PAUSE = 10.0  # seconds without asking, after it did not answer: a class of 500 does not wait in line for it
MOST_PEOPLE = 5000  # remembered; who was asked about longest ago is forgotten
LONGEST, MOST_GROUPS = 255, 200  # characters of a group's name, as JupyterHub keeps it; groups of one person
LARGEST = 64 * 1024  # bytes of an answer
MIB = 1024**2
GPU = "nvidia.com/gpu"
BOUNDS = {  # what makes sense, so that a strange answer does no harm
    "memory_mib": (64, 4 * 1024**2),
    "cpu": (0.01, 256),
    "gpus": (0, 64),
    "storage_mib": (64, 100 * 1024**2),
    "servers": (1, 100),
}


def values_now(said: Any, now: datetime) -> dict[str, float]:
    """What counts now of {measure: [[value, end or None], ...]}; nothing of what makes no sense."""
    found = {}
    for name, (least, most) in BOUNDS.items():
        steps = said.get(name) if isinstance(said, Mapping) else None
        for step in steps if isinstance(steps, list) else ():
            try:
                value, end = step
                over = end is not None and datetime.fromisoformat(end) <= now
            except (TypeError, ValueError):
                break
            if over:
                continue
            if isinstance(value, (int, float)) and least <= value <= most:
                found[name] = value
            break
    return found


def names_in(said: Any) -> list[str]:
    """Names of groups. Raises ValueError for what is no list of them."""
    if not isinstance(said, list) or len(said) > MOST_GROUPS or not all(isinstance(name, str) for name in said):
        raise ValueError("the answer holds no groups")
    return [name for name in said if 0 < len(name) <= LONGEST]


class Memory:
    """The portal's last answers, in a file beside the hub's database: {person: answer}, the latest asked last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = {}
        self.answers: dict[str, Any] = kept if isinstance(kept, dict) else {}

    def get(self, person: str) -> Any:
        return self.answers.get(person, {})

    def keep(self, person: str, answer: Any) -> None:
        """All or nothing on disk; not written when nothing is new. Raises OSError."""
        known = self.answers.pop(person, None)
        if answer:
            self.answers[person] = answer
        while len(self.answers) > MOST_PEOPLE:
            del self.answers[next(iter(self.answers))]
        if known == (answer or None):
            return
        new = self.path.with_name(f".{self.path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.answers, file)
        new.replace(self.path)


class Portal:
    """Whom to ask, as whom, and what was said last. No trait of a Spawner: nothing that people configure reaches it."""

    def __init__(self, url: str, uid: str, secret: str, file: Path) -> None:
        self.address = f"{url.rstrip('/')}/api/hub/{uid}/limits/"
        self.reports = f"{url.rstrip('/')}/api/hub/{uid}/material/"
        self._uid, self._secret = uid, secret
        self._memory = Memory(file)
        self._silent_until = 0.0

    async def limits_of(self, person: str, log: Any) -> dict[str, float]:
        """What counts now for this person: by the portal's answer, or by its last one. Never raises."""
        return (await self.said_of(person, log))[0]

    async def said_of(self, person: str, log: Any) -> tuple[dict[str, float], list[str] | None]:
        """(limits, groups of the hub's list) of this person. Limits are those of the last answer when the portal is
        away; groups are None then, and the hub keeps those it has. Never raises."""
        said, groups = self._memory.get(person), None
        if time.monotonic() >= self._silent_until:
            try:
                said, groups = await self._ask(person)
                self._memory.keep(person, said)
            except Exception as error:  # whatever it is, a class goes on
                self._silent_until = time.monotonic() + PAUSE
                log.warning(
                    "The limits of %s could not be requested or saved (%s): the last known ones apply", person, error
                )
        return values_now(said, datetime.now(UTC)), groups

    async def report(self, report: dict[str, Any], log: Any) -> bool:
        """Hand a report of somebody's server on (material.py). False when the portal did not take it. Never raises."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            await self._fetch(self.reports, method="POST", body=json.dumps(report))
        except Exception as error:  # whatever it is, the server goes on
            log.warning("The portal did not accept the report of %s (%s)", report["user"], error)
            return False
        return True

    async def _fetch(self, address: str, **more: Any) -> Any:
        """Raises what the network raises, and HTTPError for an answer that is not 2xx."""
        request = HTTPRequest(
            address,
            connect_timeout=PATIENCE,
            request_timeout=PATIENCE,
            follow_redirects=False,  # they would carry our secret elsewhere
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            auth_username=self._uid,
            auth_password=self._secret,
            **more,
        )
        return await AsyncHTTPClient().fetch(request)

    async def _ask(self, person: str) -> tuple[dict[str, Any], list[str] | None]:
        """Raises what the network raises, and ValueError or KeyError for an answer that is none."""
        answer = await self._fetch(f"{self.address}?user={quote(person, safe='')}")
        if len(answer.body) > LARGEST:
            raise ValueError("the answer is too long")
        said = json.loads(answer.body)
        if not isinstance(said["limits"], dict):
            raise ValueError("the answer holds no limits")
        return said["limits"], names_in(said["groups"]) if "groups" in said else None


class LimitedSpawner:
    """Mixed into a Spawner: before each start the portal is asked, and groups and traits follow its answer."""

    portal: Portal | None = None
    groups: Any = None  # hub_groups.Groups
    _asked: dict[str, float] = {}  # by the portal, when this start began
    _limits: dict[str, float] = {}  # of this server, since its start was asked for
    _ours: dict[str, tuple[Any, Any]] = {}  # trait -> (value before, value that we set)

    @classmethod
    async def follow(cls, user: Any) -> dict[str, float]:
        """Ask the portal: this person is in the groups that it says, and gets the limits that are returned."""
        if cls.portal is None:
            return {}
        limits, groups = await cls.portal.said_of(user.name, user.log)
        if cls.groups is not None and groups is not None:
            try:
                cls.groups.by_list(user, groups)
            except OSError as error:
                user.log.warning("The groups of %s could not be saved (%s): they do not change", user.name, error)
        return limits

    async def get_options_form(self: Any) -> Any:
        """The page shows what is for the groups in which its person is now."""
        await self.follow(self.user)
        return await super().get_options_form()  # type: ignore[misc]

    async def run_auth_state_hook(self: Any, auth_state: Any) -> None:
        """The first that JupyterHub does at a start, before anything looks at groups."""
        self._asked = await self.follow(self.user)
        await super().run_auth_state_hook(auth_state)  # type: ignore[misc]

    async def run_pre_spawn_hook(self: Any) -> None:
        if self.portal:
            self._take_back()
            self._limits = self._asked
            self._refuse_too_many(self._limits.get("servers"))
            self.apply_limits()
        hooked = super().run_pre_spawn_hook()  # type: ignore[misc]
        if hooked is not None:
            await hooked

    def _refuse_too_many(self: Any, most: float | None) -> None:
        """A 4xx, which JupyterHub shows to the person and does not count as a fault of the hub's."""
        others = [one for one in self.user.spawners.values() if one is not self and one.active]
        if most is not None and len(others) >= most:
            servers = "1 server" if most == 1 else f"{most:g} servers"
            message = f"You can run {servers} at the same time. Stop one of your servers first."
            error = web.HTTPError(403, message)
            error.jupyterhub_message = message  # type: ignore[attr-defined]
            raise error

    def _take_back(self: Any) -> None:
        """What an earlier start of this very server was given, unless something else changed it since."""
        for trait, (before, given) in self._ours.items():
            if getattr(self, trait) == given:
                setattr(self, trait, before)
        self._ours = {}

    def _give(self: Any, trait: str, value: Any) -> None:
        if self.has_trait(trait):
            before, _ = self._ours.get(trait, (getattr(self, trait), None))
            setattr(self, trait, value)
            self._ours[trait] = (before, getattr(self, trait))

    def apply_limits(self: Any) -> None:
        """Set the traits. Safe to repeat, after something else has set them."""
        limits = self._limits
        if "memory_mib" in limits:
            self._give("mem_limit", int(limits["memory_mib"] * MIB))
            if self.mem_guarantee:
                self._give("mem_guarantee", min(self.mem_guarantee, self.mem_limit))
        if "cpu" in limits:
            self._give("cpu_limit", float(limits["cpu"]))
            if self.cpu_guarantee:
                self._give("cpu_guarantee", min(self.cpu_guarantee, self.cpu_limit))
        if "storage_mib" in limits:
            self._give("storage_capacity", f"{limits['storage_mib']:.0f}Mi")  # of a home that is made now
        if "gpus" in limits:
            self._give_gpus(int(limits["gpus"]))

    def _give_gpus(self: Any, number: int) -> None:
        """Kubernetes wants as many set aside as are the limit, and takes the limit for it where nothing is said."""
        for trait in ("extra_resource_limits", "extra_resource_guarantees"):
            known = dict(getattr(self, trait, {}))
            had = known.pop(GPU, None) is not None
            if number and (had or trait == "extra_resource_limits"):
                known[GPU] = str(number)
            self._give(trait, known)
