"""Ways to the first requests of a list: along an index, bit by bit, whichever the count says. None widens a select."""

from peewee import JOIN, SQL, Case, fn

from portal.database import is_sqlite
from portal.models.base import among, written
from portal.models.organizations import Organization
from portal.models.service_requests import ServiceRequest

FEW = 16  # organizations: so many are asked one by one
LATELY = 10_000  # requests: so many of the newest are looked through before another way is tried


def first(select, gathered, columns, place, most, within):
    """Return a select of the ids of the first `most` requests after `place`; see `request_lists.page` for the rest."""
    if select is None:
        return _first(gathered, columns, place, most)
    if within is not None and len(within) <= FEW:
        return _first_of_each(select, columns, place, most, within)
    if within is None and gathered is None:
        return _first(select, columns, place, most)
    gather = gathered is not None
    rest = _first(gathered, columns, place, most) if gather else _first_of_each(select, columns, place, most, within)
    if columns[0][0] is not ServiceRequest.updated_at:
        return rest
    return _lately_or(rest, _first_lately(select, columns, place, most), columns, most)


def _lately_or(rest, lately, columns, most):
    """Return `lately` where that fills the page, else `rest`: in one statement, of which the second half then rests."""
    lately = lately.cte("lately", columns=("id",))
    filled = lately.select(fn.COUNT(lately.c.id)) >= most
    missing = rest.limit(Case(None, [(filled, 0)], most))
    other = ServiceRequest.alias()
    either = lately.select(lately.c.id).union_all(other.select(other.id).where(other.id.in_(missing)))
    found = ServiceRequest.select(ServiceRequest.id).where(ServiceRequest.id.in_(written(either.with_cte(lately))))
    return ordered(found, columns).limit(most)


def ordered(select, columns):
    """Return `select` in the order of `columns`, each with whether it runs downwards; the id settles ties."""
    ordering = [column.desc() if down else column.asc() for column, down in columns]
    return select.order_by(*ordering, ServiceRequest.id.desc())


def _first(select, columns, place, most):
    return ordered(_after(select, columns, place), columns).select(ServiceRequest.id).limit(most)


def _first_lately(select, columns, place, most):
    """Return what is first among the newest LATELY requests of all, from `place` on."""
    if is_sqlite():
        return _first(_since(select, place), columns, place, most)
    # PostgreSQL goes no further than until the page is full, where it need not find out first where the newest end.
    latest = ServiceRequest.alias()
    newest = latest.select(latest.id, latest.updated_at).limit(LATELY)
    newest = newest.order_by(latest.updated_at.desc(), latest.id.desc())
    if place is not None:
        newest = newest.where(latest.updated_at <= place[0])
    newest = newest.alias("newest")
    found = _after(select, columns, place).join_from(ServiceRequest, newest, on=newest.c.id == ServiceRequest.id)
    return found.select(ServiceRequest.id).order_by(newest.c.updated_at.desc(), newest.c.id.desc()).limit(most)


def _since(select, place):
    """Narrow `select` to the newest LATELY requests of all, from `place` on."""
    latest = ServiceRequest.alias()
    bound = latest.select(latest.updated_at).order_by(latest.updated_at.desc()).limit(1).offset(LATELY)
    if place is not None:
        bound = bound.where(latest.updated_at <= place[0])
    return select.where(ServiceRequest.updated_at >= fn.COALESCE(bound, SQL("'0001-01-01 00:00:00'")))


def _first_of_each(select, columns, place, most, within):
    """Return the first of what is first in each organization: as many short walks along its index as there are."""
    if len(within) == 1:
        return _first(select.where(among(ServiceRequest.organization, within)), columns, place, most)
    firm = Organization.alias()
    there = _first(select.where(ServiceRequest.organization == firm.id), columns, place, most)
    if is_sqlite():
        found = ServiceRequest.alias()
        each = firm.select(found.id).join(found, JOIN.CROSS).where(found.id.in_(there))
    else:
        there = there.alias("newest")
        each = firm.select(there.c.id).join(there, JOIN.LATERAL, on=SQL("true"))
    each = written(each.where(among(firm.id, within)))
    found = ServiceRequest.select(ServiceRequest.id).where(ServiceRequest.id.in_(each))
    return ordered(found, columns).limit(most)


def _after(select, columns, place):
    """Narrow `select` to what follows `place`: a value for each column, then the reference of the last row shown."""
    if place is None:
        return select
    *values, reference = place
    last = ServiceRequest.alias()
    shown = last.select(last.id).where(last.reference == reference)
    beyond, same = None, None
    for (column, down), value in zip(columns, values, strict=True):
        further = column < value if down else column > value
        beyond = further if beyond is None else beyond | (same & further)
        same = column == value if same is None else same & (column == value)
    (first, down), value = columns[0], values[0]
    # Said once more of the first column, as that is what an index can be walked by.
    reachable = first <= value if down else first >= value
    return select.where(reachable, beyond | (same & (ServiceRequest.id < shown)))
