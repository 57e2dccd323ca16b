"""Have axe judge every page in every language, light and dark, with all its rules: what the suite does in turns.

python -m tests.browser.every_combination [LANGUAGE ...]
"""

import sys

from tests.browser.axe import violations
from tests.browser.pages import PAGES, open_named
from tests.browser.walking import LANGUAGES, THEMES, walk


def main(languages):
    """Print each violation and how many there are; return that number."""
    judged, found = 0, []
    with walk() as walking:
        for language in languages or LANGUAGES:
            for name in PAGES:
                for theme, violation in _judge(walking, name, language):
                    found.append(violation)
                    print(f"{name} {language} {theme}: {violation}", flush=True)
                judged += len(THEMES)
    print(f"{len(PAGES)} pages, {judged} judged ({', '.join(languages or LANGUAGES)}; {', '.join(THEMES)})")
    print(f"{len(found)} violations")
    return len(found)


def _judge(walking, name, language):
    with walking.window(PAGES[name][0], locale=language) as page:
        open_named(page, name)
        assert page.get_attribute("html", "lang") == language, f"{name} does not speak {language}"
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            yield from ((theme, violation) for violation in violations(page))


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
