"""HubSpec itself. Attributes are Zero to JupyterHub's names, so that a dotted path is a path in values.yaml;
`about`, `signIn` and `homePage` are the portal's own."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, ModelWrapValidatorHandler, StringConstraints, ValidationInfo, model_validator

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
        Line, Field(min_length=3), Words("Name", "What people call it, such as “Statistics 101”.", "about")
    ]
    purpose: Annotated[
        Literal["class", "research", "event", "public"],
        Words(
            "Purpose",
            "What the hub is for. It helps us to answer quickly.",
            "about",
            choices=(
                ("class", "A class or course"),
                ("research", "A research team"),
                ("event", "A workshop or event"),
                ("public", "Public content"),
            ),
        ),
    ] = "class"
    description: Annotated[
        Text, Words("Description", "One or two sentences for whoever reads the request.", "about")
    ] = ""
    starts: Annotated[
        date | None,
        Words("First day", "When people start to use it. A hub with a first day to come is created on that day.",
              "about"),
    ] = None  # fmt: skip
    early: Annotated[
        bool,
        Words("Create at once", "Create the hub as soon as the request is approved, so that you can prepare it. It "
              "counts towards your organisation’s limits from then.", "about", when=("about.starts", ANY)),
    ] = False  # fmt: skip
    ends: Annotated[
        date | None,
        Words("Last day", "The hub is suspended after this day: nobody can sign in, and files are kept. You can extend "
              "it. Empty: no last day.", "about"),
    ] = None  # fmt: skip
    heads: Annotated[
        int,
        Field(ge=1, le=20000),
        Words("People", "How many people will use it in all.", "about", unit="people", limit="users_per_hub"),
    ] = 30

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError("ends: The last day is before the first day.")
        return self


class HubSettings(Frozen):
    activeServerLimit: Annotated[
        int | None,
        Field(ge=1, le=20000),
        Words(
            "Servers at once",
            "How many people can work at the same time. Empty: as many as there are people.",
            "sizes",
            unit="servers",
            limit="users_per_hub",
        ),
    ] = None
    concurrentSpawnLimit: Annotated[
        int,
        Field(ge=1, le=1000),
        Words("Starts at once", "How many servers may be starting at the same time.", "sizes", unit="servers",
              advanced=True),
    ] = 64  # fmt: skip
    allowNamedServers: Annotated[
        bool, Words("Several servers a person", "People may start more than one, each with a name.", "sizes",
                    advanced=True)
    ] = False  # fmt: skip
    namedServerLimitPerUser: Annotated[
        int | None,
        Field(ge=1, le=1000),
        Words("Named servers a person", "Empty: as many as they like.", "sizes", unit="servers", advanced=True,
              when=("hub.allowNamedServers", ("yes",))),
    ] = None  # fmt: skip
    redirectToServer: Annotated[
        bool | None,
        Words("Straight to the server", "After sign-in people come to their server, without a page in between.",
              "software", advanced=True),
    ] = None  # fmt: skip
    shutdownOnLogout: Annotated[
        bool | None,
        Words("Stop at sign-out", "A person’s servers stop when they sign out.", "software", advanced=True),
    ] = None  # fmt: skip
    resources: Annotated[
        HubSizes,
        Words("Resources of the hub", "What the hub itself has, as YAML: requests and limits, and below them cpu and "
              "memory. Empty: as the portal has it, enough for some hundred people.", "sizes", advanced=True,
              needs="pods"),
    ] = {}  # fmt: skip
    nodeSelector: Annotated[
        Labels,
        Words("Node selector of the hub", "The hub itself runs only on nodes with these labels, one a line, such as "
              "pool=core.", "sizes", advanced=True, needs="pods"),
    ] = {}  # fmt: skip
    annotations: Annotated[
        dict[LabelName, Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]],
        Field(max_length=20),
        Annotations,
        Words("Annotations of the hub", "What programs of the cluster read on the hub’s pod, one a line. A person "
              "looks at it.", "more", advanced=True, needs="pods"),
    ] = {}  # fmt: skip
    services: Annotated[
        Services,
        Words("Services", "Programs that ask the hub’s API, as YAML: a name, and below it their url. A person looks at "
              "it.", "more"),
    ] = {}  # fmt: skip
    serverScopes: Annotated[
        tuple[Scope, ...],
        Field(max_length=100),
        Words("What servers may ask the hub", "Scopes of JupyterHub that a person’s server has for whoever opened it, "
              "one a line, such as read:users:activity!user. A person looks at it.", "more",
              values="hub.config.Spawner.oauth_client_allowed_scopes", advanced=True),
    ] = ()  # fmt: skip
    loadRoles: Annotated[
        Roles,
        Words("Roles", "Who may do what by the hub’s API, as YAML: a name, and below it scopes, users, groups, "
              "services. A person looks at it.", "more"),
    ] = {}  # fmt: skip


def _at(place: str, wrong: Iterable[tuple[Path, str]]) -> Iterator[str]:
    return (f"{place}: {'.'.join(path)}: {words}" for path, words in wrong)


class HubSpec(Frozen):
    """One hub, complete. `version` is the shape of this model: a stored spec says which one it was written in."""

    version: Literal[1] = 1
    about: About
    signIn: SignIn = SignIn()
    singleuser: Singleuser = Singleuser()
    hub: HubSettings = HubSettings()
    cull: Cull = Cull()
    homePage: HomePage = HomePage()
    more: Annotated[
        dict[str, Any],
        Words("More configuration", "What has no field here, as a values.yaml of Zero to JupyterHub has it. A person "
              "always looks at it.", "more", needs="pods"),
    ] = {}  # fmt: skip

    @model_validator(mode="wrap")
    @classmethod
    def _one_place_for_each_value(cls, data: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """What a field can hold is in the field, also when "more" said it: whoever reads the field knows the hub."""
        found = read(data)
        if not found.more or (info.context and AS_READ.items() <= info.context.items()):
            return found
        from hubs.spec.effective import in_fields  # it reads the fields of this very class

        return cast(Self, in_fields(found, info.context))

    @model_validator(mode="after")
    def _may_be_said(self, info: ValidationInfo) -> Self:
        if not is_stored(info) and (wrong := next(self._complaints(), "")):
            raise ValueError(wrong)
        return self

    def _complaints(self) -> Iterator[str]:
        """Whoever sees the hub's configuration reads all of it: secrets have fields of their own. Neither a choice nor
        more configuration reads what the portal keeps in the hub's namespace. More of it is in the chart's shape; a
        form says that with line and column."""
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
            yield from _at(place, ((path, "This would read what the portal keeps for the hub alone.") for path in own))
        yield from _at("more", (*shape.complaints(self.more), *image_names.in_values(self.more)))

    @classmethod
    def stored(cls, data: Any) -> Self:
        """A spec from the database, as it was accepted then: newer rules apply when somebody edits it."""
        return cls.model_validate(data, context=STORED)

    @cached_property
    def takes(self) -> Any:
        """The `counted.Counted` of this spec: several judges ask for it, and a spec does not change."""
        from hubs.spec.counted import counted  # it reads the fields of this very class

        return counted(self)

    @cached_property
    def effective(self) -> dict[str, Any]:
        """The `effective.values` of this spec, for readers that leave them as they are."""
        from hubs.spec.effective import values  # it reads the fields of this very class

        return values(self)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        copied = super().model_copy(update=update, deep=deep)
        for name, kind in vars(HubSpec).items():
            if isinstance(kind, cached_property):
                copied.__dict__.pop(name, None)  # it may differ
        return copied

    @property
    def seats(self) -> int:
        """Servers that may run at once."""
        return int(self.takes.seats)

    @property
    def memory_mib(self) -> int:
        """Memory of one person's server at most, in MiB: the largest that anybody may choose."""
        return int(self.takes.memory_mib)

    @property
    def cpu(self) -> float:
        """Cores of one person's server at most; 0 when nothing bounds them."""
        return float(self.takes.cpu)

    @property
    def storage_mib(self) -> int:
        """Storage of one person's home, in MiB; 0 when nothing is kept."""
        return int(self.takes.storage_mib)
