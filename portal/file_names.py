"""The names of files as they may be shown and saved, whatever they were called where they came from."""

import re
import unicodedata

LONGEST = 255  # characters
INVISIBLE = {"\u115f", "\u1160", "\u17b4", "\u17b5", "\u2800", "\u3164", "\uffa0"}  # letters that draw nothing


def clean_name(name):
    """Return a file's name as it may be shown and saved: no path, nothing invisible or reordering, 255 at most."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(letter for letter in last if _is_visible(letter))
    tidy = re.sub(r'[<>:"|?*]', "_", re.sub(r"\s+", " ", visible)).strip(" .")
    stem, dot, ending = tidy.rpartition(".")
    if len(tidy) > LONGEST and dot and len(ending) <= 16:
        return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"
    return tidy[:LONGEST] or "file"


def _is_visible(letter):
    # Cc control, Cf format (bidi, zero width), Cs surrogates, Co private, Cn unassigned, Zl and Zp separators.
    category = unicodedata.category(letter)
    return category[0] != "C" and category not in {"Zl", "Zp"} and letter not in INVISIBLE
