"""The environment that templates run in: nothing but data, bounded work.

Templates come from repos and from the API. They see plain data only, may call next to nothing, and every
loop, call and text counts against a budget.
"""

import operator
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes, pass_context
from jinja2.environment import TemplateModule
from jinja2.loaders import BaseLoader
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from slipway.errors import TemplateError
from templates import checks, nearest
from templates.budget import MAX_NUMBER, current
from templates.compiled import Compiled
from templates.guard import Guard
from templates.shaping import all_filters, all_tests
from templates.values import Traced, added, bare, because, joined, printed, why_of, with_why

TEXT = frozenset(
    {"lower", "upper", "strip", "lstrip", "rstrip", "split", "startswith", "endswith"}
    | {"removeprefix", "removesuffix"}
)
MAPPING = frozenset(["items", "keys", "values", "get"])
LOOP = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0"}
    | {"previtem", "nextitem", "cycle", "changed"}
)
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
# Functions that see the evidence of what they are given; every other sees plain values.
KEEP_EVIDENCE = frozenset([because, checks.looped, checks.sized, checks.concatenated])


class Missing(StrictUndefined):
    """An undefined name, whose error names those that exist."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        message = str(super()._undefined_message)
        owner = self._undefined_obj
        if self._undefined_hint:
            return message
        known = current.get().names if owner is missing else owner if isinstance(owner, dict) else ()
        return message + nearest.hint(str(self._undefined_name), known)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with far fewer things in it.

    `name_of(NAME, FULL-NAME-OF-ASKER)` answers with a template's full name, `LAYER-INDEX TAB NAME`.
    """

    intercepted_binops = frozenset([*ARITHMETIC, "**"])
    intercepted_unops = frozenset(["+", "-"])
    concat = staticmethod(joined)

    def __init__(self, loader: BaseLoader, name_of: Callable[[str, str], str]) -> None:
        super().__init__(
            undefined=Missing,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_finalize,
            autoescape=False,  # what is rendered is never HTML; each value is escaped for its language
            optimized=False,  # nothing of a template runs while it is compiled, outside of a budget
            loader=loader,
            bytecode_cache=Compiled(),
            auto_reload=False,
        )
        self._name_of = name_of
        for registry, ours in ((self.filters, all_filters()), (self.tests, all_tests())):
            registry.clear()
            registry.update(ours)
        self.filters["_printed"] = printed
        self.globals = {"because": because, "range": checks.spanned}
        self.looped, self.sized, self.plain = checks.looped, checks.sized, checks.plain_value
        self.concatenated, self.extended = checks.concatenated, checks.extended

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = Guard(name or "").visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree

    def join_path(self, template: str, parent: str) -> str:
        budget = current.get()
        budget.charge()
        name = self._name_of(str(bare(template)), parent)
        if isinstance(template, checks.Parent):
            _refuse_circle(budget.extends, parent, name)
        return name

    def call(self, context: Context, obj: object, /, *args: object, **kwargs: object) -> object:
        """Every call of a template, of the checks that `Guard` put in as well."""
        current.get().charge()
        if isinstance(obj, LoopContext):
            args = tuple(checks.looped(value) for value in args)
        elif not (isinstance(obj, Macro) or (isinstance(obj, FunctionType) and obj in KEEP_EVIDENCE)):
            args, kwargs = tuple(map(bare, args)), {name: bare(value) for name, value in kwargs.items()}
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        one, other = bare(left), bare(right)
        if isinstance(one, Undefined) or isinstance(other, Undefined):
            # Raises, with the name that is undefined.
            return super().call_binop(context, operator, one, other)
        if operator == "+" and isinstance(one, str) and isinstance(other, str):
            return added(left, right)
        if operator not in ARITHMETIC or not (
            isinstance(one, int | float) and isinstance(other, int | float)
        ):
            raise TemplateError(f"{operator!r} is not to be had for these values")
        result = ARITHMETIC[operator](one, other)
        if abs(result) >= MAX_NUMBER:
            raise TemplateError("a number grew past 64 bits")
        return with_why(result, why_of(left, right))

    def call_unop(self, context: Context, operator: str, arg: object) -> object:
        return with_why(super().call_unop(context, operator, bare(arg)), why_of(arg))

    def getattr(self, obj: object, attribute: str) -> object:
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        name: Any = bare(argument)
        inner: Any = bare(obj)
        if isinstance(obj, Traced):
            if name in ("value", "why"):
                return obj if name == "value" else "; ".join(obj.why)
            if isinstance(name, str) and name in obj.fields:
                return with_why(obj.fields[name], obj.why)
        if isinstance(name, str) and _is_open(inner, name):
            return getattr(inner, name)
        try:
            found = inner[name]
        except (LookupError, TypeError):
            if isinstance(inner, Undefined):
                raise
            return self.undefined(obj=inner, name=name)
        return with_why(found, why_of(obj))


def _is_open(obj: object, name: str) -> bool:
    """Whether a template may have that attribute: a few methods of text and mappings, Jinja's loops."""
    if isinstance(obj, str):
        return name in TEXT
    if isinstance(obj, dict):
        return name in MAPPING
    if isinstance(obj, LoopContext):
        return name in LOOP
    if isinstance(obj, BlockReference):
        return name == "super"
    return isinstance(obj, TemplateModule) and not name.startswith("_") and name in vars(obj)


@pass_context
def _finalize(context: Context, value: object) -> str:
    # Taking the context keeps Jinja from printing constants while it compiles, outside of a budget.
    del context
    return printed(value)


def _refuse_circle(extends: dict[str, str], child: str, parent: str) -> None:
    extends[child] = parent
    chain = [child]
    while chain[-1] in extends:
        chain.append(extends[chain[-1]])
        if chain[-1] == child:
            names = " → ".join(full.partition("\t")[2] for full in chain)
            raise TemplateError(f"extends itself: {names}", next='use "base:NAME" for the layer below')
