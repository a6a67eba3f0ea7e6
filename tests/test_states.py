"""The life of a request: the table of its states, and services that follow it."""

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from hubs.errors import DomainError
from hubs.models import AuditEvent, ChangeRequest
from hubs.requests.rules import EDITABLE, MEANING, MOVES, OPEN, TURN, State, Who, diagram, may, sources
from hubs.requests.services import decisions
from hubs.requests.services import requests as services

VERBS = sorted({move.verb for move in MOVES})
ENDS = set(State) - set(OPEN)


@given(st.lists(st.tuples(st.sampled_from(VERBS), st.sampled_from(list(Who)))))
def test_no_sequence_of_verbs_leaves_the_table(verbs):
    state, seen = State.DRAFT, [State.DRAFT]
    for verb, who in verbs:
        targets = [move.target for move in MOVES if move.source == state and move.verb == verb and who in move.who]
        assert bool(targets) == may(state, verb, who)
        if targets:
            assert state not in ENDS, "a closed request stays closed"
            (state,) = targets
            seen.append(state)
    assert State.APPROVED not in seen or State.SUBMITTED in seen


def test_a_verb_leads_to_one_state():
    assert len({(move.source, move.verb) for move in MOVES}) == len(MOVES)
    assert len({(move.verb, move.target) for move in MOVES}) == len(VERBS)


def test_every_state_has_a_meaning_and_says_whose_turn_it_is():
    assert set(TURN) == set(MEANING) == set(State)
    assert {state for state in State if TURN[state]} == set(OPEN)
    assert set(EDITABLE) < set(OPEN)


def test_the_author_can_close_every_open_state():
    assert set(sources("withdraw", Who.AUTHOR)) == set(OPEN)


def test_only_staff_or_the_policy_approve():
    assert not may(State.SUBMITTED, "approve", Who.AUTHOR)
    assert {who for move in MOVES if move.target == State.APPROVED for who in move.who} == {Who.STAFF, Who.POLICY}


def test_the_page_in_docs_is_the_table(settings):
    assert (settings.BASE_DIR / "docs" / "states.md").read_text() == diagram()
    call_command("state_diagram", "--check")


DO = {
    "submit": lambda r, ines, stan: services.submit(request=r, by=ines),
    "approve": lambda r, ines, stan: decisions.approve(request=r, by=stan, seen=r.content_hash),
    "send_back": lambda r, ines, stan: decisions.send_back(request=r, by=stan, reason="Say more."),
    "reject": lambda r, ines, stan: decisions.reject(request=r, by=stan, reason="No."),
    "take_back": lambda r, ines, stan: services.take_back(request=r, by=ines),
    "withdraw": lambda r, ines, stan: services.withdraw(request=r, by=ines),
}


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", sorted(DO))
def test_services_move_requests_only_as_the_table_says(verb, state, ask, ines, river, stan):
    request = ask(ines, river, **{"about.heads": "500"})
    if state != State.DRAFT:
        services.submit(request=request, by=ines)
        ChangeRequest.objects.filter(pk=request.pk).update(state=state)
        request.refresh_from_db()
    target = next((m.target for m in MOVES if m.source == state and m.verb == verb), None)
    before = AuditEvent.objects.count()
    if target:
        DO[verb](request, ines, stan)
        assert AuditEvent.objects.filter(verb=f"request.{verb}", changes={"state": [state, target]}).exists()
    else:
        with pytest.raises(DomainError):
            DO[verb](request, ines, stan)
        assert AuditEvent.objects.count() == before
    assert ChangeRequest.objects.get(pk=request.pk).state == (target or state)
