#!/usr/bin/env python3
"""Who calls? Looks the caller's number up in a database and tells the dialplan.

    AGI(agi://127.0.0.1:PORT/script/customer_lookup)            looks up the caller's number
    AGI(agi://127.0.0.1:PORT/script/customer_lookup,13800138000)   or this one

Reads CTI_DATABASE from the engine's environment: a SQLite file, or a SQLAlchemy URL with a synchronous driver
(postgresql+psycopg://…). The table is `customers(number, id, name)`; it may also have `priority`, `language`, `prefer`
(an agent's number) and `need` (skills, `vip=3,french=1`). Sets, in this order:

    CTI_CUSTOMER, CTI_CUSTOMER_NAME, CTI_PRIORITY, CTI_LANG, CTI_PREFER, CTI_NEED      only when found, and what it has
    CTI_LOOKUP                          found | not_found | error; empty: the script never came to its end

In site.yaml, for a number or for digits that callers enter:  lookup: {script: customer_lookup, seconds: 2}
By hand:

    same => n,AGI(agi://127.0.0.1:4573/script/customer_lookup)
    same => n,GotoIf($["${CTI_LOOKUP}" = "found"]?known:unknown)

The same file also runs as a process of its own: AGI(/path/customer_lookup.py).
"""

import functools
import os
import re
import sys

import sqlalchemy
from asterisk.agi import AGI, AGIHangup

QUERY = sqlalchemy.text("SELECT * FROM customers WHERE number = :number")
VARIABLES = {
    "id": "CTI_CUSTOMER",
    "name": "CTI_CUSTOMER_NAME",
    "priority": "CTI_PRIORITY",
    "language": "CTI_LANG",
    "prefer": "CTI_PREFER",
    "need": "CTI_NEED",
}


@functools.cache
def database(where: str) -> sqlalchemy.Engine:
    """One pool for all calls: the module stays loaded between them."""
    url = where if "://" in where else f"sqlite:///{where}"
    # hide_parameters: an error must not write down what a caller entered
    return sqlalchemy.create_engine(url.replace("+aiosqlite", ""), pool_pre_ping=True, hide_parameters=True)


def find_customer(number: str) -> dict[str, str] | None:
    """Variables of the customer with this number. The number is a parameter, never a part of the SQL text."""
    with database(os.environ["CTI_DATABASE"]).connect() as connection:
        row = connection.execute(QUERY, {"number": number}).mappings().first()
    if row is None:
        return None
    return {variable: str(row[column]) for column, variable in VARIABLES.items() if row.get(column) is not None}


def one_line(text: str) -> str:
    """Without what a quoted AGI argument cannot carry: pyst2 does not escape."""
    return re.sub(r'[\x00-\x1f\x7f"\\]', " ", text)[:200]


def main(agi: AGI) -> None:
    """One call."""
    given = agi.env.get("agi_arg_1") or agi.env.get("agi_callerid", "")
    if re.fullmatch(r"\+?[0-9]{3,20}", given) is None:  # unknown, anonymous, or something nasty
        agi.set_variable("CTI_LOOKUP", "not_found")
        return
    try:
        found = find_customer(given)
    except (KeyError, sqlalchemy.exc.SQLAlchemyError) as error:
        sys.stderr.write(f"customer_lookup: {error}\n")
        agi.set_variable("CTI_LOOKUP", "error")
        return
    for variable, value in (found or {}).items():
        agi.set_variable(variable, one_line(value))
    agi.set_variable("CTI_LOOKUP", "found" if found else "not_found")  # last: what the dialplan branches on


if __name__ == "__main__":
    try:
        main(AGI())
    except AGIHangup:
        sys.exit(0)
