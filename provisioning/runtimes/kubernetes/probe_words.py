"""The result of an image test, from the state of its pod. Pure; sentences for teachers."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hubs.images.rules import Contents, clean
from hubs.language import _
from provisioning.contract import PROBE_SECONDS, Probed, unknown
from provisioning.probed import read, trouble
from provisioning.runtimes.kubernetes.trouble import CONFIG, PULL, since
from provisioning.sentences import not_in_its_registry, with_output

Live = Mapping[str, Any]
RUNS = 240.0  # seconds for our program: listing R packages, and a server start of up to sixty seconds
MAY_PASS = 120.0  # seconds after which problems of the network or registry count
LONGEST = 200
# Messages of registries, containerd and CRI-O by their meaning. The first match counts: "denied" often appears together
# with "does not exist", because a registry does not tell unauthenticated clients which of the two applies.
_WRONG_MACHINE = "no match for platform|no matching manifest|no image found in manifest list|exec format error"
_DENIED = r"unauthorized|denied|authentication required|insufficient_scope|authorization failed|\b40[13]\b"
_ABSENT = r"not ?found|manifest unknown|name unknown|repository name not known|\b404\b"
_MANY = r"toomanyrequests|too many requests|\b429\b|rate limit"


def verdict(
    pod: Live, output: Callable[[], str], events: Callable[[], Iterable[Live]], now: datetime | None = None
) -> Probed | None:
    """Return the result, or None while the test may still succeed. `output` and `events` are only called if needed.

    An image counts as not starting only if the test inside it failed, or this cluster can't pull it; otherwise it is
    unknown.
    """
    now = now or datetime.now(UTC)
    status, meta = pod.get("status", {}), pod.get("metadata", {})
    spec = (pod.get("spec", {}).get("containers") or [{}])[0]
    image = str(spec.get("image", ""))
    one: Live = next(iter(status.get("containerStatuses") or []), {})
    state = one.get("state") or {}
    age = since(str(meta.get("creationTimestamp", "")), now)
    if "deletionTimestamp" in meta:
        return None  # it is being removed, and will be created again
    if status.get("phase") == "Failed" and status.get("reason"):  # for example evicted: not caused by the image
        return unknown(_ended_by_the_cluster(status))
    if ended := state.get("terminated"):
        return _with_digest(_ended(ended, image, output()), one)
    if status.get("phase") == "Failed":
        return unknown(_ended_by_the_cluster(status))
    if running := state.get("running"):
        if since(str(running.get("startedAt", "")), now) > RUNS:
            return _with_digest(_too_slow(image, output()), one)
        return None
    waiting = state.get("waiting") or {}
    if waiting.get("reason") in PULL:
        said = str(waiting.get("message", ""))
        if said.startswith("Back-off") and "ErrImagePull:" not in said:  # before Kubernetes 1.32
            said += " ".join(str(event.get("message", "")) for event in events() if event.get("reason") == "Failed")
        if found := _not_fetched(image, f"{waiting.get('reason')} {said}", age):
            return found
    if waiting.get("reason") in CONFIG:
        return _not_begun(image, str(waiting.get("message", "")))
    if age > PROBE_SECONDS:
        return unknown(_never_ran(status, image))
    return None


def digest_of(status: Live) -> str:
    """Return the registry's digest. An image that was loaded on a node manually has none."""
    found = re.search(r"@(sha256:[0-9a-f]{64})$", str(status.get("imageID", "")))
    return found[1] if found else ""


def _with_digest(found: Probed, status: Live) -> Probed:
    return replace(found, digest=digest_of(status)) if found.known else found


def size_mib(events: Iterable[Live]) -> int | None:
    """Return the size from the node's event after pulling it (Kubernetes 1.30 and newer)."""
    for event in events:
        if found := re.search(r"Image size: (\d{1,15}) bytes", str(event.get("message", ""))):
            return int(found[1]) // (1024 * 1024)
    return None


