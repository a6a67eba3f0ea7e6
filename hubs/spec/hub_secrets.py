"""Names of a hub's secrets. A hub's own process reads them by these names, too (provisioning/hubside)."""

COOKIE, CRYPT, SERVICE, OAUTH = "cookie_secret", "crypt_key", "portal_service_token", "oauth_client_secret"
PROXY = "proxy_auth_token"
OF_HUB = (COOKIE, CRYPT, SERVICE, OAUTH)  # what the hub itself is given; the proxy's is the proxy's, too
MADE = (*OF_HUB, PROXY)  # generated for each hub
TYPED = "values:"  # begins the name of a secret that somebody typed; the rest is its path in the values
