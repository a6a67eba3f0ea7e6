"""Names that people choose for themselves and others read: what nobody sees, and what passes for somebody else.

Look-alikes are compared by a skeleton, as Unicode Technical Standard 39 (section 4) has it, with the letters that look
like those of our few reserved words. A table of our own: the one package for all of Unicode was last released in 2024.
"""

import re
import unicodedata

# Printable, and yet nothing to see: fillers of Hangul, and the empty pattern of Braille.
BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# What is read as these letters. Cyrillic, Greek, Armenian, small capitals; digits and signs that stand for letters.
_ALIKE = {
    "a": "аαɑ@4ᴀ", "b": "ьЬβʙ", "c": "сϲᴄ", "d": "ԁժᴅ", "e": "еεєҽ3ᴇ", "f": "ғϝꜰ", "g": "ɡց9", "h": "һհʜ",
    "j": "јϳ", "k": "кκᴋ", "l": "1|!iıіӏιļᴌɪ", "m": "мᴍ", "n": "пηոɴ", "o": "0оοօσᴏ", "p": "рρᴘ", "q": "ԛ", "r": "гᴦʀ",
    "s": "ѕ5$ꜱ",    "t": "тτᴛ7", "u": "υսцᴜ", "v": "νѵᴠ", "w": "ԝшωᴡ", "x": "хχ×", "y": "уγүʏ", "z": "ᴢ2",
}  # fmt: skip
_SKELETON = {ord(other): letter for letter, others in _ALIKE.items() for other in others}


def skeleton(text: str) -> str:
    """How a text looks at a glance: equal for texts that people take for one another. Not for showing."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter.isprintable())
    return seen.translate(_SKELETON).replace("rn", "m").replace("vv", "w")


def _all(words: str) -> frozenset[str]:
    return frozenset(skeleton(word) for word in words.split())


# A name with one of these among its words claims a role ...
ROLES = _all("staff admin admins administrator administrators moderator moderators sysadmin superuser")
# ... and one that has nothing but these is the portal, or whoever runs it.
OURS = ROLES | _all("hub hubs jupyterhub portal portals root system support team service desk help helpdesk "
                    "security operator operators owner official bot")  # fmt: skip
FILL = _all("the a of and")
LONGEST_USER_NAME = 30  # of one that we make; JupyterHub puts it in pods' and disks' names
RESERVED = frozenset("admin administrator hub jupyterhub portal proxy public root service shared system".split())
USER_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
UNSEEN = "This contains invisible characters. Type it instead of pasting it."
IMITATES = "This name is reserved for the people who run the portal. Choose another name."


def unseen(name: str) -> str:
    """Why a name can't be read as it stands (direction marks, zero width, fillers, or nothing else), as a sentence; ""
    when it can."""
    if not name.isprintable() or BLANK & set(name):
        return UNSEEN
    letters = [letter for letter in name if not letter.isspace() and not unicodedata.combining(letter)]
    return "" if letters or not name else UNSEEN


def complaint(name: str) -> str:
    """Why a person, a program or an organisation can't be called so, as a sentence; "" when they can."""
    words = [word for word in re.split(r"[\W_]+", skeleton(name)) if word]
    glued = "".join(words)
    claims = any(word in ROLES for word in words) or any(glued in (a + b, b + a) for a in ROLES for b in OURS)
    ours = bool(words) and all(word in OURS | FILL for word in words) and any(word in OURS for word in words)
    return unseen(name) or (IMITATES if claims or ours else "")


def user_name_complaint(username: str) -> str:
    """Why this can be nobody's name in every hub, as a sentence; "" when it can."""
    if not USER_NAME.fullmatch(username) or len(username) > LONGEST_USER_NAME:
        return f"Use 1 to {LONGEST_USER_NAME} letters a to z, digits and single hyphens, such as xiaolong-li."
    return IMITATES if username in RESERVED or complaint(username) else ""
