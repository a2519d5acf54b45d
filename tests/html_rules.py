"""What any page must keep to, read from its HTML: `problems(html)` lists the breaches."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = set("area base br col embed hr img input link meta source track wbr".split())
SCRIPT_ATTRIBUTE = re.compile(r"on[a-z]+$")
FOREIGN = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
# Loaded by the browser itself, so these must be ours; a link a person follows may lead anywhere.
LOADING = {"src", "srcset", "poster", "action", "formaction", "hx-get", "hx-post", "hx-put"}
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list", "form")
# Children that end an open <p>; html.parser would leave it open and hide the mistake.
BLOCKS = set(
    "address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr main menu nav ol p pre section table ul".split()
)
PARENTS = {
    "li": {"ul", "ol", "menu"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "tr": {"table", "thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
    "option": {"select", "optgroup", "datalist"},
    "legend": {"fieldset"},
    "summary": {"details"},
}
INTERACTIVE = {"a", "button", "label"}
FORMS_OF_INPUT = {"input", "select", "textarea"}
# What is left of a masked number, or of a name masked with stars.
STARS = re.compile(r"\*\*+[0-9A-Za-z]|[\u4e00-\u9fff]\*")


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    parents: tuple[Element, ...] = field(default=(), repr=False)

    def within(self, tag: str) -> bool:
        return any(parent.tag == tag for parent in self.parents)

    def __str__(self) -> str:
        shown = " ".join(f'{k}="{v}"' for k, v in self.attributes.items() if k in {"id", "name"})
        return f"<{self.tag} {shown}>".replace(" >", ">")


class Page(HTMLParser):
    """All elements of a page, in order, with the mistakes of nesting found on the way."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.mistakes: list[str] = []
        self.texts: list[tuple[str, tuple[Element, ...]]] = []
        self.doctype = False
        self.feed(html)
        self.close()
        self.mistakes += [f"{element} is never closed" for element in self.open]

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl.lower() == "doctype html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = Counter(name for name, _ in attrs)
        element = Element(tag, {k: v or "" for k, v in attrs}, parents=tuple(self.open))
        self.mistakes += [f"{element} says {name} twice" for name, n in names.items() if n > 1]
        parent = self.open[-1].tag if self.open else ""
        if tag in BLOCKS and element.within("p"):
            self.mistakes.append(f"{element} inside <p>")
        # A fragment may begin with a row or an item: it is swapped into the parent it needs.
        if parent and tag in PARENTS and parent not in PARENTS[tag]:
            self.mistakes.append(f"{element} inside <{parent}>")
        if tag in INTERACTIVE and any(element.within(outer) for outer in ("a", "button")):
            self.mistakes.append(f"{element} inside a link or button")
        if tag == "form" and element.within("form"):
            self.mistakes.append("<form> inside <form>")
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            # Foreign content (svg) closes itself; for HTML elements the slash means nothing.
            element = self.open.pop()
            if not element.within("svg") and tag != "svg":
                self.mistakes.append(f"<{tag}/> is not closed by its slash")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            self.mistakes.append(f"</{tag}> for an element without content")
        elif not self.open or self.open[-1].tag != tag:
            where = self.open[-1] if self.open else "the top"
            self.mistakes.append(f"</{tag}> while in {where} (line {self.getpos()[0]})")
            if any(element.tag == tag for element in self.open):
                while self.open.pop().tag != tag:
                    pass
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((data, tuple(self.open)))
        for element in self.open:
            element.text += data


def problems(html: str) -> list[str]:
    """The breaches in a page, or in a fragment (which has no `<html>`). Empty when all is well."""
    page = Page(html)
    found = list(page.mistakes)
    ids = Counter(e.attributes["id"] for e in page.elements if "id" in e.attributes)
    found += [f"id {name!r} is used {n} times" for name, n in ids.items() if n > 1]
    whole = any(element.tag == "html" for element in page.elements)
    if whole:
        found += _whole_page(page)
    found += _stars(page)
    labelled = {e.attributes.get("for") for e in page.elements if e.tag == "label"}
    for element in page.elements:
        found += _loading(element)
        found += _names(element, labelled)
        if whole:
            found += _references(element, ids)
    for form in (e for e in page.elements if e.tag == "form"):
        inputs = [e for e in page.elements if form in e.parents]
        if form.attributes.get("method", "").lower() == "post" and not any(
            e.attributes.get("name") == "csrf_token" for e in inputs
        ):
            found.append(f"{form} posts without csrf_token")
    return found


def _whole_page(page: Page) -> list[str]:
    found = [] if page.doctype else ["no <!doctype html>"]
    tags = Counter(element.tag for element in page.elements)
    found += [f"{tags[tag]} <{tag}>, not 1" for tag in ("title", "main", "h1") if tags[tag] != 1]
    for element in page.elements:
        if element.tag == "html" and not element.attributes.get("lang"):
            found.append("<html> has no lang")
        if (
            element.tag in {"title", "h1"}
            and not element.text.strip()
            and not element.within("svg")
        ):
            found.append(f"<{element.tag}> is empty")
    return found


def _loading(element: Element) -> list[str]:
    """Nothing inline, nothing from another host: the Content-Security-Policy would block it."""
    found = []
    attributes = element.attributes
    if "style" in attributes or element.tag == "style":
        found.append(f"{element} has inline style")
    if (
        element.tag == "script"
        and element.text.strip()
        and "json" not in attributes.get("type", "")
    ):
        found.append("inline <script>")
    found += [f"{element} has {name}" for name in attributes if SCRIPT_ATTRIBUTE.match(name)]
    loading = LOADING | ({"href"} if element.tag in {"link", "use", "image"} else set())
    found += [
        f"{element} loads {value}"
        for name, value in attributes.items()
        if name in loading and FOREIGN.match(value)
    ]
    if attributes.get("href", "").strip().lower().startswith("javascript:"):
        found.append(f"{element} runs a script")
    return found


def _names(element: Element, labelled: set[str | None]) -> list[str]:
    """Everything a person can act on has a name that can be read aloud."""
    tag, attributes = element.tag, element.attributes
    if attributes.get("aria-label", "").strip() or attributes.get("aria-labelledby"):
        return []
    typed = tag in FORMS_OF_INPUT and attributes.get("type") not in {"hidden", "submit", "button"}
    if typed and attributes.get("id") not in labelled - {None} and not element.within("label"):
        return [f"{element} has no label"]
    if tag == "img" and "alt" not in attributes:
        return [f"{element} has no alt"]
    # An image inside gives its alt, which is not part of the text; axe looks at those in a browser.
    if tag == "button" and not element.text.strip() and not attributes.get("title"):
        return [f"{element} has no text"]
    if tag == "label" and not element.text.strip():
        return [f"{element} is empty"]
    return []


def _stars(page: Page) -> list[str]:
    """A masked number is kept from whoever hears the page: the filter `aloud` says its ending instead."""
    return [
        f"{text.strip()!r} is read aloud star by star"
        for text, inside in page.texts
        if STARS.search(text) and not any("aria-hidden" in each.attributes for each in inside)
    ]


def _references(element: Element, ids: Counter[str]) -> list[str]:
    return [
        f"{element} points to missing #{target}"
        for name in REFERENCES
        for target in element.attributes.get(name, "").split()
        if target not in ids
    ]
