"""Starting points of a request: a name, a sentence, and the draft that the form begins with."""

from dataclasses import dataclass, field

from hubs.spec.draft import Draft, to_draft
from hubs.spec.hub import About, HubSpec


@dataclass(frozen=True)
class StartingPoint:
    name: str
    title: str
    summary: str
    facts: tuple[str, ...]
    icon: str
    values: Draft = field(default_factory=dict)

    def draft(self) -> Draft:
        """The form as it begins: the defaults, and over them what this starting point knows better."""
        start = to_draft(HubSpec(about=About(title="---")))
        return {**start, "about.title": "", **self.values}


STARTING_POINTS: dict[str, StartingPoint] = {
    point.name: point
    for point in (
        StartingPoint(
            "class",
            "Class",
            "A course with a list of students. Everybody gets the same.",
            ("1 GiB of memory a person", "files are kept", "people sign in"),
            "book",
            {"about.purpose": "class", "cull.maxAge": "720", "cull.every": "5"},
        ),
        StartingPoint(
            "research",
            "Research team",
            "A few people with more memory, for months or years.",
            ("8 GiB of memory a person", "50 GiB of files", "people sign in"),
            "flask",
            {
                "about.purpose": "research",
                "about.heads": "10",
                "singleuser.memory.limit": "8",
                "singleuser.memory.guarantee": "2",
                "singleuser.cpu.limit": "4",
                "singleuser.cpu.guarantee": "0.5",
                "singleuser.storage.capacity": "50",
                "cull.timeout": "120",
            },
        ),
        StartingPoint(
            "event",
            "Workshop or event",
            "A day or two, without accounts. Nothing is kept afterwards.",
            ("2 GiB of memory a person", "no sign-in", "nothing is kept"),
            "calendar",
            {
                "about.purpose": "event",
                "signIn.method": "tmp",
                "singleuser.memory.limit": "2",
                "singleuser.memory.guarantee": "1",
                "singleuser.storage.type": "none",
                "singleuser.startTimeout": "10",
                "cull.timeout": "30",
                "cull.every": "5",
                "cull.users": "yes",
            },
        ),
        StartingPoint(
            "public",
            "Public content",
            "Readers of a book or a paper try its notebooks.",
            ("512 MiB of memory a person", "no sign-in", "stops soon"),
            "globe",
            {
                "about.purpose": "public",
                "about.heads": "20",
                "signIn.method": "tmp",
                "singleuser.memory.limit": "0.5",
                "singleuser.memory.guarantee": "0.25",
                "singleuser.cpu.limit": "1",
                "singleuser.storage.type": "none",
                "cull.timeout": "10",
                "cull.every": "1",
                "cull.maxAge": "120",
                "cull.users": "yes",
            },
        ),
    )
}
