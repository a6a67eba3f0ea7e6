"""Names and addresses that follow from a hub's row. Pure, and the only place where they are defined."""

from urllib.parse import urlsplit


def local_url(origin: str, port: int, slug: str) -> str:
    """Return the URL of a hub on one machine. Each hub has its own base path, because cookies ignore ports.

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
    """Return the URL to which the portal redirects after sign-in (OAuthenticator's fixed path).

    >>> oauth_callback("http://localhost:9000/stat-101/")
    'http://localhost:9000/stat-101/hub/oauth_callback'
    """
    return f"{url}hub/oauth_callback"


def namespace(slug: str, uid: str) -> str:
    """Return the hub's Kubernetes namespace: readable and never reused. At most 53 of a label's 63 characters.

    >>> namespace("stat-101", "habc23456789")
    'stat-101-habc23456789'
    """
    return f"{slug}-{uid}"


def cluster_url(slug: str, domain: str, tls: bool) -> str:
    """Return the URL of a hub in a cluster. The domain may include a port (a cluster on one machine).

    >>> cluster_url("stat-101", "hubs.example.edu", True)
    'https://stat-101.hubs.example.edu/'
    """
    return f"{'https' if tls else 'http'}://{slug}.{domain}/"


def own_url(name: str, domain: str, tls: bool) -> str:
    """Return the URL of a hub at its custom domain, with the cluster's port.

    >>> own_url("hub.example.edu", "hubs.localhost:8080", False)
    'http://hub.example.edu:8080/'
    """
    _, colon, port = domain.partition(":")
    return f"{'https' if tls else 'http'}://{name}{colon}{port}/"


def host(url: str) -> str:
    """
    >>> host("http://stat-101.hubs.localhost:8080/")
    'stat-101.hubs.localhost'
    """
    return urlsplit(url).hostname or ""


# On every object that the portal applies. KubeSpawner also sets the hub's uid on the pods of people's servers.
FIELD_MANAGER = "hubportal"
LABEL_HUB, LABEL_PART = "hubportal/hub", "hubportal/part"
LABEL_PROBE = "hubportal/probe"  # on a namespace in which an image is tested
DIGEST = "hubportal/digest"  # annotation: digest of the manifest as it was rendered
