import pytest

from tests.stack.portal import Portal, this_machine


@pytest.fixture
def cluster(transactional_db):
    return this_machine()


@pytest.fixture
def portal(transactional_db, tmp_path, settings):
    made = []

    def make(**env):
        made.append(Portal(tmp_path, **env))
        return made[-1]

    yield make
    for each in made:
        each.stop()
