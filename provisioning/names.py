"""Names and addresses that follow from a hub's row. Pure, and the only place where they are made."""

from urllib.parse import urlsplit


def local_url(origin: str, port: int, slug: str) -> str:
    """Address of a hub on one machine. A base path a hub, because cookies ignore ports.

    >>> local_url("http://localhost", 9000, "stat-101")
    'http://localhost:9000/stat-101/'
    """
    return f"{origin.rstrip('/')}:{port}/{slug}/"


def base_path(url: str) -> str:
    """
    >>> base_path("http://localhost:9000/stat-101/")
    '/stat-101/'
    """
    return urlsplit(url).path or "/"


def oauth_callback(url: str) -> str:
    """Where the portal sends people back to after sign-in (OAuthenticator's fixed path).

    >>> oauth_callback("http://localhost:9000/stat-101/")
    'http://localhost:9000/stat-101/hub/oauth_callback'
    """
    return f"{url}hub/oauth_callback"
