"""For each line of a rendered file: the template's line, the layer and the evidence."""

from dataclasses import dataclass

from templates.provenance import RenderedFile


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line of a rendered file and where it came from; `line` counts from 1."""

    line: int
    text: str
    template: str
    layer: str
    why: tuple[str, ...]


def explain(rendered: RenderedFile) -> list[Explanation]:
    """Every line of the file, in order."""
    return [
        Explanation(number, line.text, line.origin.shown(), line.origin.layer, line.why)
        for number, line in enumerate(rendered.lines, 1)
    ]