def _not_fetched(image: str, said: str, age: float) -> Probed | None:
    def tells(pattern: str) -> bool:
        return bool(re.search(pattern, said.replace(image, ""), re.IGNORECASE))

    if tells("InvalidImageName"):
        return Probed(False, _("“{image}” is not a valid image name.", image=image))
    if tells(_WRONG_MACHINE):
        return _other_machine(image)
    if tells(_DENIED):
        said = _(
            "The registry does not allow this cluster to pull “{image}”. It may not exist, or it may need a password. "
            "Organisation admins can save passwords under Registries.",
            image=image,
        )
        return Probed(False, said)
    if tells(_ABSENT):
        return Probed(False, not_in_its_registry(image))
    if age <= MAY_PASS:
        return None
    if tells(_MANY):
        limited = _(
            "The registry of “{image}” has reached its download limit. Test the image again later.", image=image
        )
        return unknown(limited)
    return unknown(_("The cluster can’t pull “{image}”: {why}", image=image, why=clean(said, LONGEST)))


def _other_machine(image: str) -> Probed:
    return Probed(False, _("“{image}” is built for a processor type that the cluster does not have.", image=image))


def _not_begun(image: str, said: str) -> Probed:
    """The container runtime could not start the command."""
    if re.search(_WRONG_MACHINE, said, re.IGNORECASE):
        return _other_machine(image)
    if "/bin/sh" in said:
        no_shell = _(
            "“{image}” has no shell (/bin/sh), so the portal can’t test it. Jupyter images have one.", image=image
        )
        return unknown(no_shell)
    return unknown(_("The cluster can’t start “{image}”: {why}", image=image, why=clean(said, LONGEST)))


def _ended(ended: Live, image: str, output: str) -> Probed:
    reason, said = str(ended.get("reason", "")), str(ended.get("message", ""))
    reading = read(output)
    if reason == "OOMKilled":
        why = _("A server in this image needs more than 1 GiB of memory to start, or the cluster stopped the test.")
        return unknown(why)  # only in the test: a hub may have more memory
    if not reading.begun:
        if reason in ("StartError", "ContainerCannotRun") or re.search(_WRONG_MACHINE, f"{said} {output[-2000:]}"):
            return _not_begun(image, f"{said} {output[-2000:]}")
        return Probed(False, _own_program(image, output))
    if not reading.whole:
        code = ended.get("exitCode", "?")
        return unknown(_("The test of “{image}” ended too early, with exit code {code}.", image=image, code=code))
    return Probed(reading.starts, trouble(reading), reading.contents)


def _own_program(image: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = _(
        "“{image}” runs its own program (its ENTRYPOINT) instead of the command that JupyterHub passes to it.",
        image=image,
    )
    return with_output(said, clean(lines[-1], LONGEST)) if lines else said


def _too_slow(image: str, output: str) -> Probed:
    if not read(output).begun:
        return Probed(False, _own_program(image, output))
    minutes = f"{RUNS / 60:.0f}"
    return unknown(_("The test of “{image}” took longer than {minutes} minutes.", image=image, minutes=minutes))


def _ended_by_the_cluster(status: Live) -> str:
    if status.get("reason") == "DeadlineExceeded":
        minutes = f"{PROBE_SECONDS / 60:.0f}"
        return _("The cluster could not pull and start the image within {minutes} minutes.", minutes=minutes)
    said = clean(status.get("message"), LONGEST) or clean(status.get("reason"), LONGEST)
    return _("The cluster stopped the test: {why}", why=said) if said else _("The cluster stopped the test.")


def _never_ran(status: Live, image: str) -> str:
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            said = clean(condition.get("message"), LONGEST)
            return _(
                "No node of the cluster has enough free resources for the test. Try again later. ({message})",
                message=said,
            )
    minutes = f"{PROBE_SECONDS / 60:.0f}"
    return _("The cluster could not pull and start “{image}” within {minutes} minutes.", image=image, minutes=minutes)


def with_size(found: Probed, events: Iterable[Live]) -> Probed:
    """Return the same result with the size of the image."""
    size = size_mib(events) if found.contents != Contents() else None
    return replace(found, contents=replace(found.contents, size_mib=size)) if size else found
