"""The time zones that a form offers."""

from itertools import groupby

from portal.languages import is_zone, zone_names


def zone_options(chosen):
    """Return the options for a time zone, by region; a chosen zone that is not among them stays as it is."""
    names = zone_names()
    other = [(chosen, chosen)] if chosen not in names and is_zone(chosen) else []
    regions = groupby((name for name in names if "/" in name), key=lambda name: name.partition("/")[0])
    groups = [{"label": one, "options": [(name, name.replace("_", " ")) for name in each]} for one, each in regions]
    return [*other, ("UTC", "UTC"), *groups]
