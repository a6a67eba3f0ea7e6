"""Checks of display names that people choose: invisible characters, and names that imitate staff or the portal.

Look-alikes are compared by a skeleton, as in Unicode Technical Standard 39 (section 4), for the letters of the few
reserved words only. The table is our own, because the only package for all of Unicode was last released in 2024.
"""

import re
import unicodedata

from hubs.language import _, lazy

# Printable but invisible: Hangul fillers, and the blank Braille pattern.
BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Characters that look like these letters: Cyrillic, Greek, Armenian, small capitals; digits and signs used as letters.
_ALIKE = {
    "a": "аαɑ@4ᴀ", "b": "ьЬβʙ", "c": "сϲᴄ", "d": "ԁժᴅ", "e": "еεєҽ3ᴇ", "f": "ғϝꜰ", "g": "ɡց9", "h": "һհʜ",
    "j": "јϳ", "k": "кκᴋ", "l": "1|!iıіӏιļᴌɪ", "m": "мᴍ", "n": "пηոɴ", "o": "0оοօσᴏ", "p": "рρᴘ", "q": "ԛ", "r": "гᴦʀ",
    "s": "ѕ5$ꜱ",    "t": "тτᴛ7", "u": "υսцᴜ", "v": "νѵᴠ", "w": "ԝшωᴡ", "x": "хχ×", "y": "уγүʏ", "z": "ᴢ2",
}  # fmt: skip
_SKELETON = {ord(other): letter for letter, others in _ALIKE.items() for other in others}


def skeleton(text: str) -> str:
    """Return a form of the text that is equal for texts that look alike. For comparison only."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter.isprintable())
    return seen.translate(_SKELETON).replace("rn", "m").replace("vv", "w")


def _all(words: str) -> frozenset[str]:
    return frozenset(skeleton(word) for word in words.split())


# A name that contains one of these words claims a role ...
ROLES = _all("staff admin admins administrator administrators moderator moderators sysadmin superuser")
# ... and one of only these words imitates the portal or its operators.
OURS = ROLES | _all("hub hubs jupyterhub portal portals root system support team service desk help helpdesk "
                    "security operator operators owner official bot")  # fmt: skip
FILL = _all("the a of and")
LONGEST_USER_NAME = 30  # of a generated one; JupyterHub uses it in the names of pods and volumes
RESERVED = frozenset("admin administrator hub jupyterhub portal proxy public root service shared system".split())
USER_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
UNSEEN = lazy("This contains invisible characters. Type it instead of pasting it.")
IMITATES = lazy("This name is reserved for the staff of the portal. Choose another name.")


def unseen(name: str) -> str:
    """Return why a name is not legible (direction marks, zero-width characters, fillers, or only combining marks), as a
    sentence, or ""."""
    if not name.isprintable() or BLANK & set(name):
        return str(UNSEEN)
    letters = [letter for letter in name if not letter.isspace() and not unicodedata.combining(letter)]
    return "" if letters or not name else str(UNSEEN)


def complaint(name: str) -> str:
    """Return why a person, a service account or an organisation can't have this name, as a sentence, or ""."""
    words = [word for word in re.split(r"[\W_]+", skeleton(name)) if word]
    glued = "".join(words)
    claims = any(word in ROLES for word in words) or any(glued in (a + b, b + a) for a in ROLES for b in OURS)
    ours = bool(words) and all(word in OURS | FILL for word in words) and any(word in OURS for word in words)
    return unseen(name) or (str(IMITATES) if claims or ours else "")


def user_name_complaint(username: str) -> str:
    """Return why this can't be a user name, as a sentence, or "" if it can."""
    if not USER_NAME.fullmatch(username) or len(username) > LONGEST_USER_NAME:
        return _(
            "Use 1 to {maximum} letters a to z, digits and single hyphens, such as xiaolong-li.",
            maximum=LONGEST_USER_NAME,
        )
    return str(IMITATES) if username in RESERVED or complaint(username) else ""
