"""The OpenAPI document as a page for people: plain HTML, since the security policy lets no foreign script in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["reference_page", "reference_style"]

HIDDEN = {"description", "title", "examples", "default", "$ref"}


def reference_page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True)
    template = environment.from_string(_text("reference.html"))
    tags = [{**tag, "operations": list(_operations(document, tag["name"]))} for tag in document["tags"]]
    return template.render(info=document["info"], tags=[tag for tag in tags if tag["operations"]])


@cache
def reference_style() -> str:
    """Return the page's style sheet."""
    return _text("reference.css")


def _text(name: str) -> str:
    return files("evenhand.server").joinpath("templates", name).read_text(encoding="utf-8")


def _operations(document: dict[str, Any], tag: str) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            if tag in described.get("tags", []):
                yield {
                    "method": method.upper(),
                    "path": path,
                    "summary": described["summary"],
                    "description": described.get("description", ""),
                    "permission": described.get("x-permission"),
                    "parameters": described.get("parameters", []),
                    "bodies": list(_bodies(document, described)),
                    "answers": [(status, answer["description"]) for status, answer in described["responses"].items()],
                }


def _bodies(document: dict[str, Any], described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for content in described.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        schema = document["components"]["schemas"].get(name, content["schema"])
        required = schema.get("required", [])
        yield {
            "name": name or "file",
            "fields": [
                {
                    "name": field,
                    "required": field in required,
                    "description": about.get("description", ""),
                    "schema": _plain(about),
                }
                for field, about in schema.get("properties", {}).items()
            ],
            "examples": [json.dumps(example, indent=2, ensure_ascii=False) for example in schema.get("examples", [])],
        }


def _plain(about: dict[str, Any]) -> str:
    """Return a field's type and bounds as one line."""
    return json.dumps({name: value for name, value in about.items() if name not in HIDDEN}, ensure_ascii=False)
