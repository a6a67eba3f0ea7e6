"""How a search counts: every word has to be found, in the title or in the text. Pure."""


def words(query: str) -> list[str]:
    """Return the words of a query as they are compared."""
    return query.casefold().split()


def score(asked: list[str], title: str, text: str) -> int:
    """Return how well it fits, or 0 if a word is missing. A word in the title counts as much as four in the text."""
    title, text = title.casefold(), text.casefold()
    each = [4 * (word in title) + (word in text) for word in asked]
    return sum(each) if asked and all(each) else 0
