"""The OpenAPI document, made from the operations and their types."""

from http import HTTPStatus
from inspect import getdoc
from typing import Any

from msgspec import Struct
from msgspec.json import schema_components

from agents.web.operations import OPERATIONS, Operation
from agents.web.problems import PROBLEM_JSON, ProblemDetails

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_EVERYWHERE = (401, 403)
_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "the last id that was received: the stream goes on behind it",
    "schema": {"type": "string"},
}


def openapi(version: str, *, token: bool) -> Json:
    """Return the document; with `token`, it says that one is required."""
    types = [kind for one in OPERATIONS for kind in (one.takes, one.gives) if kind is not None]
    _, schemas = schema_components([*types, ProblemDetails], ref_template=_REF)
    asked = {one.takes.__name__ for one in OPERATIONS if one.method == "GET"}
    paths: Json = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas, token=token)
    components: Json = {"schemas": {n: s for n, s in schemas.items() if n not in asked}}
    if token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tagstream",
            "version": version,
            "description": "Tags of users: lookups, matches and subscriptions. See docs/http.md.",
        },
        "paths": paths,
        "components": components,
    }


def _operation(one: Operation, schemas: Json, *, token: bool) -> Json:
    summary = (getdoc(one.answer) or "").partition("\n")[0].removesuffix(".")
    told: Json = {"operationId": one.answer.__name__, "summary": summary}
    if one.method == "POST":
        told["requestBody"] = {"required": True, "content": _json(one.takes)}
    elif parameters := _parameters(one, schemas):
        told["parameters"] = parameters
    told["responses"] = {"200": _good(one)} | {str(code): _bad(code) for code in _faults(one)}
    if token and not one.open:
        told["security"] = [{"token": []}]
    return told


def _parameters(one: Operation, schemas: Json) -> list[Json]:
    asked = schemas[one.takes.__name__]
    required = asked.get("required", ())
    found = [
        {
            "name": name,
            "in": "path" if f"{{{name}}}" in one.path else "query",
            "required": name in required,
            "schema": schema,
        }
        for name, schema in asked["properties"].items()
    ]
    return found if one.gives else [*found, _ID]


def _faults(one: Operation) -> list[int]:
    return sorted({*one.faults, *(() if one.open else _EVERYWHERE)})


def _good(one: Operation) -> Json:
    if one.gives is None:
        return {
            "description": "server-sent events, without end",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    return {
        "description": (getdoc(one.gives) or "").partition("\n")[0],
        "content": _json(one.gives),
    }


def _bad(code: int) -> Json:
    content = {PROBLEM_JSON: _json(ProblemDetails)["application/json"]}
    return {"description": HTTPStatus(code).phrase, "content": content}


def _json(kind: type[Struct]) -> Json:
    return {"application/json": {"schema": {"$ref": _REF.format(name=kind.__name__)}}}
