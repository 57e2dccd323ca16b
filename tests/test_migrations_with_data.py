"""The latest migrations on a database that holds something, forward and back."""

from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

from portal import database
from portal.models import ALL, Attachment, ServiceRequest
from tests.test_impact import attach

LATEST = (
    "0013_files_by_customer",
    "0012_search_by_threes",
    "0011_fewer_indexes",
    "0010_counts_along_an_index",
    "0009_ways_to_lists",
)


def test_the_latest_migrations_go_back_and_forth_with_data_there(world):
    for request in (world.request, world.nordlys_request):
        attach(request)
    with database.opened() as handle:
        before = sorted(ServiceRequest.select(ServiceRequest.reference, ServiceRequest.updated_at).tuples())
        handle.execute_sql("ANALYZE")
        if not database.is_sqlite():  # the tests' own way to an empty database begins every number anew
            last = "(SELECT max(id) FROM schema_migration)"
            handle.execute_sql(f"SELECT setval(pg_get_serial_sequence('schema_migration', 'id'), {last})")
        runner = Runner(handle.obj, str(database.MIGRATIONS))
        runner.down(LATEST[-1])
        assert sorted(database.pending_migrations()) == sorted(LATEST)
        assert any(diff_models(handle.obj, list(ALL)))
        assert sorted(ServiceRequest.select(ServiceRequest.reference, ServiceRequest.updated_at).tuples()) == before
        assert list(database.migrate()) == sorted(LATEST)
        assert not any(diff_models(handle.obj, list(ALL)))
        assert sorted(ServiceRequest.select(ServiceRequest.reference, ServiceRequest.updated_at).tuples()) == before
        assert sorted(Attachment.select(Attachment.service_request, Attachment.organization_id).tuples()) == [
            (world.request.id, world.kitahama.id),
            (world.nordlys_request.id, world.nordlys.id),
        ]
