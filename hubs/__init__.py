VERSION = "0.1.0"  # as in pyproject.toml, which is not part of an image
