"""Reading HTML without a browser: what the tests of the templates check."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "Read", "read"]

VOID = {"meta", "link", "input", "br", "hr", "img", "col"}


@dataclass
class Element:
    """One element with its attributes, the names of those around it, and its own text."""

    name: str
    attributes: dict[str, str | None]
    around: tuple[str, ...]
    text: str = ""
    inside_label: bool = False


@dataclass
class Read(HTMLParser):
    """A page, read: its elements in order and what was wrong in its nesting."""

    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        around = tuple(one.name for one in self.open)
        element = Element(tag, dict(attrs), around, inside_label="label" in around)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1].name != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1].name if self.open else 'nothing'}")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, *names: str) -> list[Element]:
        """Return the elements of these names."""
        return [element for element in self.elements if element.name in names]


def read(html: str) -> Read:
    """Read a page."""
    page = Read()
    page.feed(html)
    page.close()
    page.faults += [f"<{element.name}> is not closed" for element in page.open]
    return page
