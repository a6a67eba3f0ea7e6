"""A row of the threat model: how far a field reaches, what it can do to whom, and the test that proves it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from hubs.spec.judges import Judge


class Reach(StrEnum):
    """How far a field can reach if it is misused."""

    OWN = "own pods only"
    COST = "tenancy or cost"
    DANGEROUS = "dangerous"


@dataclass(frozen=True)
class Verdict:
    """`can` is what the field does to whom; `when` describes the values that need review; `proof` names the test."""

    reach: Reach
    can: str
    proof: str
    look: Judge | None = None
    when: str = ""
    code: str = ""  # of the finding; "novel:PATH" when empty


T = "tests/test_verdicts.py"
RENDERED = f"{T}::test_an_own_field_changes_nothing_but_its_own_hub"
LOOKED = f"{T}::test_a_value_that_others_could_feel_is_looked_at"
BOUNDED = "tests/test_limits.py::test_on_the_limit_is_inside_and_above_it_a_person_looks"
TYPED = "tests/test_overrides.py::test_every_plain_override_has_a_type"


def own(can: str, proof: str = RENDERED) -> Verdict:
    return Verdict(Reach.OWN, can, proof)


def cost(can: str, proof: str = BOUNDED, look: Judge | None = None, when: str = "", code: str = "") -> Verdict:
    return Verdict(Reach.COST, can, proof, look, when, code)


def dangerous(can: str, look: Judge, when: str, proof: str = LOOKED, code: str = "") -> Verdict:
    return Verdict(Reach.DANGEROUS, can, proof, look, when, code)


ALWAYS = "always"
