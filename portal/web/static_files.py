"""Static files in production: names contain a hash of the content, so that browsers can cache them permanently."""

from servestatic.storage import CompressedManifestStaticFilesStorage

IMPORT = r"""(?P<matched>import(?P<import>\s+[^;'"]+?)\s+from\s+["'](?P<url>\.\.?/[^"']+)["'];)"""


class HashedFiles(CompressedManifestStaticFilesStorage):
    """The portal's own modules import each other by hashed names, so that a browser never mixes two versions. Not those
    of packages, which import missing files (hence not `support_js_module_import_aggregation`)."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((IMPORT, 'import%(import)s from "%(url)s";'),)),
    )
