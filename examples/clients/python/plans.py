"""Reads a stream of plans, and checks it against its header, its summary and its digest."""

import hashlib
import json
from collections import Counter
from decimal import Decimal

from google.protobuf import json_format
from planner.v1 import plan_pb2, resource_pb2


class StreamError(Exception):
    """The stream contradicts itself: none of it may be executed."""


class IncompleteError(StreamError):
    """The stream ended too early: none of it may be executed, and asking again is all that is needed."""


def read(stream):
    """Returns the plans, each a list of phases, each a list of events; and the summary."""
    header = summary = None
    plans = []
    for message in stream:
        kind = message.WhichOneof("part")
        _check(summary is None, "a message after the summary")
        _check((kind == "header") == (header is None), "not exactly one header, at the beginning")
        if kind == "header":
            header = message.header
        elif kind == "plan_part":
            _add(plans, message.plan_part)
        else:
            _check(kind == "summary", "a message of an unknown kind")
            summary = message.summary
    if summary is None:
        raise IncompleteError("the stream ended without its summary")
    events = [event for plan in plans for phase in plan for event in phase]
    types = Counter(event.type for event in events)
    _check(
        (header.plans, summary.plans, summary.phases) == (len(plans), len(plans), sum(map(len, plans)))
        and (summary.refreshes, summary.creates, summary.updates, summary.deletes, summary.forgets)
        == (
            types[plan_pb2.EVENT_TYPE_REFRESH],
            types[plan_pb2.EVENT_TYPE_CREATE],
            types[plan_pb2.EVENT_TYPE_UPDATE],
            types[plan_pb2.EVENT_TYPE_DELETE],
            types[plan_pb2.EVENT_TYPE_FORGET],
        ),
        "other counts than announced",
    )
    _check(summary.digest == digest(plans), "another digest than announced")
    return plans, summary


def _add(plans, part):
    """Adds a part: a new plan or more of the last one; and in that, new phases or more of the last one."""
    if part.plan_index == len(plans):
        plans.append([])
    _check(part.plan_index == len(plans) - 1, "parts out of order")
    phases = plans[-1]
    for i, phase in enumerate(part.phases):
        if phase.index == len(phases):
            phases.append([])
        else:
            _check(i == 0 and phase.index == len(phases) - 1, "phases out of order")
        phases[-1].extend(phase.events)


def _check(condition, problem):
    if not condition:
        raise StreamError(problem)


def digest(plans):
    """The digest, as docs/planning.md#digest specifies it."""
    plain = [[[_event(e) for e in phase] for phase in plan] for plan in plans]
    return hashlib.sha256(_canonical(plain).encode()).hexdigest()


def name(identifier):
    return f"{identifier.type}::{identifier.id}"


def word(enum, value):
    """The planner's word for an enum value: EVENT_TYPE_CREATE is create; what is not set is empty."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return enum.values_by_number[value].name.removeprefix(prefix).lower() if value else ""


def _event(e):
    r = e.resource
    return {
        "caused_by": [name(i) for i in e.caused_by] + list(e.caused_by_types),
        "diff": [
            {"from": getattr(o, "from"), "op": o.op, "path": o.path, "value": _json(o, "value", None)}
            for o in e.diff
        ],
        "reason": word(plan_pb2.EventReason.DESCRIPTOR, e.reason),
        "resource": {
            "attributes": _json(r, "attributes", {}),
            "dependencies": [name(i) for i in r.dependencies],
            "diff_ignore": list(r.diff_ignore),
            "error": r.error,
            "executor": {"id": r.executor.id, "type": word(resource_pb2.ExecutorType.DESCRIPTOR, r.executor.type)},
            "identifier": name(r.identifier),
            "needs_recreate": r.needs_recreate,
            "pending_deletion": r.pending_deletion,
            "resource_version": r.resource_version,
            "type_dependencies": list(r.type_dependencies),
        },
        "type": word(plan_pb2.EventType.DESCRIPTOR, e.type),
    }


def _json(message, field, missing):
    """A JSON value that is in one of two forms. All numbers become Decimals, which keep every digit."""
    form = message.WhichOneof(f"{field}_form")
    if form is None:
        return missing
    value = getattr(message, form)
    text = value if form == f"{field}_json" else json_format.MessageToJson(value)
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def _canonical(value):
    if isinstance(value, dict):
        return "{" + ",".join(f"{_canonical(k)}:{_canonical(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, Decimal):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value):
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    if not short:
        return "0"
    exponent += len(text) - len(short)
    if 0 <= exponent <= 21 - len(short):
        short, exponent = short + "0" * exponent, 0
    return ("-" if sign else "") + short + (f"e{exponent}" if exponent else "")
