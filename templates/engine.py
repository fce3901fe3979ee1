"""Looks templates up by layers and renders them; each line keeps where it came from and why."""

from collections.abc import Mapping, Sequence

from jinja2 import BaseLoader, Environment, TemplateNotFound

from slipway.errors import TemplateError
from templates import failure, nearest
from templates.budget import MAX_OUTPUT, Budget, current
from templates.layers import Layer, built_in, refuse_unfit
from templates.provenance import RenderedFile, plain, read
from templates.sandbox import Sandbox
from templates.values import data, joined

BASE = "base:"
BUILT_IN = "built-in:"


class Engine:
    """Templates of several layers, the first of which wins; the built-in layer comes last by itself.

    In a template, `{% extends "base:NAME" %}` means the next layer below that has it, `built-in:NAME` the
    last one. One engine may be used by several threads.
    """

    def __init__(self, layers: Sequence[Layer] = ()) -> None:
        self.layers = (*layers, built_in())
        self._environment = Sandbox(_Layers(self.layers), self._name_of)

    def render(self, name: str, context: Mapping[str, object]) -> RenderedFile:
        """Render a template. Raises `TemplateError` with `layer template:line` and the reason."""
        full = self._resolve(name, 0)
        budget = Budget(tuple(map(str, context)))
        token = current.set(budget)
        try:
            values = {str(key): data(value) for key, value in context.items()}
            template = self._environment.get_template(full)
            text = joined(template.root_render_func(template.new_context(values)))
            if len(plain(text)) > MAX_OUTPUT:
                raise TemplateError("renders more than 1 MiB")
        except Exception as error:
            raise failure.explained(error, self.layers, full) from None
        finally:
            current.reset(token)
        labels = [layer.label for layer in self.layers]
        return RenderedFile(name, labels[_depth(full)], read(text, labels, list(budget.reasons)))

    def source(self, name: str) -> tuple[Layer, str]:
        """The layer that a name is found in, and its text. Raises `TemplateError` when no layer has it."""
        layer = self.layers[_depth(self._resolve(name, 0))]
        return layer, layer.files[name]

    def names(self) -> list[str]:
        """Every template name of every layer, sorted."""
        return sorted({name for layer in self.layers for name in layer.files})

    def check(self, name: str, source: str) -> None:
        """Refuse a text that is no template: `TemplateError` with its line and the reason."""
        refuse_unfit(name, source, "")
        try:
            self._environment.compile(source, name=f"0\t{name}")
        except Exception as error:
            raise failure.explained(error, (Layer("new", {name: source}, ""),), f"0\t{name}") from None

    def _name_of(self, name: str, parent: str) -> str:
        if name.startswith(BASE):
            return self._resolve(name.removeprefix(BASE), _depth(parent) + 1)
        if name.startswith(BUILT_IN):
            return self._resolve(name.removeprefix(BUILT_IN), len(self.layers) - 1)
        return self._resolve(name, 0)

    def _resolve(self, name: str, start: int) -> str:
        for depth, layer in enumerate(self.layers[start:], start):
            if name in layer.files:
                return f"{depth}\t{name}"
        raise Unknown(name, [layer.label for layer in self.layers[start:]], self.names())


class Unknown(TemplateError, TemplateNotFound):
    """No layer has that template. Jinja knows it too, for `{% include … ignore missing %}`."""

    def __init__(self, name: str, searched: Sequence[str], known: Sequence[str]) -> None:
        where = f"searched: {', '.join(searched)}" if searched else "there is no layer below"
        TemplateError.__init__(
            self,
            f"no template {name!r} ({where}){nearest.hint(name, known)}",
            next="slipway template list shows every name",
        )
        self.name, self.message, self.templates = name, self.what, [name]


class _Layers(BaseLoader):
    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:
        del environment
        depth, _, name = template.partition("\t")
        return self._layers[int(depth)].files[name], f"<{depth} {name}>", None


def _depth(full: str) -> int:
    return int(full.partition("\t")[0])
