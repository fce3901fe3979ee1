"""What is put into a template's syntax tree before it is compiled: marks, and checks of what can grow.

Working on the tree, and through attributes of the environment, leaves a template no name to shadow and no
text to forge.
"""

from typing import Any, NoReturn

from jinja2 import TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from templates.provenance import UNFIT, origin_mark


class Guard(NodeTransformer):
    """Marks every piece of text with its line, and routes what can grow through the sandbox's counters."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        pieces: list[nodes.Expr] = []
        for piece in node.nodes:
            if isinstance(piece, nodes.TemplateData):
                pieces.append(nodes.TemplateData(self._marked(piece), lineno=piece.lineno))
                continue
            line = min(inner.lineno for inner in (piece, *piece.find_all(nodes.Node)) if inner.lineno)
            value: nodes.Expr = self.visit(piece)
            pieces += [nodes.TemplateData(origin_mark(self.name, line), lineno=line), value]
        node.nodes = pieces
        return node

    def visit_Const(self, node: nodes.Const) -> nodes.Node:
        if isinstance(node.value, str) and (found := UNFIT.search(node.value.replace("\x00", ""))):
            self._refuse(f"a text holds U+{ord(found[0]):04X}, which no text may hold", node)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        walked: Any = node.iter  # Jinja types it as a node, and makes it an expression
        node.iter = _through("looped", walked)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _through("plain", node.expr)
        for operand in node.ops:
            operand.expr = _through("plain", operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            # Jinja slices by Python itself, without asking the environment.
            node.node = _through("plain", node.node)
        return node

    def visit_Slice(self, node: nodes.Slice) -> nodes.Node:
        self.generic_visit(node)
        for bound in ("start", "stop", "step"):
            if part := getattr(node, bound):
                setattr(node, bound, _through("plain", part))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _through("concatenated", *node.nodes)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return _through("sized", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return _through("sized", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _through("sized", node) if node.ctx == "load" else node

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        grows = node.ctx == "load" and node.name in ("varargs", "kwargs")
        return _through("sized", node) if grows else node

    def visit_Extends(self, node: nodes.Extends) -> nodes.Node:
        self.generic_visit(node)
        node.template = _through("extended", node.template)
        return node

    def visit_FilterBlock(self, node: nodes.FilterBlock) -> nodes.Node:
        self.generic_visit(node)
        # Jinja writes the result of such a block without `finalize`.
        node.filter = nodes.Filter(node.filter, "_printed", [], [], None, None, lineno=node.lineno)
        return node

    def visit_ScopedEvalContextModifier(self, node: nodes.Node) -> NoReturn:
        self._refuse("autoescape is for HTML, which slipway does not write", node)

    def _marked(self, piece: nodes.TemplateData) -> str:
        lines = enumerate(piece.data.split("\n"), piece.lineno)
        return "\n".join(origin_mark(self.name, number) + line for number, line in lines)

    def _refuse(self, reason: str, node: nodes.Node) -> NoReturn:
        raise TemplateSyntaxError(reason, node.lineno, self.name)


def _through(check: str, *values: nodes.Expr) -> nodes.Call:
    line: Any = values[0].lineno
    return nodes.Call(nodes.EnvironmentAttribute(check), list(values), [], None, None, lineno=line)
