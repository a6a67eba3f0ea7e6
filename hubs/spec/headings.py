"""The headings under which the form groups a step's advanced fields. Pure."""

from collections.abc import Sequence

# By step, in the order of the form: heading, and the fields below it by the beginnings of their paths.
HEADINGS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "people": (
        ("User names and groups", (
            "signIn.google.", "signIn.cilogon.", "signIn.oauth.", "signIn.lti13.", "signIn.github.populate",
            "signIn.manageGroups",
        )),
        ("Accounts and passwords", ("signIn.native.", "signIn.firstuse.")),
        ("Access", (
            "signIn.session.blocked_users", "signIn.session.allow_existing_users",
            "signIn.session.delete_invalid_users", "signIn.service.allowed_scopes", "signIn.service.custom_403_message",
        )),
        ("Sign-in page and sessions", (
            "signIn.session.", "signIn.service.", "signIn.github.scope", "signIn.enableAuthState",
        )),
    ),
    "sizes": (
        ("Memory, CPU and GPUs", ("singleuser.memory.", "singleuser.cpu.", "singleuser.gpus")),
        ("Storage", ("singleuser.storage.",)),
        ("Nodes", ("singleuser.node", "singleuser.tolerations")),
        ("Idle servers", ("singleuser.kernelTimeout", "cull.")),
        ("Servers per person", ("hub.concurrentSpawnLimit", "hub.allowNamedServers", "hub.namedServerLimitPerUser")),
        ("The hub itself", ("hub.",)),
    ),
    "software": (
        ("Start of a server", (
            "singleuser.image.", "singleuser.cmd", "singleuser.extraEnv", "singleuser.startTimeout", "hub.",
        )),
        ("Network", ("singleuser.internet",)),
        ("Pages of the hub", ("homePage.",)),
    ),
    "content": (
        ("Volumes", ("singleuser.storage.",)),
        ("Start-up", ("singleuser.",)),
    ),
    "more": (("The hub itself", ("hub.",)),),
}  # fmt: skip


def grouped(step: str, paths: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return (heading, paths) for the advanced fields of a step. A field belongs to the first heading that fits it."""
    left, found = list(paths), []
    for heading, beginnings in HEADINGS.get(step, ()):
        below = [path for path in left if path.startswith(beginnings)]
        left = [path for path in left if path not in below]
        if below:
            found.append((heading, below))
    return [*found, *([("", left)] if left else [])]
