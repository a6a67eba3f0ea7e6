"""HubSpec, the complete specification of a hub. Attributes have Zero to JupyterHub's names, so that a dotted path is a
path in values.yaml; `about`, `signIn` and `homePage` are the portal's own."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, ModelWrapValidatorHandler, StringConstraints, ValidationInfo, model_validator

from hubs.language import _, lazy
from hubs.spec import image_names, secrets, shape
from hubs.spec.base import AS_READ, STORED, Frozen, is_stored
from hubs.spec.cull import Cull
from hubs.spec.home_page import HomePage
from hubs.spec.pieces import Roles, Scope, Services
from hubs.spec.pod_pieces import Annotations, HubSizes
from hubs.spec.profiles import as_values
from hubs.spec.reading import reads
from hubs.spec.servers import LabelName, Labels, Singleuser
from hubs.spec.sign_in import SignIn
from hubs.spec.storable import unkept
from hubs.spec.trees import Path
from hubs.spec.types import ANY, Line, Text, Words


class About(Frozen):
    title: Annotated[
        Line, Field(min_length=3), Words(lazy("Name"), lazy("The hub’s name, such as “Statistics 101”."), "about")
    ]
    purpose: Annotated[
        Literal["class", "research", "event", "public"],
        Words(
            lazy("Purpose"),
            lazy("What the hub is for, as set by the starting point. This helps staff to review the request."),
            "about",
            advanced=True,
            choices=(
                ("class", lazy("A class or course")),
                ("research", lazy("A research team")),
                ("event", lazy("A workshop or event")),
                ("public", lazy("Public content")),
            ),
        ),
    ] = "class"
    description: Annotated[
        Text,
        Words(
            lazy("Description"),
            lazy("One or two sentences for the people who review the request."),
            "about",
            advanced=True,
        ),
    ] = ""
    starts: Annotated[
        date | None,
        Words(lazy("First day"), lazy("When people start to use the hub. It is created on that day, or earlier if "
              "you want to prepare it."), "about"),
    ] = None  # fmt: skip
    early: Annotated[
        bool,
        Words(lazy("Create before the first day"), lazy("Create the hub as soon as the request is approved, so that "
              "you can prepare it. It counts towards your organisation’s limits from then on."), "about",
              when=("about.starts", ANY)),
    ] = False  # fmt: skip
    ends: Annotated[
        date | None,
        Words(lazy("Last day"), lazy("After this day no one can sign in. Files are kept, and you can extend the date "
              "for a grace period. Then the hub is retired."), "about"),
    ] = None  # fmt: skip
    heads: Annotated[
        int,
        Field(ge=1, le=20000),
        Words(
            lazy("Number of people"),
            lazy("How many people will use the hub. Limits are counted as if all of them worked at the same time."),
            "about",
            unit="people",
            limit="users_per_hub",
        ),
    ] = 30

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError("ends: " + _("The last day is before the first day."))
        return self


class HubSettings(Frozen):
    activeServerLimit: Annotated[
        int | None,
        Field(ge=1, le=20000),
        Words(
            lazy("Maximum running servers"),
            lazy(
                "How many servers can run at the same time on the whole hub. Leave empty to use the number of people."
            ),
            "sizes",
            unit="servers",
            limit="users_per_hub",
        ),
    ] = None
    concurrentSpawnLimit: Annotated[
        int,
        Field(ge=1, le=1000),
        Words(lazy("Concurrent starts"), lazy("How many servers can be starting at the same time. Lower it if many "
              "starts at once overload the cluster."), "sizes", unit="servers", advanced=True),
    ] = 64  # fmt: skip
    allowNamedServers: Annotated[
        bool, Words(lazy("Named servers"), lazy("People can start several servers, each with its own name."), "sizes",
                    advanced=True)
    ] = False  # fmt: skip
    namedServerLimitPerUser: Annotated[
        int | None,
        Field(ge=1, le=1000),
        Words(lazy("Named servers per person"), lazy("The most named servers that one person can have. Leave empty for "
              "no limit."), "sizes", unit="servers", advanced=True, when=("hub.allowNamedServers", ("yes",))),
    ] = None  # fmt: skip
    redirectToServer: Annotated[
        bool | None,
        Words(lazy("Redirect to server"), lazy("After sign-in, people go straight to their server instead of the hub’s "
              "home page."), "software", advanced=True),
    ] = None  # fmt: skip
    shutdownOnLogout: Annotated[
        bool | None,
        Words(lazy("Stop servers at sign-out"), lazy("A person’s servers stop when they sign out."), "software",
              advanced=True),
    ] = None  # fmt: skip
    resources: Annotated[
        HubSizes,
        Words(lazy("Hub resources"), lazy("CPU and memory of the hub itself, as YAML: requests and limits, each with "
              "cpu and memory. Leave empty for the portal’s default, which is enough for a few hundred people. "
              "Always needs review by staff."), "sizes", advanced=True, needs="pods"),
    ] = {}  # fmt: skip
    nodeSelector: Annotated[
        Labels,
        Words(lazy("Hub node selector"), lazy("The hub itself runs only on nodes with these labels, one per line, such "
              "as pool=core. Always needs review by staff."), "sizes", advanced=True, needs="pods"),
    ] = {}  # fmt: skip
    annotations: Annotated[
        dict[LabelName, Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]],
        Field(max_length=20),
        Annotations,
        Words(lazy("Hub annotations"), lazy("Annotations of the hub’s pod, for other software in the cluster, one per "
              "line. Always needs review by staff."), "more", advanced=True, needs="pods"),
    ] = {}  # fmt: skip
    services: Annotated[
        Services,
        Words(lazy("Services"), lazy("Apps that use the hub’s API, as YAML: a name, and below it the app’s url. Always "
              "needs review by staff."), "more"),
    ] = {}  # fmt: skip
    serverScopes: Annotated[
        tuple[Scope, ...],
        Field(max_length=100),
        Words(lazy("Server OAuth scopes"), lazy("JupyterHub scopes that a server can have on behalf of the person who "
              "opened it, one per line, such as read:users:activity!user. Always needs review by staff."), "more",
              values="hub.config.Spawner.oauth_client_allowed_scopes", advanced=True),
    ] = ()  # fmt: skip
    loadRoles: Annotated[
        Roles,
        Words(lazy("Roles"), lazy("Who can do what through the hub’s API, as YAML: a name, and below it scopes, users, "
              "groups and services. Always needs review by staff."), "more"),
    ] = {}  # fmt: skip


_PORTALS_OWN = lazy("This would read secrets that the portal stores for the hub only. Remove it.")


def _at(place: str, wrong: Iterable[tuple[Path, str]]) -> Iterator[str]:
    return (f"{place}: {'.'.join(path)}: {words}" for path, words in wrong)


class HubSpec(Frozen):
    """A complete hub. `version` is the version of this model's shape in which a stored spec was written."""

    version: Literal[1] = 1
    about: About
    signIn: SignIn = SignIn()
    singleuser: Singleuser = Singleuser()
    hub: HubSettings = HubSettings()
    cull: Cull = Cull()
    homePage: HomePage = HomePage()
    more: Annotated[
        dict[str, Any],
        Words(lazy("More configuration"), lazy("Settings that have no field in this form, as YAML in the format of "
              "Zero to JupyterHub’s values.yaml. Always needs review by staff."), "more", needs="pods"),
    ] = {}  # fmt: skip

    @model_validator(mode="wrap")
    @classmethod
    def _one_place_for_each_value(cls, data: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Move values from `more` into the fields that can hold them, so that a field always has the actual value."""
        found = read(data)
        if not found.more or (info.context and AS_READ.items() <= info.context.items()):
            return found
        from hubs.spec.effective import in_fields  # imports this class

        return cast(Self, in_fields(found, info.context))

    @model_validator(mode="after")
    def _may_be_said(self, info: ValidationInfo) -> Self:
        if not is_stored(info) and (wrong := next(self._complaints(), "")):
            raise ValueError(wrong)
        return self

    def _complaints(self) -> Iterator[str]:
        """Yield errors: secrets outside their own fields (everyone who sees the configuration reads all of it), server
        options or `more` that read what the portal stores in the hub's namespace, and values in `more` that do not have
        the chart's shape (a form adds line and column)."""
        user = self.singleuser
        profiles = as_values(user.profileList)
        places: dict[str, Any] = {
            "more": self.more, "hub.services": self.hub.services, "hub.loadRoles": self.hub.loadRoles,
            "singleuser.profileList": profiles, "singleuser.extraFiles": user.extraFiles,
            "singleuser.content.repository": {"repository": user.content.repository},
            "singleuser.cmd": list(user.cmd), "singleuser.postStart": list(user.postStart),
        }  # fmt: skip
        for place, value in places.items():
            if words := unkept(value):
                yield f"{place}: {words}"
            yield from _at(place, secrets.complaints(value))
        replaced = [path for path in secrets.replaced(profiles) if secrets.is_setting(path)]
        yield from _at("singleuser.profileList", ((path, secrets.NO_SECRET_HERE) for path in replaced))
        for place in ("more", "singleuser.profileList"):
            own = (one.path for one in reads(places[place]) if one.is_the_portals)
            yield from _at(place, ((path, _PORTALS_OWN) for path in own))
        yield from _at("more", (*shape.complaints(self.more), *image_names.in_values(self.more)))

    @classmethod
    def stored(cls, data: Any) -> Self:
        """Return a spec from the database as it was accepted. Newer rules apply when it is edited."""
        return cls.model_validate(data, context=STORED)

    @cached_property
    def takes(self) -> Any:
        """The `counted.Counted` of this spec, cached because several checks use it."""
        from hubs.spec.counted import counted  # imports this class

        return counted(self)

    @cached_property
    def effective(self) -> dict[str, Any]:
        """The `effective.values` of this spec. Callers must not modify them."""
        from hubs.spec.effective import values  # imports this class

        return values(self)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        copied = super().model_copy(update=update, deep=deep)
        for name, kind in vars(HubSpec).items():
            if isinstance(kind, cached_property):
                copied.__dict__.pop(name, None)  # the copy's value may differ
        return copied

    @property
    def seats(self) -> int:
        """The maximum number of running servers."""
        return int(self.takes.seats)

    @property
    def memory_mib(self) -> int:
        """The largest memory limit of a person's server among all server options, in MiB."""
        return int(self.takes.memory_mib)

    @property
    def cpu(self) -> float:
        """The largest CPU limit of a person's server, in cores; 0 if there is no limit."""
        return float(self.takes.cpu)

    @property
    def storage_mib(self) -> int:
        """Storage of a person's home directory, in MiB; 0 if files are not saved."""
        return int(self.takes.storage_mib)
