"""The first tables."""

from peewee import *


def up(migrator, db):
    class Organization(Model):
        slug = CharField(unique=True, max_length=64)
        name = CharField()
        timezone = CharField(max_length=64, default='UTC')
        locale = CharField(max_length=16, default='en')
        class Meta:
            database = db
            table_name = 'organization'
    db.create_tables([Organization])

    class Contact(Model):
        public_id = CharField(max_length=64, unique=True)
        email = CharField(unique=True)
        name = CharField()
        organization = ForeignKeyField(Organization)
        timezone = CharField(max_length=64, default='UTC')
        locale = CharField(max_length=16, default='en')
        contact_manager = BooleanField(default=False)
        support_contact = BooleanField(default=False)
        desk = BooleanField(default=False)
        active = BooleanField(default=True)
        stands_in_for = ForeignKeyField('self', null=True)
        password_hash = TextField(null=True)
        added_by = ForeignKeyField(Organization, null=True)
        confirmed_at = DateTimeField(null=True)
        kept_at = DateTimeField(null=True)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'contact'
    db.create_tables([Contact])

    class AccessRequest(Model):
        public_id = CharField(max_length=64, unique=True)
        requested_by = ForeignKeyField(Contact)
        partner = ForeignKeyField(Organization)
        manager_email = CharField()
        customer = ForeignKeyField(Organization, null=True)
        addressed_to = ForeignKeyField(Contact, null=True)
        days = IntegerField()
        reason = TextField(default='')
        status = CharField(max_length=10, default='pending')
        created_at = DateTimeField()
        decided_at = DateTimeField(null=True)
        decided_by = ForeignKeyField(Contact, null=True)
        decision_reason = TextField(default='')
        days_given = IntegerField(null=True)
        covers_from = DateField(null=True)
        class Meta:
            database = db
            table_name = 'access_request'
            indexes = ((('customer', 'status', 'created_at'), False), (('partner', 'status', 'created_at'), False), (('status', 'created_at'), False))
    db.create_tables([AccessRequest])

    class AccessRequestLine(Model):
        access_request = ForeignKeyField(AccessRequest)
        contact = ForeignKeyField(Contact, null=True)
        level = IntegerField()
        level_given = IntegerField(null=True)
        class Meta:
            database = db
            table_name = 'access_request_line'
            indexes = ((('access_request', 'contact'), True),)
    db.create_tables([AccessRequestLine])

    class Site(Model):
        public_id = CharField(max_length=64, unique=True)
        organization = ForeignKeyField(Organization)
        name = CharField()
        url = CharField(max_length=2000, default='')
        class Meta:
            database = db
            table_name = 'site'
            indexes = ((('organization', 'name'), True),)
    db.create_tables([Site])

    class ServiceRequest(Model):
        reference = CharField(unique=True, max_length=16)
        organization = ForeignKeyField(Organization, index=False)
        site = ForeignKeyField(Site, null=True)
        category = CharField(max_length=24)
        severity = IntegerField()
        status = CharField(max_length=8, default='open')
        confidential = BooleanField(default=False)
        subject = CharField(max_length=300)
        submitted_by = ForeignKeyField(Contact)
        primary_contact = ForeignKeyField(Contact)
        timezone = CharField(max_length=64)
        assignee = ForeignKeyField(Contact, null=True)
        created_at = DateTimeField()
        updated_at = DateTimeField()
        solved_at = DateTimeField(null=True)
        first_answer_at = DateTimeField(null=True)
        submission_key = CharField(unique=True, null=True, max_length=64)
        class Meta:
            database = db
            table_name = 'service_request'
            indexes = ((('organization', 'updated_at', 'id'), False), (('updated_at', 'id'), False), (('organization', 'status'), False), (('organization', 'created_at'), False))
    db.create_tables([ServiceRequest])

    class AdditionalContact(Model):
        service_request = ForeignKeyField(ServiceRequest, index=False)
        contact = ForeignKeyField(Contact)
        added_by = ForeignKeyField(Contact, null=True)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'additional_contact'
            indexes = ((('service_request', 'contact'), True),)
    db.create_tables([AdditionalContact])

    class Answer(Model):
        public_id = CharField(max_length=64, unique=True)
        reviewed_on = DateField(null=True)
        audience = CharField(max_length=16, default='public')
        class Meta:
            database = db
            table_name = 'answer'
    db.create_tables([Answer])

    class AnswerSubscription(Model):
        answer = ForeignKeyField(Answer)
        contact = ForeignKeyField(Contact)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'answer_subscription'
            indexes = ((('answer', 'contact'), True),)
    db.create_tables([AnswerSubscription])

    class AnswerTranslation(Model):
        answer = ForeignKeyField(Answer)
        locale = CharField(max_length=16)
        title = CharField(max_length=500)
        body = TextField()
        version = IntegerField(default=1)
        reviewed_on = DateField(null=True)
        updated_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'answer_translation'
            indexes = ((('answer', 'locale'), True),)
    db.create_tables([AnswerTranslation])

    class Message(Model):
        public_id = CharField(max_length=64, unique=True)
        service_request = ForeignKeyField(ServiceRequest, index=False)
        author = ForeignKeyField(Contact)
        author_organization = ForeignKeyField(Organization)
        created_at = DateTimeField()
        internal = BooleanField(default=False)
        body = TextField()
        submission_key = CharField(unique=True, null=True, max_length=64)
        class Meta:
            database = db
            table_name = 'message'
            indexes = ((('service_request', 'created_at', 'id'), False),)
    db.create_tables([Message])

    class Attachment(Model):
        public_id = CharField(max_length=64, unique=True)
        message = ForeignKeyField(Message)
        service_request = ForeignKeyField(ServiceRequest)
        position = IntegerField(default=0)
        name = CharField()
        type = CharField(max_length=127, default='application/octet-stream')
        size = BigIntegerField()
        sha256 = CharField(max_length=64)
        class Meta:
            database = db
            table_name = 'attachment'
    db.create_tables([Attachment])

    class AttachmentChunk(Model):
        attachment = ForeignKeyField(Attachment, index=False)
        position = IntegerField()
        content = BlobField()
        class Meta:
            database = db
            table_name = 'attachment_chunk'
            indexes = ((('attachment', 'position'), True),)
    db.create_tables([AttachmentChunk])

    class Grant(Model):
        public_id = CharField(max_length=64, unique=True)
        customer = ForeignKeyField(Organization)
        partner = ForeignKeyField(Organization)
        contact = ForeignKeyField(Contact, null=True)
        level = IntegerField()
        covers_from = DateField(null=True)
        covers_from_at = DateTimeField(null=True)
        starts_at = DateTimeField()
        expires_at = DateTimeField()
        ended_at = DateTimeField(null=True)
        ended_by = ForeignKeyField(Contact, null=True)
        end_cause = CharField(max_length=16, default='')
        superseded_by = ForeignKeyField('self', null=True)
        reminded_days = IntegerField(null=True)
        approved_by = ForeignKeyField(Contact, null=True)
        access_request = ForeignKeyField(AccessRequest, null=True)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'access_grant'
            indexes = ((('partner', 'contact', 'expires_at'), False), (('customer', 'partner', 'expires_at'), False), (('end_cause', 'expires_at'), False))
    db.create_tables([Grant])

    class HistoryEvent(Model):
        customer = ForeignKeyField(Organization)
        sequence = IntegerField()
        at = DateTimeField()
        kind = CharField(max_length=32)
        actor = ForeignKeyField(Contact, null=True)
        partner = ForeignKeyField(Organization, null=True)
        contact = ForeignKeyField(Contact, null=True)
        grant = ForeignKeyField(Grant, null=True)
        service_request = ForeignKeyField(ServiceRequest, null=True)
        details = TextField(default='{}')
        previous_hash = CharField(max_length=64)
        hash = CharField(max_length=64)
        class Meta:
            database = db
            table_name = 'history_event'
            indexes = ((('customer', 'sequence'), True), (('customer', 'at', 'sequence'), False), (('customer', 'partner', 'at', 'sequence'), False), (('customer', 'actor', 'at', 'sequence'), False), (('customer', 'service_request', 'at', 'sequence'), False), (('customer', 'kind', 'at', 'sequence'), False))
    db.create_tables([HistoryEvent])

    class Link(Model):
        public_id = CharField(max_length=64, unique=True)
        contact = ForeignKeyField(Contact, null=True)
        purpose = CharField(max_length=16)
        token_hash = CharField(unique=True, max_length=64)
        created_at = DateTimeField()
        expires_at = DateTimeField()
        used_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'link'
    db.create_tables([Link])

    class LoginFailure(Model):
        account_hash = CharField(max_length=64)
        address = CharField(max_length=64)
        at = DateTimeField()
        class Meta:
            database = db
            table_name = 'login_failure'
            indexes = ((('account_hash', 'address', 'at'), False), (('address', 'at'), False), (('at',), False))
    db.create_tables([LoginFailure])

    class SiteNotice(Model):
        public_id = CharField(max_length=64, unique=True)
        site = ForeignKeyField(Site)
        kind = CharField(max_length=16)
        title = CharField(max_length=300)
        body = TextField(default='')
        starts_at = DateTimeField(null=True)
        ends_at = DateTimeField(null=True)
        resolved_at = DateTimeField(null=True)
        author = ForeignKeyField(Contact)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'site_notice'
    db.create_tables([SiteNotice])

    class Notification(Model):
        public_id = CharField(max_length=64, unique=True)
        contact = ForeignKeyField(Contact, null=True)
        kind = CharField(max_length=32)
        created_at = DateTimeField()
        read_at = DateTimeField(null=True)
        actor = ForeignKeyField(Contact, null=True)
        organization = ForeignKeyField(Organization, null=True)
        access_request = ForeignKeyField(AccessRequest, null=True)
        grant = ForeignKeyField(Grant, null=True)
        service_request = ForeignKeyField(ServiceRequest, null=True)
        message = ForeignKeyField(Message, null=True)
        site_notice = ForeignKeyField(SiteNotice, null=True)
        answer = ForeignKeyField(Answer, null=True)
        link = ForeignKeyField(Link, null=True)
        details = TextField(default='{}')
        once_key = CharField(unique=True, null=True, max_length=120)
        mail_state = CharField(max_length=8, default='due')
        mail_due_at = DateTimeField(null=True)
        mail_attempts = IntegerField(default=0)
        mail_sent_at = DateTimeField(null=True)
        mail_error = CharField(max_length=500, default='')
        class Meta:
            database = db
            table_name = 'notification'
            indexes = ((('contact', 'created_at', 'id'), False), (('contact', 'read_at'), False), (('mail_state', 'mail_due_at'), False), (('service_request',), False))
    db.create_tables([Notification])

    class NotificationPreference(Model):
        contact = ForeignKeyField(Contact)
        kind = CharField(max_length=32)
        organization = ForeignKeyField(Organization, null=True)
        by_mail = BooleanField(default=True)
        in_list = BooleanField(default=True)
        class Meta:
            database = db
            table_name = 'notification_preference'
            indexes = ((('contact', 'kind', 'organization'), False),)
    db.create_tables([NotificationPreference])

    class ReadMark(Model):
        service_request = ForeignKeyField(ServiceRequest, index=False)
        contact = ForeignKeyField(Contact)
        read_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'read_mark'
            indexes = ((('service_request', 'contact'), True),)
    db.create_tables([ReadMark])

    class ServiceRequestChange(Model):
        service_request = ForeignKeyField(ServiceRequest, index=False)
        actor = ForeignKeyField(Contact)
        at = DateTimeField()
        what = CharField(max_length=24)
        before = CharField(default='')
        after = CharField(default='')
        class Meta:
            database = db
            table_name = 'service_request_change'
            indexes = ((('service_request', 'at'), False),)
    db.create_tables([ServiceRequestChange])

    class Session(Model):
        key_hash = CharField(unique=True, max_length=64)
        contact = ForeignKeyField(Contact)
        created_at = DateTimeField()
        seen_at = DateTimeField()
        browser = CharField(max_length=200, default='')
        class Meta:
            database = db
            table_name = 'session'
    db.create_tables([Session])

    class Subscription(Model):
        contact = ForeignKeyField(Contact)
        organization = ForeignKeyField(Organization)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'subscription'
            indexes = ((('contact', 'organization'), True),)
    db.create_tables([Subscription])
