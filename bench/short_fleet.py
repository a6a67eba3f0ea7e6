"""The portal's web process, but the fleet has 25 rows a page, as ColdFront's list: bench.coldfront compares them."""

from portal.asgi import application  # noqa: F401, I001 - first: it loads Django

from hubs.hub.pages import lists

lists.A_FLEET_PAGE = lists.A_PAGE
