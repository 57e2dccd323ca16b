"""PostgreSQL is restarted under load: a sentence with 503 meanwhile, then all goes on by itself, and nothing is lost."""

import pytest

from tests.conftest import cannot_run
from tests.engines import NoServer
from tests.faults.mail_server import listening
from tests.faults.serving import Served
from tests.faults.writers import Writers


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restart_of_the_database_gives_only_503_and_loses_nothing(engine, database_url, request, how):
    with listening() as mail:
        served, writers = Served(database_url, MAIL_URL=mail.url), Writers()
        served.start()
        try:
            writers.start(served, 3, steadfast=True)
            for _restart in range(2):
                writers.wait_for_more(10)
                restart(engine, how, request)
            writers.wait_for_more(10)
            assert served.get(f"/requests/{served.reference}")[0] == 200
            assert mail.wait_for(len(served.mails()))
        finally:
            writers.stop()
            served.kill()
    writers.all_is_there_once(served, f"2 restarts ({how})")
    assert set(writers.answers) <= {303, 503}


def restart(engine, how, request):
    try:
        engine.restart(how)
    except NoServer:
        cannot_run(request, "a PostgreSQL that can be restarted: apt-get install postgresql")
