"""The portal's web process with 25 rows per page of all hubs, as in ColdFront, for bench.coldfront."""

from portal.asgi import application  # noqa: F401, I001 - first: it loads Django

from hubs.hub.pages import lists

lists.A_FLEET_PAGE = lists.A_PAGE
