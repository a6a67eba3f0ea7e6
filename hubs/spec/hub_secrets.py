"""Names of a hub's secrets. The hub's own process uses the same names (provisioning/hubside)."""

COOKIE, CRYPT, SERVICE, OAUTH = "cookie_secret", "crypt_key", "portal_service_token", "oauth_client_secret"
PROXY = "proxy_auth_token"
OF_HUB = (COOKIE, CRYPT, SERVICE, OAUTH)  # available only to the hub; the proxy also has PROXY
MADE = (*OF_HUB, PROXY)  # generated for each hub
TYPED = "values:"  # prefix of secrets that people typed; the rest is the path in the values
