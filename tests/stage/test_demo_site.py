"""The demo instance's site: the shipped one, open at any hour, and never somebody's own."""

from datetime import UTC, datetime, timedelta

import pytest

from cti.errors import CtiError, Refused
from cti.site.files import EDITOR_HINT
from cti.site.load import load_site
from cti.stage.demo_site import (
    ABSENT,
    CUSTOMERS,
    MARK,
    RING_SECONDS,
    WRAP_UP_SECONDS,
    demo_agents,
    demo_site,
    is_fresh,
    refuse_real_instance,
    shipped_site,
)


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(demo_site(shipped_site()), encoding="utf-8")
    return load_site(file)


def test_the_office_of_the_demo_is_open_at_every_hour_also_on_holidays(site):
    office = site.schedules["office"]
    begin = datetime(2026, 9, 28, tzinfo=UTC)  # with the National Day holidays, closed in the shipped site
    assert all(office.is_open(begin + timedelta(hours=hour, minutes=59)) for hour in range(24 * 21))


def test_phones_ring_shortly_and_one_miss_pauses_an_agent_of_service(site):
    assert {queue.ring_seconds for queue in site.queues.values()} == {RING_SECONDS}
    assert {queue.wrap_up_seconds for queue in site.queues.values()} == {WRAP_UP_SECONDS}
    assert site.queues["service"].max_misses == 1


def test_everything_else_is_as_it_is_shipped(site, tmp_path):
    (tmp_path / "shipped.yaml").write_text(shipped_site(), encoding="utf-8")
    shipped = load_site(tmp_path / "shipped.yaml")
    assert (site.numbers, site.menus, site.trunks) == (shipped.numbers, shipped.menus, shipped.trunks)
    assert {name: queue.steps for name, queue in site.queues.items()} == {
        name: queue.steps for name, queue in shipped.queues.items()
    }


def test_a_shipped_site_that_lost_a_changed_line_is_not_guessed_at():
    with pytest.raises(CtiError, match="has changed"):
        demo_site(shipped_site().replace("    dates:", "    days:"))


def test_who_does_not_answer_is_an_agent_of_the_demo_and_no_customer_is_there_twice():
    assert ABSENT in {agent["number"] for agent in demo_agents()}
    assert len({customer.number for customer in CUSTOMERS}) == len({customer.customer for customer in CUSTOMERS}) == 7


def test_an_instance_of_ones_own_is_refused(tmp_path):
    (tmp_path / "site.yaml").write_text("site: {}\n", encoding="utf-8")
    with pytest.raises(Refused, match="your own"):
        refuse_real_instance(tmp_path)


def test_the_shipped_demo_site_that_somebody_has_begun_to_use_is_their_own(tmp_path):
    (tmp_path / "site.yaml").write_text(EDITOR_HINT + shipped_site(), encoding="utf-8")
    refuse_real_instance(tmp_path)
    assert is_fresh(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "cti.sqlite").touch()
    with pytest.raises(Refused):
        refuse_real_instance(tmp_path)


@pytest.mark.parametrize("text", [None, MARK + ", edited since\n"])
def test_a_new_folder_and_a_demo_that_was_edited_are_welcome(tmp_path, text):
    if text is not None:
        (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    refuse_real_instance(tmp_path)
