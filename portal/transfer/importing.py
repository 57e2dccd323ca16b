"""A folder of CSV files into the portal: read, checked whole, then written in one transaction (SPEC 6)."""

from concurrent.futures import ThreadPoolExecutor

from flask_babel import gettext as _
from peewee import IntegrityError

from portal import passwords
from portal.database import opened, transaction
from portal.models import Organization
from portal.models.holding import hold_row
from portal.transfer.checking import check, faults_of
from portal.transfer.columns import FILES
from portal.transfer.known import World, named
from portal.transfer.loading import Load
from portal.transfer.reading import read_folder
from portal.transfer.threads import check_bytes

HASHED_AT_ONCE = 2  # each takes 64 MiB


class Faulty(Exception):
    """The files cannot be imported, and nothing was; `faults` says all that is wrong."""

    def __init__(self, faults):
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class Overtaken(Exception):
    """Somebody added the same to the portal at the same moment; its text is a sentence."""


def import_folder(folder, max_days, at, progress):
    """Import what the folder holds and return {file: number of rows}; raise Faulty, Overtaken or BytesChanged.

    `max_days` is the most days that an access request may ask for, `progress` is called with sentences.
    """
    tables = read_folder(folder, progress)
    with opened():
        check_bytes(tables, folder)
        _check(tables, max_days)
        hashes = _hash_passwords(tables, progress)
        try:
            with transaction():
                _hold_customers(tables)
                # Once more, now that nobody else gives these customers' grants meanwhile.
                world = _check(tables, max_days)
                return Load(tables, world, hashes, at, progress).run(folder)
        except IntegrityError as error:
            raise Overtaken(_("Somebody else added the same just now. Nothing was imported: try again.")) from error


def has_files(folder):
    """Return whether the folder holds any file that can be imported."""
    return any((folder / file.file_name).exists() for file in FILES)


def _check(tables, max_days):
    world = World(tables, max_days)
    check(tables, world)
    faults = faults_of(tables)
    if faults:
        raise Faulty(faults)
    return world


def _hold_customers(tables):
    customers = Organization.select(Organization.id).where(Organization.slug.in_(named(tables, "grants", "customer")))
    for (organization_id,) in customers.order_by(Organization.id).tuples():
        hold_row(Organization, organization_id)


def _hash_passwords(tables, progress):
    """Return {plain password: hash}; contacts who share a password share the hash, as each costs a tenth of a second."""
    plain = sorted(one for one in named(tables, "contacts", "password") if not passwords.is_hash(one))
    hashes = {}
    with ThreadPoolExecutor(HASHED_AT_ONCE) as pool:
        for password, password_hash in zip(plain, pool.map(passwords.hash_password, plain), strict=True):
            hashes[password] = password_hash
            if len(hashes) % 100 == 0:
                progress(_("%(done)s of %(all)s passwords hashed.", done=len(hashes), all=len(plain)))
    return hashes
