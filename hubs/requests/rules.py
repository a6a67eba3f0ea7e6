"""The states of a change request, as one table. Pure. docs/states.md is generated from it; CI fails if it differs."""

from dataclasses import dataclass
from enum import StrEnum

from hubs.language import lazy


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Who(StrEnum):
    """Who can make a move. AUTHOR: people who can edit the request. POLICY and SYSTEM are the portal itself."""

    AUTHOR = "author"
    STAFF = "staff"
    POLICY = "policy"
    SYSTEM = "system"


@dataclass(frozen=True)
class Move:
    source: State
    target: State
    verb: str  # name of the service
    who: tuple[Who, ...]


MOVES: tuple[Move, ...] = (
    Move(State.DRAFT, State.SUBMITTED, "submit", (Who.AUTHOR,)),
    Move(State.DRAFT, State.WITHDRAWN, "withdraw", (Who.AUTHOR,)),
    Move(State.SUBMITTED, State.APPROVED, "approve", (Who.STAFF, Who.POLICY)),
    Move(State.SUBMITTED, State.RETURNED, "send_back", (Who.STAFF, Who.SYSTEM)),
    Move(State.SUBMITTED, State.REJECTED, "reject", (Who.STAFF,)),
    Move(State.SUBMITTED, State.DRAFT, "take_back", (Who.AUTHOR,)),
    Move(State.SUBMITTED, State.WITHDRAWN, "withdraw", (Who.AUTHOR,)),
    Move(State.SUBMITTED, State.SUPERSEDED, "supersede", (Who.SYSTEM,)),
    Move(State.RETURNED, State.SUBMITTED, "submit", (Who.AUTHOR,)),
    Move(State.RETURNED, State.WITHDRAWN, "withdraw", (Who.AUTHOR,)),
    Move(State.RETURNED, State.SUPERSEDED, "supersede", (Who.SYSTEM,)),
    Move(State.DRAFT, State.SUPERSEDED, "supersede", (Who.SYSTEM,)),
)

EDITABLE = (State.DRAFT, State.RETURNED)  # the author can edit it
OPEN = (State.DRAFT, State.SUBMITTED, State.RETURNED)  # it has not ended

# Whose turn it is, as the API names it; "" if the request has ended.
TURN: dict[State, str] = {
    State.DRAFT: "the requester",
    State.SUBMITTED: "staff",
    State.RETURNED: "the requester",
    State.APPROVED: "",
    State.REJECTED: "",
    State.WITHDRAWN: "",
    State.SUPERSEDED: "",
}

MEANING: dict[State, str] = {
    State.DRAFT: lazy("Not sent yet."),
    State.SUBMITTED: lazy("Needs review by staff."),
    State.RETURNED: lazy("It needs to be edited and sent again."),
    State.APPROVED: lazy("It is applied to the hub."),
    State.REJECTED: lazy("It can’t be sent again."),
    State.WITHDRAWN: lazy("It can no longer be sent."),
    State.SUPERSEDED: lazy("The hub was retired, so the request no longer applies."),
}

# A state within a sentence: “Its status is approved now.”
WORD: dict[State, str] = {
    State.DRAFT: lazy("draft"),
    State.SUBMITTED: lazy("submitted"),
    State.RETURNED: lazy("returned"),
    State.APPROVED: lazy("approved"),
    State.REJECTED: lazy("rejected"),
    State.WITHDRAWN: lazy("withdrawn"),
    State.SUPERSEDED: lazy("superseded"),
}


def sources(verb: str, who: Who) -> tuple[State, ...]:
    """States in which `who` can do `verb`; empty if never."""
    return tuple(move.source for move in MOVES if move.verb == verb and who in move.who)


def may(state: State, verb: str, who: Who) -> bool:
    return state in sources(verb, who)


def diagram() -> str:
    """The table as a Markdown page with a Mermaid diagram."""
    lines = [
        "# States of a request",
        "",
        "A request to create, change or retire a hub is in one of these states:",
        "",
        "| state | whose turn | meaning |",
        "|---|---|---|",
        *(f"| {state} | {TURN[state] or '–'} | {MEANING[state]} |" for state in State),
        "",
        "## Diagram",
        "",
        "The moves from state to state, with who can make them, in Mermaid notation (GitHub draws it):",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> draft",
        *(f"    {m.source} --> {m.target}: {m.verb} ({', '.join(m.who)})" for m in MOVES),
        *(f"    {state} --> [*]" for state in State if not TURN[state]),
        "```",
        "",
        "Generated from `hubs/requests/rules.py` by `manage.py state_diagram`; CI fails when it differs.",
        "",
    ]
    return "\n".join(lines)
