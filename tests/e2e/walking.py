"""Walking through the site as a couple and their clerks do, in any script, with or without JavaScript.

Everything is found by what it is (an address, a field, the button of a form), never by its words,
so that the same steps serve every variant of the journeys and the pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from app.demo import PASSWORD


@dataclass(frozen=True)
class Place:
    """What one types to find a place, and its code."""

    typed: str
    code: str


@dataclass(frozen=True)
class Couple:
    """What a couple answers in the checker, by question, and who they are. All of it is invented."""

    answers: Mapping[str, str | Place]
    woman: tuple[str, str] = ("杨桂花", "421181199106073827")
    man: tuple[str, str] = ("赵志强", "421181198902141152")
    phone: str = "13800000001"
    # The answers about the birth that the application asks again.
    child: Mapping[str, str] = field(default_factory=lambda: {"stage": "pregnant"})


def nothing(_page: Page) -> None:
    """What to do at each page when there is nothing to look at."""


@dataclass
class Walk:
    """One person's phone; `look` is called at every page they come to."""

    page: Page
    look: Callable[[Page], None] = nothing

    def at(self, address: str, form: str | None = None) -> None:
        """Wait for this address (a pattern) and, in an HTMX swap, for the form that belongs to it."""
        expect(self.page).to_have_url(re.compile(f"^https?://[^/]+{address}$"))
        if form:
            expect(self.page.locator(form)).to_have_attribute("action", re.compile(address))
        self.look(self.page)

    def go_on(self) -> None:
        """Press the main button."""
        self.page.locator(".dock .button").last.click()

    # --- The checker ---

    def check(self, couple: Couple) -> None:
        """From home through exactly these questions to the result."""
        self.page.goto("/")
        self.at("/")
        self.page.locator("main a.button").first.click()
        for path, answer in couple.answers.items():
            self.at(f"/check/{re.escape(path)}(\\?service=childbirth)?", "form#question")
            self.answer(answer)
            self.go_on()
        self.at("/check/result")

    def answer(self, answer: str | Place) -> None:
        """Choose a card, fill in a day, or find a place."""
        if isinstance(answer, Place):
            self.find_place(answer)
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", answer):
            self.page.locator("input[name=day]").fill(answer)
        else:
            self.choose(answer)

    def find_place(self, place: Place) -> None:
        """Type, look it up where nothing looks by itself, and choose what was found."""
        elsewhere = self.page.locator("input[value=elsewhere]")
        if elsewhere.count():
            elsewhere.check()
        self.page.locator("input[type=search]").fill(place.typed)
        if not scripts(self.page):
            self.page.locator("button[name=find]").click()
        self.choose(place.code)

    def choose(self, value: str) -> None:
        """Choose the card of this value."""
        self.page.locator(f"main input[type=radio][value='{value}']").check()

    # --- Signing in and applying ---

    def apply(self, couple: Couple, role: str) -> str:
        """From the result to the receipt, filed by the woman at `role`; the number."""
        self.page.locator(".dock a.button[href^='/apply/start']").click()
        self.sign_in(couple.phone)
        self.at(r"/apply/start\?role=.+")
        self.tick_all()
        self.go_on()
        self.step("who", lambda: self.choose("woman"))
        self.step("woman", lambda: self.fill(*couple.woman))
        self.step("man", lambda: self.fill(*couple.man))
        self.step("children", lambda: self.tell_of_child(couple.child))
        self.step("where", lambda: self.choose(role))
        self.step("collect")
        self.step("documents", self.settle_papers)
        self.step("declaration", self.tick_all)
        self.step("check")
        self.at("/apply/receipt/JJB-[0-9A-Z-]+")
        return self.page.locator("main .number").inner_text()

    def sign_in(self, phone: str) -> None:
        """By phone and the code that was sent to it."""
        self.at(r"/sign-in(\?.*)?")
        self.page.locator("input[name=phone]").fill(phone)
        self.go_on()
        self.at(r"/sign-in/code(\?.*)?")
        self.page.locator("input[name=code]").fill(self.newest_code())
        self.go_on()

    def newest_code(self) -> str:
        """From the page that shows what a trial site sends, in another tab."""
        tab = self.page.context.new_page()
        tab.goto("/outbox")
        self.look(tab)
        code = re.search(r"\b\d{6}\b", tab.locator(".card").first.inner_text())
        tab.close()
        assert code, "no code was sent"
        return code.group()

    def step(self, name: str, do: Callable[[], None] = lambda: None) -> None:
        """One page of the application."""
        self.at(f"/apply/[0-9a-f-]+/{name}", None if name == "check" else "form#step")
        do()
        self.go_on()

    def fill(self, name: str, number: str) -> None:
        """A person's name and ID number."""
        self.page.locator("input[name=name]").fill(name)
        self.page.locator("input[name=id_number]").fill(number)

    def tell_of_child(self, child: Mapping[str, str]) -> None:
        """How far it is, and when it was born."""
        self.choose(child["stage"])
        if "born_on" in child:
            self.page.locator("input[name=born_on]").fill(child["born_on"])

    def tick_all(self) -> None:
        """Tick every box of the page."""
        for box in self.page.locator("main input[type=checkbox]").all():
            box.check()

    def settle_papers(self) -> None:
        """A photo of the first paper; for the others the office looks, or they are brought along."""
        papers = self.page.locator("section.card[id]")
        send_photo(papers.first, photo())
        expect(papers.first.locator("a[href*='/uploads/']")).to_be_visible()
        for index in range(1, papers.count()):
            self.settle_paper(papers.nth(index))

    def settle_paper(self, paper: Locator) -> None:
        """Say what comes instead of this paper."""
        look_up = paper.locator("button[name=instead][value=shared_data]")
        if not look_up.count():
            paper.locator("summary").click()
            look_up = paper.locator("button[name=instead][value=bring]")
        look_up.click()
        expect(paper.locator("button[name=instead][value='']")).to_be_visible()

    # --- Afterwards ---

    def track(self, number: str, tail: str) -> None:
        """Look an application up by its number and the last four of a phone."""
        self.page.goto("/track")
        self.at("/track")
        self.page.locator("input[name=number]").fill(number)
        self.page.locator("input[name=tail]").fill(tail)
        self.go_on()
        self.at("/track/case")

    # --- The desk ---

    def sign_in_to_desk(self, username: str) -> None:
        """As one of the demo's staff."""
        self.page.goto("/staff/sign-in")
        self.at("/staff/sign-in")
        self.page.locator("input[name=username]").fill(username)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.go_on()
        self.at("/staff/cases")

    def open_case(self, number: str) -> None:
        """From the list."""
        self.page.locator(".cases a", has_text=number.removeprefix("JJB-")).click()
        self.at("/staff/cases/[0-9a-f-]+")

    def act(self, name: str, *chosen: str) -> None:
        """Do one act on the open case, and wait until it is no longer offered."""
        form = self.page.locator(f"form[action$='/{name}']")
        fold = self.page.locator("details", has=form)
        if fold.count():
            fold.locator("summary").click()
        for value in chosen:
            form.locator(f"input[value='{value}']").check()
        form.locator("button").click()
        expect(form).to_have_count(0)
        self.look(self.page)


def scripts(page: Page) -> bool:
    """Whether JavaScript runs in this tab."""
    return bool(page.evaluate("'htmx' in window"))


def photo() -> bytes:
    """A small photograph of nothing."""
    file = BytesIO()
    Image.new("RGB", (60, 40), "white").save(file, "JPEG")
    return file.getvalue()


def send_photo(paper: Locator, content: bytes) -> None:
    """From the album; a browser without scripts has a plain field and a button for it."""
    if paper.page.evaluate("'htmx' in window"):
        expect(paper.locator("[data-take]")).to_be_visible()
    paper.locator("input[type=file]").set_input_files(
        {"name": "正面.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
    plain = paper.locator("form[enctype] button")
    if plain.is_visible():
        plain.click()
