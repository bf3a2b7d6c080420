"""Customers: found by number or by what they entered, and a file of them taken whole or refused with every mistake."""

from __future__ import annotations

import pytest

from cti.db.customers import Customer, CustomerBook, mistakes_of, read_customers
from cti.errors import NotFound, UsageError

HAN = Customer(id="c7", name="韩梅梅", number="+8613800138000", note="VIP", priority=5, language="zh", prefer="1001")
LI = Customer(id="c8", name="李雷", number="13900139000", need="engine=60,language_en=50")


@pytest.fixture
def book(store) -> CustomerBook:
    return CustomerBook(store.database)


async def test_a_customer_is_found_by_number(book):
    await book.save([HAN, LI])
    found = await book.by_number("+8613800138000")
    assert (found["id"], found["priority"], found["prefer"]) == ("c7", 5, "1001")
    assert await book.by_number("") is None
    assert await book.by_number("%") is None
    assert set(await book.by_numbers(["13900139000", "+8613800138000", "1"])) == {"13900139000", "+8613800138000"}


async def test_a_customer_is_found_by_what_was_entered_first_by_id_then_by_number(book):
    await book.save(
        [Customer(id="1234", name="韩梅梅", number="13800138000"), Customer(id="c8", name="李雷", number="1234")]
    )
    assert (await book.who("13900000000", "1234"))["id"] == "1234"
    assert (await book.who("", "13800138000"))["name"] == "韩梅梅"
    assert await book.who("13800138000", "999") is None
    assert (await book.who("13800138000"))["id"] == "1234"


async def test_saving_tells_what_it_did_and_a_dry_run_does_nothing(book):
    assert await book.save([HAN, LI], dry_run=True) == {"added": 2, "changed": 0, "same": 0, "removed": 0}
    assert await book.count() == 0
    await book.save([HAN, LI])
    other = Customer(id="c8", name="李雷雷", number="13900139000")
    assert await book.save([HAN, other]) == {"added": 0, "changed": 1, "same": 1, "removed": 0}
    assert await book.save([other], prune=True) == {"added": 0, "changed": 0, "same": 1, "removed": 1}
    assert [row["name"] for row in await book.find()] == ["李雷雷"]


async def test_thousands_are_saved_and_pruned(book):
    many = [Customer(id=f"c{n}", name=f"N {n}", number=f"138{n:08}") for n in range(3000)]
    assert (await book.save(many))["added"] == 3000
    assert (await book.save(many[:1], prune=True))["removed"] == 2999


async def test_a_part_of_a_name_or_number_finds_them_and_a_wildcard_is_a_letter(book):
    await book.save([HAN, LI])
    assert [row["id"] for row in await book.find("梅")] == ["c7"]
    assert [row["id"] for row in await book.find("139001")] == ["c8"]
    assert await book.find("%") == []


async def test_nobody_can_be_removed_twice(book):
    await book.save([HAN])
    await book.remove("c7")
    with pytest.raises(NotFound, match="cti customer list"):
        await book.remove("c7")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": "a b"}, "id"),
        ({"number": "0049 30"}, "number"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "one line"),
        ({"note": "x" * 501}, "note"),
        ({"priority": 101}, "priority"),
        ({"language": "chinese"}, "language"),
        ({"prefer": "PJSIP/1001"}, "prefer"),
        ({"need": "engine"}, "need"),
        ({"need": "engine=0"}, "need"),
    ],
)
def test_what_cannot_be_stored_is_told(fields, said):
    good = {"id": "c1", "name": "Li", "number": "13800138000"}
    assert mistakes_of(Customer(**good)) == []
    assert any(said in mistake for mistake in mistakes_of(Customer(**good | fields)))


def test_every_mistake_of_a_file_is_told_with_its_line(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("id,name,number,priority\nc1,Li,13800138000,5\nc1,Li,138,x\nc 2,,12,\n", encoding="utf-8")
    with pytest.raises(UsageError) as told:
        read_customers(path)
    lines = str(told.value).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["customers.csv:3:"] * 2 + ["customers.csv:4:"] * 2
    path.write_text("\ufeffid,name,number,note\nc1,Li,13800138000,says hello\n", encoding="utf-8")
    assert read_customers(path) == [Customer(id="c1", name="Li", number="13800138000", note="says hello")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,number\n", "'id' is missing"),
        ("id,name,number,colour\n", "'colour'"),
        ('id,name,number\nc1,"Li,13800138000\n', "not CSV"),
        ("id,name,number\nc1,Li\n", "not 3 values"),
    ],
)
def test_what_is_no_list_of_customers_is_refused(tmp_path, text, said):
    path = tmp_path / "customers.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_customers(path)
