"""Static files in production: each under a name that has its content's hash, so that browsers keep it for good."""

from servestatic.storage import CompressedManifestStaticFilesStorage

IMPORT = r"""(?P<matched>import(?P<import>\s+[^;'"]+?)\s+from\s+["'](?P<url>\./[^"']+)["'];)"""


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Our modules find each other by hashed names, too: a browser never mixes those of two versions. Only ours: what
    packages bring imports what is not there (hence not `support_js_module_import_aggregation`)."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((IMPORT, 'import%(import)s from "%(url)s";'),)),
    )
