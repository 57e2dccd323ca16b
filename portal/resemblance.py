"""Which contact looks like which person: names and e-mail addresses compared, whatever their case, order and accents."""

import re
import unicodedata

from portal.folding import folded

# Addresses of functions, not of people; and what dummy contacts are called beside their name.
NOBODY = frozenset(
    {"admin", "consultant", "contact", "desk", "dummy", "ext", "external", "helpdesk", "hotline", "info", "it"}
    | {"office", "partner", "service", "support", "team"}
)
SHORTEST_ALONE = 5  # letters, for one word without another: "ana" is many people's, "atorres" is one's


def resemblance(contact, person, ignored=frozenset()):
    """Return how many of the contact's name and address read like the person's; 0 is no resemblance."""
    return len(_readings(contact, ignored) & _readings(person, ignored))


def likely_pairs(contacts, people, firms):
    """Return [(contact, person)] of those who look alike, the likeliest person for each contact, in the contacts' order.

    Words of the `firms` (names of organizations) tell nothing about who somebody is.
    """
    ignored = words_of(firms)
    by_reading = {}
    for person in people:
        for reading in _readings(person, ignored):
            by_reading.setdefault(reading, []).append(person)
    found = []
    for contact in contacts:
        alike = {person.id: person for one in _readings(contact, ignored) for person in by_reading.get(one, ())}
        if alike:
            found.append((contact, max(alike.values(), key=lambda one: resemblance(contact, one, ignored))))
    return found


def words_of(names):
    """Return all the words of these names, as names are compared."""
    return frozenset(word for name in names for word in _words(name))


def _readings(contact, ignored):
    """Return the ways to read who this is: the words of the name, those of the address before its @, and each in one."""
    ways = set()
    for text in (contact.name, contact.email.partition("@")[0].partition("+")[0]):
        words = [word for word in _words(text) if word not in ignored and word not in NOBODY]
        ways |= {tuple(sorted(set(words))), ("".join(words),)}
    return {way for way in ways if _tells(way)}


def _words(text):
    plain = unicodedata.normalize("NFKD", folded(text))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.findall(r"[^\W\d_]+", plain)


def _tells(words):
    if len(words) != 1:
        return len(words) > 1
    return len(words[0]) >= (SHORTEST_ALONE if words[0].isascii() else 2)
