"""A person's limits and groups, requested from the portal at each server start, in a hub's own process. Loaded by
`jupyterhub`: not a module of the portal.

If the portal is unavailable, its last response applies until it expires, so that no start is blocked. It imports only
what is installed where the hub runs, and no modules of the portal.
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

PATIENCE = 2.0  # seconds for the portal's response
PAUSE = 10.0  # seconds without requests after a timeout, so that a class of 500 does not queue for it
MOST_PEOPLE = 5000  # in the file; the least recently requested is removed first
LONGEST, MOST_GROUPS = 255, 200  # characters of a group's name, as in JupyterHub; groups of one person
LARGEST = 64 * 1024  # bytes of a response
MIB = 1024**2
GPU = "nvidia.com/gpu"
BOUNDS = {  # plausible values, so that an invalid response does no harm
    "memory_mib": (64, 4 * 1024**2),
    "cpu": (0.01, 256),
    "gpus": (0, 64),
    "storage_mib": (64, 100 * 1024**2),
    "servers": (1, 100),
}


def values_now(said: Any, now: datetime) -> dict[str, float]:
    """Return the current values of {measure: [[value, end or None], ...]}, without implausible ones."""
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
    """Return the names of groups. Raise ValueError if it is not a list of them."""
    if not isinstance(said, list) or len(said) > MOST_GROUPS or not all(isinstance(name, str) for name in said):
        raise ValueError("the response has no groups")
    return [name for name in said if 0 < len(name) <= LONGEST]


class Memory:
    """The portal's last responses, in a file next to the hub's database: {person: response}, latest request last."""

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
        """Save a response, atomically, if it changed. Raise OSError."""
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
    """The portal's API and its last responses. Not a trait of a Spawner, so that configuration can't change it."""

    def __init__(self, url: str, uid: str, secret: str, file: Path) -> None:
        self.address = f"{url.rstrip('/')}/api/hub/{uid}/limits/"
        self.reports = f"{url.rstrip('/')}/api/hub/{uid}/material/"
        self._uid, self._secret = uid, secret
        self._memory = Memory(file)
        self._silent_until = 0.0

    async def limits_of(self, person: str, log: Any) -> dict[str, float]:
        """Return this person's current limits, from the portal or its last response. Never raise."""
        return (await self.said_of(person, log))[0]

    async def said_of(self, person: str, log: Any) -> tuple[dict[str, float], list[str] | None]:
        """Return (limits, groups from the people list) of this person. If the portal is unavailable, limits are from
        its last response, and groups are None: the hub keeps the current ones. Never raise."""
        said, groups = self._memory.get(person), None
        if time.monotonic() >= self._silent_until:
            try:
                said, groups = await self._ask(person)
                self._memory.keep(person, said)
            except Exception as error:  # no error may stop a class
                self._silent_until = time.monotonic() + PAUSE
                log.warning(
                    "The limits of %s could not be requested or saved (%s): the last known ones apply", person, error
                )
        return values_now(said, datetime.now(UTC)), groups

    async def report(self, report: dict[str, Any], log: Any) -> bool:
        """Forward a report of a server (material.py). Return False if the portal did not accept it. Never raise."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            await self._fetch(self.reports, method="POST", body=json.dumps(report))
        except Exception as error:  # no error may stop the server
            log.warning("The portal did not accept the report of %s (%s)", report["user"], error)
            return False
        return True

    async def _fetch(self, address: str, **more: Any) -> Any:
        """Return a response. Raise network errors, and HTTPError for a status other than 2xx."""
        request = HTTPRequest(
            address,
            connect_timeout=PATIENCE,
            request_timeout=PATIENCE,
            follow_redirects=False,  # a redirect would send our secret elsewhere
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            auth_username=self._uid,
            auth_password=self._secret,
            **more,
        )
        return await AsyncHTTPClient().fetch(request)

    async def _ask(self, person: str) -> tuple[dict[str, Any], list[str] | None]:
        """Return (limits, groups). Raise network errors, and ValueError or KeyError for an invalid response."""
        answer = await self._fetch(f"{self.address}?user={quote(person, safe='')}")
        if len(answer.body) > LARGEST:
            raise ValueError("the response is too long")
        said = json.loads(answer.body)
        if not isinstance(said["limits"], dict):
            raise ValueError("the response has no limits")
        return said["limits"], names_in(said["groups"]) if "groups" in said else None


class LimitedSpawner:
    """A mixin for Spawners: before each start it gets groups and limits from the portal and applies them."""

    portal: Portal | None = None
    groups: Any = None  # hub_groups.Groups
    say: Any = staticmethod(str.format)  # languages.say
    _asked: dict[str, float] = {}  # from the portal, when this start began
    _limits: dict[str, float] = {}  # of this server, since its start was requested
    _ours: dict[str, tuple[Any, Any]] = {}  # trait -> (value before, value that we set)

    @classmethod
    async def follow(cls, user: Any) -> dict[str, float]:
        """Update the person's groups from the portal and return their limits."""
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
        """Return the form for the person's current groups."""
        await self.follow(self.user)
        return await super().get_options_form()  # type: ignore[misc]

    async def run_auth_state_hook(self: Any, auth_state: Any) -> None:
        """Update groups and limits: JupyterHub calls this first at a start, before groups are used."""
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
        """Raise a 4xx error, which JupyterHub shows to the person and does not count as a failure of the hub."""
        others = [one for one in self.user.spawners.values() if one is not self and one.active]
        if most is not None and len(others) >= most:
            one = "You can run 1 server at the same time. Stop one of your servers first."
            many = "You can run {number} servers at the same time. Stop one of your servers first."
            message = self.say(one if most == 1 else many, number=f"{most:g}")
            error = web.HTTPError(403, message)
            error.jupyterhub_message = message  # type: ignore[attr-defined]
            raise error

    def _take_back(self: Any) -> None:
        """Reset the traits set by an earlier start of this server, unless something else changed them since."""
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
        """Set the traits. Can be repeated after something else has set them."""
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
            self._give("storage_capacity", f"{limits['storage_mib']:.0f}Mi")  # of a home volume that is created now
        if "gpus" in limits:
            self._give_gpus(int(limits["gpus"]))

    def _give_gpus(self: Any, number: int) -> None:
        """Set GPUs. Kubernetes requires request and limit to be equal, and uses the limit if there is no request."""
        for trait in ("extra_resource_limits", "extra_resource_guarantees"):
            known = dict(getattr(self, trait, {}))
            had = known.pop(GPU, None) is not None
            if number and (had or trait == "extra_resource_limits"):
                known[GPU] = str(number)
            self._give(trait, known)
