"""Looks templates up by layers and renders them; each line keeps where it came from and why."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from jinja2 import BaseLoader, Environment, TemplateSyntaxError, UndefinedError
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import SecurityError

from slipway.errors import TemplateError
from templates.layers import Layer, built_in
from templates.provenance import MARKS, RenderedFile, read
from templates.sandbox import Budget, Sandbox, current, data

MAX_OUTPUT = 1 << 20
BASE = "base:"
BUILT_IN = "built-in:"


class Engine:
    """Templates of several layers, the first of which wins; the built-in layer comes last by itself.

    In a template, `{% extends "base:NAME" %}` means the next layer below, `built-in:NAME` the last one.
    """

    def __init__(self, layers: Sequence[Layer] = ()) -> None:
        self.layers = (*layers, built_in())
        self._environment = Sandbox(loader=_Layers(self.layers), cache_size=400)
        self._environment.name_of = self._name_of

    def render(self, name: str, context: Mapping[str, object]) -> RenderedFile:
        """Render a template. Raises `TemplateError` with `layer template:line` and the reason."""
        full = self._resolve(name, 0, "")
        budget = Budget()
        token = current.set(budget)
        try:
            template = self._environment.get_template(full)
            text = _capped(template.generate({str(key): data(value) for key, value in context.items()}))
        except TemplateError as error:
            raise _placed(error, error) from None
        except (JinjaError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise _placed(TemplateError(_reason(error, context)), error) from None
        except RecursionError as error:
            raise _placed(TemplateError("calls itself without end"), error) from None
        finally:
            current.reset(token)
        return RenderedFile(name, full.partition("\t")[0], tuple(read(text, budget.reasons)))

    def source(self, name: str) -> tuple[Layer, str]:
        """The layer that a name is found in, and its text."""
        label = self._resolve(name, 0, "").partition("\t")[0]
        layer = next(layer for layer in self.layers if layer.label == label)
        return layer, layer.files[name]

    def names(self) -> list[str]:
        """Every template name of every layer."""
        return sorted({name for layer in self.layers for name in layer.files})

    def check(self, name: str, source: str) -> None:
        """Refuse a text that is no template: `TemplateError` with its line and the reason."""
        if MARKS.search(source):
            raise TemplateError("holds a Unicode noncharacter", where=name)
        try:
            self._environment.compile(source, name=f"new\t{name}")
        except TemplateSyntaxError as error:
            raise TemplateError(error.message or "is no template", where=f"{name}:{error.lineno}") from None

    def _name_of(self, name: str, parent: str) -> str:
        label, _, own = parent.partition("\t")
        if name.startswith(BASE):
            depth = next(at for at, layer in enumerate(self.layers) if layer.label == label)
            return self._resolve(name.removeprefix(BASE), depth + 1, f"{label} {own}")
        if name.startswith(BUILT_IN):
            return self._resolve(name.removeprefix(BUILT_IN), len(self.layers) - 1, f"{label} {own}")
        return self._resolve(name, 0, f"{label} {own}")

    def _resolve(self, name: str, start: int, asker: str) -> str:
        for layer in self.layers[start:]:
            if name in layer.files:
                return f"{layer.label}\t{name}"
        searched = ", ".join(layer.label for layer in self.layers[start:]) or "no layer is left below"
        near = difflib.get_close_matches(name, self.names(), 1)
        hint = f"did you mean {near[0]}?" if near else "slipway template list shows every name"
        raise TemplateError(f"no template {name!r} (searched: {searched})", where=asker.strip(), next=hint)


class _Layers(BaseLoader):
    def __init__(self, layers: Sequence[Layer]) -> None:
        self._files = {layer.label: layer.files for layer in layers}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:
        del environment
        label, _, name = template.partition("\t")
        source = self._files[label][name]
        if MARKS.search(source):
            raise TemplateError("holds a Unicode noncharacter", where=f"{label} {name}")
        return source, f"<{label}\t{name}>", None


def _capped(pieces: Iterator[str]) -> str:
    parts, size = [], 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > 4 * MAX_OUTPUT:
            raise TemplateError("renders more than 1 MiB")
    return "".join(parts)


def _placed(error: TemplateError, cause: BaseException) -> TemplateError:
    if error.where:
        return error
    place = ""
    if isinstance(cause, TemplateSyntaxError):
        place = f"{(cause.name or '').replace(chr(9), ' ')}:{cause.lineno}"
    traceback = cause.__traceback__
    while traceback:
        file = traceback.tb_frame.f_code.co_filename
        if file.startswith("<") and "\t" in file:
            place = f"{file[1:-1].replace(chr(9), ' ')}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    hint = error.next or "mend the template; slipway template show NAME prints each layer's text"
    return TemplateError(error.what, where=place, next=hint, lines=error.lines)


def _reason(error: BaseException, context: Mapping[str, object]) -> str:
    if isinstance(error, SecurityError):
        return f"does what templates may not: {error}"
    if isinstance(error, UndefinedError):
        return f"{error.message} (there are: {', '.join(sorted(context))})"
    return str(error)
