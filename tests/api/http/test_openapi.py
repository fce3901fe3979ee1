"""What /docs shows is complete: a summary, the errors and an example of each request and answer."""

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from api import schemas
from api.http.parts import PROBLEM
from api.schemas.examples import EXAMPLES

Json = dict[str, Any]
MODELS = sorted(
    (
        model
        for name in schemas.__all__
        if isinstance(model := getattr(schemas, name), type) and issubclass(model, BaseModel)
    ),
    key=lambda model: model.__name__,
)


@pytest.fixture
def openapi(app: FastAPI) -> Json:
    return app.openapi()


def operations(openapi: Json) -> list[tuple[str, Json]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
    ]


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model is not schemas.Answer], ids=lambda model: model.__name__
)
def test_each_shape_has_an_example_that_it_takes(model: type[BaseModel]) -> None:
    example = EXAMPLES[model.__name__]
    assert model.model_validate(example).model_dump(mode="json") == example


def test_every_route_has_a_summary_of_its_own(openapi: Json) -> None:
    summaries = [operation["summary"] for _, operation in operations(openapi)]
    assert all(summaries)
    assert len(set(summaries)) == len(summaries)


def test_every_error_is_documented_as_a_problem(openapi: Json) -> None:
    for name, operation in operations(openapi):
        errors = {code: item for code, item in operation["responses"].items() if code[0] in "45"}
        assert name == "GET /health" or {"401", "403", "422"} <= set(errors), name
        for code, item in errors.items():
            assert list(item["content"]) == [PROBLEM], (name, code)
            content = item["content"][PROBLEM]
            assert content["schema"]["$ref"].rpartition("/")[2] in openapi["components"]["schemas"]
            assert content["example"]["status"] == int(code)


def test_every_request_and_answer_has_an_example(openapi: Json) -> None:
    missing = []
    for name, operation in operations(openapi):
        bodies = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        bodies += [item.get("content", {}) for code, item in operation["responses"].items() if code[0] == "2"]
        for content in bodies:
            missing += [f"{name} {kind}" for kind, item in content.items() if not _has_example(openapi, item)]
        if not any(content for content in bodies) and "204" not in operation["responses"]:
            missing.append(name)
    assert missing == []


def test_every_parameter_is_described_or_shown_by_example(openapi: Json) -> None:
    bare = [
        f"{name} {parameter['name']}"
        for name, operation in operations(openapi)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description") and "example" not in str(parameter)
    ]
    assert bare == []


def _has_example(openapi: Json, media: Json) -> bool:
    if "example" in media or "examples" in media:
        return True
    schema = media["schema"]
    schema = schema.get("items", schema)
    if "$ref" not in schema:
        return "examples" in schema
    return bool(openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]].get("examples"))
