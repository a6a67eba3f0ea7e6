"""Lists of any length, with keyset pagination: a page starts after a row instead of at an offset."""
