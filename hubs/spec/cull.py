"""When idle servers are stopped: Zero to JupyterHub's `cull`."""

from typing import Annotated

from pydantic import Field

from hubs.language import lazy
from hubs.spec.base import Frozen
from hubs.spec.types import Words

CULLS = ("cull.enabled", ("yes",))


class Cull(Frozen):
    enabled: Annotated[
        bool,
        Words(lazy("Stop idle servers"), lazy("Stops servers that are not in use, to free memory and CPU. Files are "
              "not deleted."), "sizes"),
    ] = True  # fmt: skip
    timeout: Annotated[
        int,
        Field(ge=60, le=30 * 86400),
        Words(
            lazy("Idle timeout"),
            lazy("A server that has been idle this long is stopped."),
            "sizes",
            unit="minutes",
            when=CULLS,
        ),
    ] = 3600
    every: Annotated[
        int,
        Field(ge=10, le=86400),
        Words(lazy("Check interval"), lazy("How often the hub checks for idle servers. Shorten it if the idle timeout "
              "is short."), "sizes", unit="minutes", advanced=True, when=CULLS),
    ] = 600  # fmt: skip
    maxAge: Annotated[
        int,
        Field(ge=0, le=365 * 86400),
        Words(
            lazy("Maximum server lifetime"),
            lazy("A server is stopped after this time, even if it is in use. 0 for no limit."),
            "sizes",
            unit="minutes",
            advanced=True,
            when=CULLS,
        ),
    ] = 0
    users: Annotated[
        bool,
        Words(lazy("Remove idle users"), lazy("Removes users from the hub after the idle timeout. Turn this on for "
              "temporary users. Files are not deleted."), "sizes", advanced=True, when=CULLS),
    ] = False  # fmt: skip
    adminUsers: Annotated[  # jupyterhub-idle-culler 1.4 applies it to users only, not to their servers
        bool,
        Words(lazy("Remove idle hub admins"), lazy("Removes hub admins, too. Their idle servers are stopped in any "
              "case."), "sizes", when=("cull.users", ("yes",)), advanced=True),
    ] = True  # fmt: skip
    removeNamedServers: Annotated[
        bool,
        Words(lazy("Remove idle named servers"), lazy("Removes named servers from the hub when they are stopped."),
              "sizes", advanced=True, when=CULLS),
    ] = False  # fmt: skip
    concurrency: Annotated[
        int,
        Field(ge=1, le=1000),
        Words(lazy("Concurrent stops"), lazy("How many idle servers are stopped at the same time."), "sizes",
              advanced=True, unit="servers", when=CULLS),
    ] = 10  # fmt: skip
