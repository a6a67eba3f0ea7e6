"""The headings under which the form groups a step's advanced fields. Pure."""

from collections.abc import Sequence

from hubs.language import lazy

# By step, in the order of the form: heading, and the fields below it by the beginnings of their paths.
HEADINGS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "about": ((lazy("For whom and what"), ("about.",)),),
    "people": (
        (lazy("User names and groups"), (
            "signIn.google.", "signIn.cilogon.", "signIn.oauth.", "signIn.lti13.", "signIn.github.populate",
            "signIn.manageGroups",
        )),
        (lazy("Accounts and passwords"), ("signIn.native.", "signIn.firstuse.")),
        (lazy("Access"), (
            "signIn.session.blocked_users", "signIn.session.allow_existing_users",
            "signIn.session.delete_invalid_users", "signIn.service.allowed_scopes", "signIn.service.custom_403_message",
        )),
        (lazy("Sign-in page and sessions"), (
            "signIn.session.", "signIn.service.", "signIn.github.scope", "signIn.enableAuthState",
        )),
    ),
    "sizes": (
        (lazy("Memory, CPU and GPUs"), ("singleuser.memory.", "singleuser.cpu.", "singleuser.gpus")),
        (lazy("Storage"), ("singleuser.storage.",)),
        (lazy("Nodes"), ("singleuser.node", "singleuser.tolerations")),
        (lazy("Idle servers"), ("singleuser.kernelTimeout", "cull.")),
        (lazy("Servers per person"), (
            "hub.concurrentSpawnLimit", "hub.allowNamedServers", "hub.namedServerLimitPerUser",
        )),
        (lazy("The hub itself"), ("hub.",)),
    ),
    "software": (
        (lazy("Start of a server"), (
            "singleuser.image.", "singleuser.cmd", "singleuser.extraEnv", "singleuser.startTimeout", "hub.",
        )),
        (lazy("Network"), ("singleuser.internet",)),
        (lazy("Pages of the hub"), ("homePage.",)),
    ),
    "content": (
        (lazy("Volumes"), ("singleuser.storage.",)),
        (lazy("Start-up"), ("singleuser.",)),
    ),
    "more": ((lazy("The hub itself"), ("hub.",)),),
}  # fmt: skip


def grouped(step: str, paths: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return (heading, paths) for the advanced fields of a step. A field belongs to the first heading that fits it."""
    left, found = list(paths), []
    for heading, beginnings in HEADINGS.get(step, ()):
        below = [path for path in left if path.startswith(beginnings)]
        left = [path for path in left if path not in below]
        if below:
            found.append((str(heading), below))
    return [*found, *([("", left)] if left else [])]
