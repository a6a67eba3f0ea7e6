"""`hubportal`: the command line of the portal. It uses only the API, not Django. Imports are relative, because the
package is named `hubportal` where it is installed."""

VERSION = "0.1.0"
