"""What a story is made of: steps, each somebody's, at a place, with hints beside controls, and over when it is done."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Hint:
    """A sentence beside the control that `beside` finds (a selector that hints.py understands); `inside` it at its end."""

    beside: str
    text: LazyString
    inside: bool = False


@dataclass(frozen=True)
class Step:
    """One step. `who` is a key of the cast or found in the scene; so is the address `place`.

    `done` says of (scene, visit) whether it has been done; a step without it is looked at, and left by a click.
    `days` is how far the clock is turned there.
    """

    sentence: LazyString
    who: str | Callable
    place: str | Callable
    hints: tuple | Callable = ()
    done: Callable | None = None
    days: int = 0

    def person(self, scene):
        """Return the contact whose step it is."""
        return self.who(scene) if callable(self.who) else scene.person(self.who)

    def address(self, scene):
        """Return the address of the page on which it happens."""
        return self.place(scene) if callable(self.place) else self.place

    def hints_in(self, scene):
        """Return the hints, those that depend on the scene among them."""
        return self.hints(scene) if callable(self.hints) else self.hints


@dataclass(frozen=True)
class Story:
    """A story. `prepare(scene)` sets the stage where the world has moved on; `close` is what it was about."""

    key: str
    title: LazyString
    about: LazyString
    close: LazyString
    steps: tuple
    prepare: Callable = field(default=lambda scene: None)


@dataclass(frozen=True)
class Visit:
    """Who is looking at which page just now."""

    contact: object
    endpoint: str
    path: str
