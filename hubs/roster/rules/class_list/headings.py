"""Headings of class lists in several languages. They are only hints: columns are found by their cells. Pure."""


def _all(words: str, *phrases: str) -> frozenset[str]:
    return frozenset([*words.split(), *phrases])


USER_NAMES = ("username", "user name", "user", "person")  # the last as in the portal's own people.csv
PEOPLE = _all("email e-mail mail name", "e-mail address", "email address", *USER_NAMES)
GROUPS = _all(
    "group groups section sections gruppe gruppen sektion groupe groupes grupo grupos gruppo gruppi groep groepen "
    "grupp grupper gruppa"
)
FIRST_NAME = _all("vorname prénom nombre nome voornaam förnamn fornavn imię", "first name", "given name")
LAST_NAME = _all(
    "nachname nom apellidos cognome achternaam efternamn etternavn nazwisko surname",
    "last name", "family name", "apellido(s)",
)  # fmt: skip
WHOLE_NAME = _all("name student students", "full name", "display name", "vollständiger name", "nom complet")
