"""Which idle servers are stopped, and when: Zero to JupyterHub's `cull`."""

from typing import Annotated

from pydantic import Field

from hubs.spec.base import Frozen
from hubs.spec.types import Words

CULLS = ("cull.enabled", ("yes",))


class Cull(Frozen):
    enabled: Annotated[bool, Words("Stop idle servers", "Frees what nobody uses. Files stay.", "sizes")] = True
    timeout: Annotated[
        int,
        Field(ge=60, le=30 * 86400),
        Words("Idle after", "A server that nobody used for so long is stopped.", "sizes", unit="minutes", when=CULLS),
    ] = 3600
    every: Annotated[
        int,
        Field(ge=10, le=86400),
        Words("Check every", "How often we look for idle servers.", "sizes", unit="minutes", advanced=True, when=CULLS),
    ] = 600
    maxAge: Annotated[
        int,
        Field(ge=0, le=365 * 86400),
        Words(
            "Stop at the latest after",
            "Even a busy server stops then. 0: never.",
            "sizes",
            unit="minutes",
            advanced=True,
            when=CULLS,
        ),
    ] = 0
    users: Annotated[
        bool,
        Words("Forget idle people", "The hub forgets who is idle for so long: right for temporary users. Files stay.",
              "sizes", advanced=True, when=CULLS),
    ] = False  # fmt: skip
    adminUsers: Annotated[  # jupyterhub-idle-culler 1.4 asks it of people only: idle servers are stopped whoever's
        bool,
        Words("Forget idle hub admins, too", "Their idle servers are stopped in any case.", "sizes",
              when=("cull.users", ("yes",)), advanced=True),
    ] = True  # fmt: skip
    removeNamedServers: Annotated[
        bool,
        Words(
            "Forget idle named servers", "They are removed when they are stopped.", "sizes", advanced=True, when=CULLS
        ),
    ] = False
    concurrency: Annotated[
        int,
        Field(ge=1, le=1000),
        Words("Stops at once", "How many idle servers are stopped at the same time.", "sizes", advanced=True,
              unit="servers", when=CULLS),
    ] = 10  # fmt: skip
