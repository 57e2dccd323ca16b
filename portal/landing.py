"""Where a notification leads: the page on which its reader goes on."""


def path(notification):
    """Return the path of the page where the reader goes on."""
    if notification.service_request_id:
        return f"/requests/{notification.service_request.reference}"
    if notification.access_request_id:
        return _path_of_access_request(notification)
    if notification.kind == "contact_added":
        return f"/contacts/{notification.organization.slug}/{notification.facts.get('contact', '')}"
    if notification.kind == "second_factor_changed":
        return "/preferences/second_factor"
    if notification.grant_id:
        return _path_of_grant(notification)
    return f"/answers/{notification.answer.public_id}" if notification.answer_id else "/"


def _path_of_access_request(notification):
    request = notification.access_request
    if notification.contact.organization_id == request.customer_id:
        return f"/partner/my_partners?request={request.public_id}#access-request-{request.public_id}"
    return "/partner/my_customers"


def _path_of_grant(notification):
    grant, ends = notification.grant, notification.kind == "access_ending"
    if notification.contact.organization_id == grant.customer_id:
        return f"/partner/my_partners{'/grants/' if ends else '#grant-'}{grant.public_id}"
    if ends:
        return f"/partner/my_customers/request?grant={grant.public_id}"
    slug = grant.customer.slug
    return f"/partner/my_customers?customer={slug}#customer-{slug}"
