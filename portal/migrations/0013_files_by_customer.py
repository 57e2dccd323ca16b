"""Each file with its customer’s number: they were counted by a look at each of the customer’s requests."""

OF_REQUEST = "(SELECT organization_id FROM service_request WHERE service_request.id = attachment.service_request_id)"


def up(migrator, db):
    db.execute_sql("ALTER TABLE attachment ADD COLUMN organization_id INTEGER")
    db.execute_sql(f"UPDATE attachment SET organization_id = {OF_REQUEST}")  # noqa: S608
    db.execute_sql("CREATE INDEX attachment_organization_id ON attachment (organization_id)")


def down(migrator, db):
    db.execute_sql("DROP INDEX attachment_organization_id")
    db.execute_sql("ALTER TABLE attachment DROP COLUMN organization_id")
