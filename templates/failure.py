"""What went wrong in a template, as a person reads it: which layer, template and line, and why."""

import traceback
from collections.abc import Sequence

from jinja2 import Template, TemplateRuntimeError, TemplateSyntaxError
from jinja2.exceptions import SecurityError

from slipway.errors import TemplateError
from templates.layers import Layer

NEXT = "mend the template; slipway template show NAME prints each layer's text"


def explained(error: Exception, layers: Sequence[Layer], rendered: str) -> TemplateError:
    """An exception of Jinja or of a filter as a `TemplateError`, with its place and that line's text.

    The messages of exceptions that may quote a value are left out: a value may be a secret.
    """
    if isinstance(error, TemplateError) and error.where:
        return error
    full, line = _place(error) or (rendered, 0)
    depth, _, name = full.partition("\t")
    layer = layers[int(depth)]
    where = f"{layer.label} {name}:{line}" if line else f"{layer.label} {name}"
    source = layer.files[name].splitlines()[line - 1 : line] if line else []
    hint = error.next if isinstance(error, TemplateError) and error.next else NEXT
    return TemplateError(
        _reason(error), where=where.strip(), next=hint, lines=[text[:200] for text in source]
    )


def _reason(error: Exception) -> str:
    match error:
        case TemplateError():
            return error.what
        case SecurityError():
            return f"does what templates may not: {error}"
        case TemplateSyntaxError() | TemplateRuntimeError():
            return error.message or "is no template"
        case RecursionError():
            return "calls itself without end, or is nested too deeply"
        case TypeError() | ArithmeticError() | SyntaxError():
            return str(error)
    return f"a value does not fit ({type(error).__name__})"


def _place(error: Exception) -> tuple[str, int] | None:
    if isinstance(error, TemplateSyntaxError) and error.name:
        return error.name, error.lineno
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        template = frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template) and template.name and frame.f_code.co_filename == template.filename:
            found = template.name, template.get_corresponding_lineno(line)
    return found
