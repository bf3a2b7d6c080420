"""`trunks:` and `outbound:`: how calls reach the world and come from it.

It knows what a SIP provider asks of a customer: an address that it knows, or a registration with a password. It
refuses to hold the password itself: site.yaml is in git, so there stands only where it is (`Secret`); rendering looks.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import PurePosixPath

import yaml

from . import model
from .fields import DID, Context, Fields, exists, items, scalar
from .reading import is_null, nearest, shown

DID_HINT = "digits, with a leading + or without"
_HOST = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_USER = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_USER_HINT = "letters, digits and _ . + -"
_REALM = re.compile(r"[A-Za-z0-9_.@ -]{1,128}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_WHERE_HINT = "site.yaml goes to git: {env: NAME}, {file: PATH}, or nothing and `[trunks]` in secrets.toml"


def read_trunk(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Trunk:
    fields = Fields(ctx, node, f"trunk {key.value}", key)
    host = fields.matching("host", _HOST, "host or host:port", required=True) or "invalid"
    if ":" in host and not 1 <= int(host.rpartition(":")[2]) <= 65535:
        ctx.wrong(fields.line("host"), f"{fields.what}: host is {shown(host)}", "a port is 1 to 65535")
    register = _read_register(fields)
    trunk = model.Trunk(
        name=key.value,
        host=host,
        match=_read_match(fields, required=register is None),
        transport=fields.one_of("transport", model.TRANSPORTS, "udp"),
        codecs=_read_codecs(fields),
        srtp=fields.flag("srtp", False),
        caller_id=fields.matching("caller_id", DID, DID_HINT),
        qualify_seconds=fields.number("qualify_seconds", 0, 0, 3600),
        registration=register,
    )
    fields.done()
    return trunk


def _read_match(fields: Fields, *, required: bool) -> tuple[str, ...]:
    """Addresses and networks. Who registers may leave them out: calls then come by the registration's own mark."""
    match = []
    for item in items(fields.ctx, fields.get("match", required=required), f"{fields.what}: match"):
        address = scalar(fields.ctx, item, f"{fields.what}: match")
        if address and _network(address):
            match.append(address)
        elif address:
            hint = "an address or a network such as 192.0.2.0/24"
            fields.ctx.wrong(item, f"{fields.what}: match {shown(address)}", hint)
    return tuple(match)


def _network(text: str) -> bool:
    try:
        return ipaddress.ip_network(text) is not None
    except ValueError:
        return False


def _read_codecs(fields: Fields) -> tuple[str, ...]:
    what, codecs = f"{fields.what}: codecs", []
    for item in items(fields.ctx, fields.get("codecs"), what):
        codec = scalar(fields.ctx, item, what)
        if codec and (codec not in model.CODECS or codec in codecs):
            fields.ctx.wrong(item, f"{what}: {shown(codec)}", f"each once; {nearest(codec, model.CODECS)}")
        elif codec:
            codecs.append(codec)
    return tuple(codecs) or model.USUAL_CODECS


def _read_register(trunk: Fields) -> model.Registration | None:
    node = trunk.get("register")
    if node is None:
        return None
    fields = Fields(trunk.ctx, node, f"{trunk.what}: register", trunk.line("register"))
    user = fields.matching("user", _USER, _USER_HINT, required=True)
    register = model.Registration(
        user=user,
        secret=_read_secret(fields),
        realm=fields.matching("realm", _REALM, "as the provider's challenge names it"),
        number=fields.matching("number", _USER, _USER_HINT) or user,
        expires_seconds=fields.number("expires_seconds", 300, 60, 86_400),
    )
    fields.done()
    return register


def _read_secret(register: Fields) -> model.Secret:
    """Where the password is. A password itself is refused, and not repeated in the message."""
    node, what = register.get("secret"), f"{register.what}: secret"
    if node is None:
        return model.Secret()
    if isinstance(node, yaml.ScalarNode) and not is_null(node):
        register.ctx.wrong(node, f"{what} is a password", _WHERE_HINT)
        return model.Secret()
    fields = Fields(register.ctx, node, what, register.line("secret"))
    env = fields.matching("env", _VARIABLE, "the name of an environment variable")
    file = fields.text("file")
    fields.done()
    if not fields.broken and ("env" in fields.values) == ("file" in fields.values):
        register.ctx.wrong(register.line("secret"), f"{what} needs env or file", "one of the two")
    if file and ".." in PurePosixPath(file).parts:
        register.ctx.wrong(
            fields.line("file"), f"{what}: {shown(file)} leads upwards", "absolute, or below site.yaml's folder"
        )
    return model.Secret(env=env, file=file)


def read_outbound(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Outbound:
    fields = Fields(ctx, node, "outbound", key)
    outbound = model.Outbound(
        trunks=_read_order(fields),
        caller_id=fields.matching("caller_id", DID, DID_HINT, required=True),
        countries=_read_countries(fields),
    )
    fields.done()
    return outbound


def _read_order(fields: Fields) -> tuple[str, ...]:
    """`trunk: a`, or `trunks: [a, b]` in the order in which they are tried."""
    one, what = fields.reference("trunk", "trunk"), "outbound: trunks"
    order = [one] if one else []
    for item in items(fields.ctx, fields.get("trunks"), what):
        name = scalar(fields.ctx, item, what)
        if name and exists(fields.ctx, item, what, "trunk", name):
            if name in order:
                fields.ctx.wrong(item, f"{what}: {shown(name)} stands twice", "each once, in the order to try")
            order.append(name)
    if not fields.broken and ("trunk" in fields.values) == ("trunks" in fields.values):
        fields.ctx.wrong(fields.at, "outbound needs trunk or trunks", "trunk: NAME, or trunks: [FIRST, SECOND]")
    return tuple(order) or ("invalid",)


def _read_countries(fields: Fields) -> tuple[str, ...]:
    countries = []
    for item in items(fields.ctx, fields.get("countries"), "outbound: countries"):
        country = scalar(fields.ctx, item, "outbound: countries")
        if country and not _COUNTRY.fullmatch(country):
            fields.ctx.wrong(item, f"outbound: countries: {shown(country)}", "two capital letters, such as CN")
        countries += [country] if country else []
    return tuple(countries)
