"""Have axe judge every page in every language, light and dark, and see that it fits a phone: what the suite does in turns.

python -m tests.browser.every_combination [LANGUAGE ...]
"""

import sys

from tests.browser.axe import violations
from tests.browser.fitting import misfits
from tests.browser.pages import PAGES, open_named
from tests.browser.walking import LANGUAGES, THEMES, walk


def main(languages):
    """Print each violation and misfit and how many there are; return that number."""
    judged, found = 0, []
    with walk() as walking:
        for language in languages or LANGUAGES:
            for name in PAGES:
                for where, what in _judge(walking, name, language):
                    found.append(what)
                    print(f"{name} {language} {where}: {what}", flush=True)
                judged += len(THEMES)
    print(f"{len(PAGES)} pages, {judged} judged ({', '.join(languages or LANGUAGES)}; {', '.join(THEMES)})")
    print(f"{len(found)} violations and misfits")
    return len(found)


def _judge(walking, name, language):
    with walking.window(PAGES[name][0], locale=language) as page:
        open_named(page, name)
        assert page.get_attribute("html", "lang") == language, f"{name} does not speak {language}"
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            yield from ((theme, violation) for violation in violations(page))
        yield from (("small", misfit) for misfit in misfits(page))


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
