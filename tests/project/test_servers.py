"""The tests' temporary servers are real ones, and end."""

import psycopg
import pytest
import redis

from tests.project.postgres import postgres
from tests.project.redis import redis_server

pytestmark = pytest.mark.processes


def test_postgres_serves_and_ends():
    with postgres() as url, psycopg.connect(url) as connection:
        assert connection.execute("select 40 + 2").fetchone() == (42,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_redis_restarts_at_the_same_address():
    with redis_server() as (url, server), redis.Redis.from_url(url) as client:
        assert client.ping()
        server.stop()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        server.start()
        assert client.ping()


def test_redis_requires_its_password():
    with redis_server() as (url, _):
        address = f"redis://{url.split('@')[1]}"
        with redis.Redis.from_url(address) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
