"""HubSpec itself. Attributes are Zero to JupyterHub's names, so that a dotted path is a path in values.yaml;
`about`, `signIn` and `homePage` are the portal's own."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hubs.spec.types import Line, Memory, Person, Storage, Text, UrlPath, Words, memory_bytes, storage_mib

NOT_ENFORCED = "On one machine this is told to people's notebooks, but not enforced."


class Frozen(BaseModel):
    """Immutable, and an unknown key is an error: a typo never becomes a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


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
    starts: Annotated[date | None, Words("First day", "When people start to use it.", "about")] = None
    ends: Annotated[date | None, Words("Last day", "After this day it is no longer needed.", "about")] = None
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


class SignIn(Frozen):
    method: Annotated[
        Literal["portal", "tmp"],
        Words(
            "How people sign in",
            "Who may come in, and with which account.",
            "people",
            values="hub.config.JupyterHub.authenticator_class",
            choices=(
                ("portal", "With their account here — only people on the hub’s list get in"),
                ("tmp", "Without an account — everybody with the link gets an empty, temporary server"),
            ),
        ),
    ] = "portal"
    adminUsers: Annotated[
        tuple[Person, ...],
        Field(max_length=100),
        Words(
            "Hub admins",
            "User names or e-mail addresses, one a line. They see and help everybody’s servers. You are one anyway.",
            "people",
            values="hub.config.Authenticator.admin_users",
        ),
    ] = ()


class MemoryLimits(Frozen):
    limit: Annotated[
        Memory,
        Words(
            "Memory a person",
            "The most that one person’s notebooks may use.",
            "sizes",
            unit="GiB",
            limit="memory_per_user_mib",
            local=NOT_ENFORCED,
        ),
    ] = "1G"
    guarantee: Annotated[
        Memory,
        Words(
            "Memory kept free for each person",
            "Set aside for each running server. Smaller is cheaper, larger is safer.",
            "sizes",
            unit="GiB",
            local=NOT_ENFORCED,
            advanced=True,
        ),
    ] = "256M"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if memory_bytes(self.guarantee) > memory_bytes(self.limit):
            raise ValueError("guarantee: This is more than the memory a person may use.")
        return self


class CpuLimits(Frozen):
    limit: Annotated[
        float,
        Field(gt=0, le=256, allow_inf_nan=False),
        Words(
            "CPU a person",
            "Processor cores that one person may use at most.",
            "sizes",
            unit="cores",
            limit="cpu_per_user",
            local=NOT_ENFORCED,
        ),
    ] = 2
    guarantee: Annotated[
        float,
        Field(ge=0, le=256, allow_inf_nan=False),
        Words(
            "CPU kept free for each person",
            "Set aside for each running server. 0.05 is right for most classes.",
            "sizes",
            unit="cores",
            local=NOT_ENFORCED,
            advanced=True,
        ),
    ] = 0.05

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.guarantee > self.limit:
            raise ValueError("guarantee: This is more than the CPU a person may use.")
        return self


class StorageSpec(Frozen):
    type: Annotated[
        Literal["dynamic", "none"],
        Words(
            "Files",
            "Whether people find their files again.",
            "sizes",
            choices=(("dynamic", "Everybody keeps a home"), ("none", "Nothing is kept after the server stops")),
            local="On one machine every home is a folder.",
        ),
    ] = "dynamic"
    capacity: Annotated[
        Storage,
        Words(
            "Storage a person",
            "Room for one person’s files.",
            "sizes",
            unit="GiB",
            limit="storage_per_user_mib",
            local="On one machine this is not enforced.",
        ),
    ] = "5Gi"


class Image(Frozen):
    name: Annotated[
        Annotated[str, StringConstraints(max_length=255, pattern=r"^[a-z0-9]([a-z0-9._/:-]*[a-z0-9])?$")],
        Words(
            "Image",
            "The software people work with: the name of a container image.",
            "software",
            local="On one machine every hub uses the software that is installed there.",
        ),
    ] = "quay.io/jupyter/scipy-notebook"
    tag: Annotated[
        Annotated[str, StringConstraints(max_length=128, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")],
        Words("Image tag", "Which version of the image.", "software", local="Not used on one machine."),
    ] = "2026-10-05"


class Singleuser(Frozen):
    image: Image = Image()
    defaultUrl: Annotated[
        UrlPath,
        Words(
            "Opens with",
            "What people see after sign-in: /lab, /tree, /rstudio, or a path of your image.",
            "software",
        ),
    ] = "/lab"
    memory: MemoryLimits = MemoryLimits()
    cpu: CpuLimits = CpuLimits()
    storage: StorageSpec = StorageSpec()
    startTimeout: Annotated[
        int,
        Field(ge=30, le=3600),
        Words("Patience", "How long a server may take to start.", "software", unit="minutes", advanced=True),
    ] = 300


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


class Cull(Frozen):
    enabled: Annotated[bool, Words("Stop idle servers", "Frees what nobody uses. Files stay.", "sizes")] = True
    timeout: Annotated[
        int,
        Field(ge=60, le=30 * 86400),
        Words("Idle after", "A server that nobody used for so long is stopped.", "sizes", unit="minutes"),
    ] = 3600
    every: Annotated[
        int, Field(ge=10, le=86400), Words("Look every", "How often we look.", "sizes", unit="minutes", advanced=True)
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
        ),
    ] = 0
    users: Annotated[
        bool,
        Words("Forget idle people", "Removes temporary users when their server stops.", "sizes", advanced=True),
    ] = False


class HomePage(Frozen):
    text: Annotated[
        Text,
        Words(
            "Words on the hub’s pages",
            "A welcome or a notice, shown on the hub’s own pages. Markdown works.",
            "software",
            values="hub.templateVars.announcement",
        ),
    ] = ""


class HubSpec(Frozen):
    """One hub, complete. `version` is the shape of this model: a stored spec says which one it was written in."""

    version: Literal[1] = 1
    about: About
    signIn: SignIn = SignIn()
    singleuser: Singleuser = Singleuser()
    hub: HubSettings = HubSettings()
    cull: Cull = Cull()
    homePage: HomePage = HomePage()

    @property
    def seats(self) -> int:
        """Servers that may run at once."""
        return self.hub.activeServerLimit or self.about.heads

    @property
    def memory_mib(self) -> int:
        """Memory of one person's server at most, in MiB."""
        return memory_bytes(self.singleuser.memory.limit) // 1024**2

    @property
    def storage_mib(self) -> int:
        """Storage of one person's home, in MiB; 0 when nothing is kept."""
        return storage_mib(self.singleuser.storage.capacity) if self.singleuser.storage.type == "dynamic" else 0
