"""The permission matrix, to be read aloud: endpoint, method, then what each column's person gets."""

COLUMNS = (
    "anonymous stranger cc look update create service_admin full_admin narrowed expired ended own support manager desk"
).split()

ROWS = """
# endpoint                        how  ano str cc  loo upd cre ser ful nar exp end own sup man desk
start.index                       GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
ask.index                         GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
ask.index                         POST  303 404 403 403 403 303 303 303 403 404 404 403 303 403 303
attachments.download              GET   303 404 404 200 200 200 200 200 200 404 404 200 200 200 200
contacts.index                    GET   303 404 403 403 403 403 403 200 403 404 404 403 403 200 200
contacts.show                     GET   303 404 403 403 403 403 403 200 403 404 404 403 403 200 200
contacts.edit                     POST  303 404 403 403 403 403 403 422 403 404 404 403 403 422 422
contacts.confirm                  POST  303 404 403 403 403 403 403 403 403 404 404 403 403 303 403
contacts.deactivate               POST  303 404 403 403 403 403 403 303 403 404 404 403 403 303 303
contacts.invite                   POST  303 404 403 403 403 403 403 403 403 404 404 403 403 303 303
contacts.keep                     POST  303 404 403 403 403 403 403 403 403 404 404 403 403 303 403
contacts.reactivate               POST  303 404 403 403 403 403 403 403 403 404 404 403 403 303 303
contacts.link                     POST  303 404 403 403 403 403 403 403 403 404 404 403 403 422 422
contacts.unlink                   POST  303 404 403 403 403 403 403 403 403 404 404 403 403 303 303
contacts.new                      GET   303 404 403 403 403 403 403 200 403 404 404 403 403 200 200
contacts.add                      POST  303 404 403 403 403 403 403 303 403 404 404 403 403 303 303
dashboard.show                    GET   303 404 403 200 200 200 200 200 200 404 404 200 200 200 200
desk.index                        GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 200
desk_mail.index                   GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 200
desk_mail.again                   POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 303
site_notices.index                GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 200
site_notices.resolve              POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 303
site_notices.new                  GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 200
site_notices.new                  POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 422
desk_organizations.index          GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 200
desk_organizations.show           GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 200
desk_organizations.edit           POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 303
desk_organizations.add_site       POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 303
desk_organizations.edit_site      POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 303
desk_organizations.new            GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 200
desk_organizations.new            POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 422
desk.assign                       POST  303 404 404 404 404 404 404 404 404 404 404 404 404 404 303
health.healthz                    GET   200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
history.index                     GET   303 404 403 403 403 403 403 403 403 404 404 403 403 200 200
history.receipt                   GET   303 404 403 403 403 403 403 403 403 404 404 403 403 200 200
history.who                       GET   303 404 403 403 403 403 403 403 403 404 404 403 403 200 200
sign_in.login                     GET   200 303 303 303 303 303 303 303 303 303 303 303 303 303 303
sign_in.enter                     POST  422 422 422 422 422 422 422 422 422 422 429 429 429 429 429
sign_in.forgot                    GET   200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
sign_in.mail_link                 POST  303 303 303 303 303 303 303 303 303 303 303 303 303 303 303
sign_in.reset                     GET   404 404 404 404 404 404 404 404 404 404 404 404 404 404 404
sign_in.choose_password           POST  404 404 404 404 404 404 404 404 404 404 404 404 404 404 404
sign_in.logout                    POST  303 303 303 303 303 303 303 303 303 303 303 303 303 303 303
notifications.index               GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
notifications.follow              GET   303 404 404 404 404 404 404 404 404 404 404 404 404 404 404
notifications.read                POST  303 303 303 303 303 303 303 303 303 303 303 303 303 303 303
my_partners.approve               POST  303 404 404 404 404 404 404 404 404 404 404 403 403 303 403
my_partners.decline               POST  303 404 404 404 404 404 404 404 404 404 404 403 403 303 403
my_partners.impact                POST  303 404 404 404 404 404 404 404 404 404 404 403 403 200 403
my_customers.withdraw             POST  303 404 404 404 404 404 404 404 404 404 404 404 404 403 403
grants.end                        POST  303 404 403 403 403 403 403 403 404 404 404 403 403 303 403
my_customers.index                GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
site_notices.receive              POST  303 404 403 303 303 303 303 303 303 404 404 303 303 303 303
my_customers.subscription         POST  303 404 403 303 303 303 303 303 303 404 404 303 303 303 303
my_customers.request_access       GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
my_customers.request_access       POST  303 303 303 303 303 303 303 303 303 303 303 303 303 303 303
my_customers.find_colleagues      POST  303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
my_partners.index                 GET   303 403 403 403 403 403 403 403 403 403 403 403 403 200 403
grants.give                       GET   303 403 403 403 403 403 403 403 403 403 403 403 403 200 403
grants.give                       POST  303 403 403 403 403 403 403 403 403 403 403 403 403 422 403
grants.edit                       GET   303 404 403 403 403 403 403 403 404 404 404 403 403 200 403
grants.edit                       POST  303 404 403 403 403 403 403 403 404 404 404 403 403 422 403
grants.impact                     POST  303 404 403 403 403 403 403 403 404 404 404 403 403 422 403
my_partners.hand_over             POST  303 403 403 403 403 403 403 403 403 403 403 403 403 409 403
preferences.index                 GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
preferences.region                POST  303 303 303 303 303 303 303 303 303 303 303 303 303 303 303
preferences.told                  POST  303 303 303 303 303 303 303 303 303 303 303 303 303 303 303
preferences.password              POST  303 422 422 422 422 422 422 422 422 422 422 422 422 422 422
preferences.end_sessions          POST  303 303 303 303 303 303 303 303 303 303 303 303 303 303 303
requests.index                    GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
requests.export                   GET   303 200 200 200 200 200 200 200 200 200 200 200 200 200 200
service_request.show              GET   303 404 404 200 200 200 200 200 200 404 404 200 200 200 200
service_request.confidential      POST  303 404 404 403 403 403 403 403 403 404 404 403 303 303 303
service_request.add_contact       POST  303 404 404 403 303 303 303 303 403 404 404 403 303 403 303
service_request.remove_contact    POST  303 404 404 403 303 303 303 303 403 404 404 403 303 403 303
service_request.reply             POST  303 404 404 403 303 303 303 303 403 404 404 403 303 403 303
service_request.news              GET   401 404 404 200 200 200 200 200 200 404 404 200 200 200 200
service_request.primary_contact   POST  303 404 404 403 303 303 303 303 403 404 404 403 303 403 303
unsubscribe.ask                   GET   200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
unsubscribe.leave                 POST  200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
service_request.severity          POST  303 404 404 403 303 303 303 303 403 404 404 403 303 403 303
"""
