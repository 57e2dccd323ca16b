"""Tables, and the questions and changes that are theirs."""

from portal.models.access import AccessRequest, AccessRequestLine, Grant
from portal.models.answers import Answer, AnswerSubscription, AnswerTranslation, AnswerVersion
from portal.models.drafts import Draft
from portal.models.history import HistoryEvent
from portal.models.kept_files import KeptFile, KeptFileChunk
from portal.models.leases import Lease
from portal.models.notifications import Notification, NotificationPreference, SiteNotice
from portal.models.organizations import Contact, Organization, Site
from portal.models.search_index import SearchEntry
from portal.models.second_factors import RecoveryCode, SecondFactor
from portal.models.service_requests import (
    AdditionalContact,
    Attachment,
    AttachmentChunk,
    Message,
    ReadMark,
    ServiceRequest,
    ServiceRequestChange,
    Subscription,
)
from portal.models.sessions import HalfSignIn, Link, LoginFailure, Session

ALL = (
    Organization,
    Site,
    Contact,
    Session,
    Link,
    LoginFailure,
    AccessRequest,
    AccessRequestLine,
    Grant,
    ServiceRequest,
    AdditionalContact,
    Message,
    ServiceRequestChange,
    Attachment,
    AttachmentChunk,
    ReadMark,
    Subscription,
    SearchEntry,
    Answer,
    AnswerTranslation,
    AnswerVersion,
    AnswerSubscription,
    SiteNotice,
    Notification,
    NotificationPreference,
    HistoryEvent,
    Draft,
    SecondFactor,
    RecoveryCode,
    HalfSignIn,
    KeptFile,
    KeptFileChunk,
    Lease,
)

__all__ = [model.__name__ for model in ALL] + ["ALL"]
