"""Lists of any length: pages that begin behind a row instead of counting from the start."""
