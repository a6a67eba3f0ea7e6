"""`hubportal`: the portal from a terminal. Knows the API and nothing of Django; imports here are relative, because the
package is called `hubportal` where it is installed."""

VERSION = "0.1.0"
