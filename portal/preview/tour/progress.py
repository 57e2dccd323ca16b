"""How far a visitor has come in a story: kept in a cookie of the preview, moved on by what was done."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.preview.tour.scene import Scene
from portal.preview.tour.stories import STORIES

COOKIE = "tour"
_EPOCH = datetime(1970, 1, 1)
_BY_KEY = {story.key: story for story in STORIES}
_LONGEST = timedelta(days=36500)


@dataclass(frozen=True)
class Progress:
    """A place in a story: `number` counts its steps from 0 and is their number at its end; `since` is naive UTC."""

    story: object
    number: int
    since: datetime

    @property
    def step(self):
        """Return the step, or None at the end."""
        return self.story.steps[self.number] if self.number < len(self.story.steps) else None

    @property
    def after(self):
        """Return the step that follows, or None."""
        return self.moved(1).step

    @property
    def next_story(self):
        """Return the story after this one, or None."""
        place = STORIES.index(self.story) + 1
        return STORIES[place] if place < len(STORIES) else None

    def scene(self, at):
        """Return the world as this story sees it."""
        return Scene(self.since, at)

    def moved(self, by):
        """Return the progress that many steps further, or back."""
        return replace(self, number=max(0, min(self.number + by, len(self.story.steps))))

    def gone_back(self, at):
        """Return the progress a step back; what was done before counts no more."""
        return replace(self.moved(-1), since=at)

    def carried_on(self, visit, at):
        """Return the progress after everything that has been done."""
        here = self
        while here.step and here.step.done and here.step.done(here.scene(at), visit):
            here = here.moved(1)
        return here

    def written(self):
        """Return what the cookie keeps."""
        return f"{self.story.key}.{self.number}.{(self.since - _EPOCH) // timedelta(milliseconds=1)}"


def begun(key, at):
    """Return the progress at the beginning of the story called `key`, its stage set, or None where there is none."""
    story = _BY_KEY.get(key)
    if story is None:
        return None
    story.prepare(Scene(at, at))
    return Progress(story, 0, at)


def read(text):
    """Return the progress that a cookie keeps, or None. Whatever else is in it counts for nothing."""
    key, _dot, rest = (text or "").partition(".")
    number, _dot, since = rest.partition(".")
    story = _BY_KEY.get(key)
    if story is None or not _is_count(number) or not _is_count(since):
        return None
    if int(number) > len(story.steps) or timedelta(milliseconds=int(since)) > _LONGEST:
        return None
    return Progress(story, int(number), _EPOCH + timedelta(milliseconds=int(since)))


def _is_count(text):
    return text.isascii() and text.isdigit() and len(text) <= 15
