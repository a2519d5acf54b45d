"""Somebody who has a keyboard and no pointer: every key is one that a person presses, never a click.

Wherever the focus comes to on the way, it is looked at (`Keyboard.here`): it is on something, one
sees where (WCAG 2.4.7), and nothing lies over it (2.4.11, and as strictly as 2.4.12).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

# More stops than any page has.
FARTHEST = 400


@dataclass
class Keyboard:
    """One person's keys, and the names of the stops they came by."""

    page: Page
    stops: list[str] = field(default_factory=list)

    def press(self, *keys: str) -> None:
        """These keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def tab(self, key: str = "Tab") -> bool:
        """One stop further; False when the focus left the page at its end."""
        self.page.keyboard.press(key)
        return self.here(may_leave=True)

    def here(self, *, may_leave: bool = False) -> bool:
        """Look at what has the focus; whether anything has."""
        found = self.page.evaluate(AT_FOCUS)
        if may_leave and found is None:
            return False
        assert found, f"{self.page.url}: the focus is nowhere, last at {self.stops[-3:]}"
        # A day has a stop for its year, its month and its day.
        if not found["same"]:
            self.stops.append(found["name"])
        assert found["wrong"] == [], f"{self.page.url}: {found['name']}: {found['wrong']}"
        return True

    def to(self, target: Locator, key: str = "Tab") -> None:
        """Go on, stop by stop, until the focus is there."""
        expect(target).to_be_visible()
        first = len(self.stops)
        for _ in range(FARTHEST):
            if has_focus(target):
                return
            if not self.tab(key) and not self.tab(key):
                break
        raise AssertionError(f"never came to {target} by {key}: {self.stops[first:]}")

    def back_to(self, target: Locator) -> None:
        """The same with Shift+Tab."""
        self.to(target, "Shift+Tab")

    def enter(self, target: Locator) -> None:
        """Go there and press Enter."""
        self.to(target)
        self.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        """Go to a field and type into it, over what is there."""
        self.to(target)
        self.press("Control+a")
        self.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        """Go to a box and tick it."""
        self.to(target)
        self.press("Space")
        expect(target).to_be_checked()

    def choose(self, group: Locator, value: str) -> None:
        """Go to a group of radio buttons, along it with the arrows, and stay at this value."""
        self.to(group.locator("visible=true").first)
        count = group.count()
        for _ in range(count + 1):
            if self.page.evaluate("document.activeElement.value") == value:
                self.press("Space")
                break
            self.press("ArrowDown")
            self.here()
        expect(group.and_(self.page.locator(f"[value='{value}']"))).to_be_checked()

    def open(self, summary: Locator) -> None:
        """Unfold what is folded, shut it and unfold it again: the focus stays at the fold."""
        self.to(summary)
        for is_open in (True, False, True):
            self.press("Enter")
            expect(self.page.locator(":focus")).to_have_count(1)
            assert has_focus(summary)
            assert summary.evaluate("e => e.parentElement.open") == is_open

    def news(self, words: str) -> None:
        """The focus is at the heading of the page that came, and it says this."""
        heading = self.page.get_by_role("heading", level=1)
        expect(heading).to_have_text(words)
        expect(heading).to_be_focused()


def has_focus(target: Locator) -> bool:
    """Whether the focus is there now."""
    return target.count() == 1 and bool(target.evaluate("e => e === document.activeElement"))


def all_stops(page: Page) -> list[str]:
    """Every stop that a person may expect, from top to bottom; a group of radio buttons is one."""
    return list(page.evaluate(EXPECTED_STOPS))


def walk_through(page: Page, key: str = "Tab") -> list[str]:
    """Every stop from one end of the page to the other, each looked at."""
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    assert page.evaluate(RINGED) == [], f"{page.url}: a ring around what has no focus"
    page.evaluate("() => { window.firstStop = window.lastStop = undefined; }")
    keyboard = Keyboard(page)
    for _ in range(FARTHEST):
        if not keyboard.tab(key):
            return keyboard.stops
        if page.evaluate(ROUND):
            return keyboard.stops[:-1]
    raise AssertionError(f"{page.url}: no end, last at {keyboard.stops[-5:]}")


# Backwards from the first stop the last one follows at once, where a browser has no bar of its own.
ROUND = """() => {
  const first = window.firstStop;
  window.firstStop = first || document.activeElement;
  window.wentOn = first !== undefined && (window.wentOn || document.activeElement !== first);
  return window.wentOn && document.activeElement === first;
}"""
RINGED = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex]')]
  .filter(e => e !== document.activeElement && getComputedStyle(e).outlineStyle !== 'none')
  .map(e => e.outerHTML.slice(0, 80))"""
NAMED = """
  const named = e => (e.tagName + ' ' + (e.getAttribute('aria-label') || e.textContent.trim() || e.name || e.id))
    .replace(/\\s+/g, ' ').slice(0, 60);
"""
# A ring is seen when nothing without focus has one, and when it stands out 3:1 from what is around it, and is
# cut off by nothing; what has the focus is seen when nothing covers a corner of it.
AT_FOCUS = (
    "() => {"
    + NAMED
    + """
  const e = document.activeElement, wrong = [];
  if (e === document.body) return null;
  const same = e === window.lastStop;
  window.lastStop = e;
  const look = getComputedStyle(e);
  const width = look.outlineStyle === 'none' ? 0 : parseFloat(look.outlineWidth);
  const spoken = e.tabIndex < 0;  // a heading, for ears: it is no stop
  if (!spoken && width < 2) wrong.push('no ring: ' + look.outline);
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number)
      .map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const offset = parseFloat(look.outlineOffset);
  let ground = offset < 0 ? e : e.parentElement;
  while (ground && /, 0\\)$|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const [dark, bright] = [light(look.outlineColor), light(ground ? getComputedStyle(ground).backgroundColor : 'rgb(255, 255, 255)')].sort((a, b) => a - b);
  if (!spoken && (bright + 0.05) / (dark + 0.05) < 3) wrong.push('pale ring: ' + look.outlineColor);
  const box = e.getBoundingClientRect(), ring = Math.max(0, offset + width);
  const around = [box.left - ring, box.top - ring, box.right + ring, box.bottom + ring];
  if (!spoken) for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
    if (getComputedStyle(p).overflowX === 'visible') continue;
    const edge = p.getBoundingClientRect();
    if (around[0] < edge.left - .5 || around[1] < edge.top - .5 || around[2] > edge.right + .5 || around[3] > edge.bottom + .5)
      wrong.push('ring cut off by ' + p.outerHTML.slice(0, 60));
  }
  if (around[0] < -.5 || around[2] > document.documentElement.clientWidth + .5) wrong.push('ring beyond the screen');
  const tall = box.height > innerHeight / 2;
  for (const x of [box.left + 4, (box.left + box.right) / 2, box.right - 4])
    for (const y of tall ? [] : [box.top + 3, (box.top + box.bottom) / 2, box.bottom - 3]) {
      const there = document.elementFromPoint(x, y);
      if (!there) { wrong.push(`outside the screen at ${Math.round(x)}, ${Math.round(y)} of ${innerHeight}`); continue; }
      const mine = e.contains(there) || there.contains(e) || (e.labels && [...e.labels].some(l => l.contains(there)));
      if (!mine) wrong.push('hidden by ' + there.outerHTML.slice(0, 80));
    }
  return {name: named(e), same, wrong: [...new Set(wrong)]};
}"""
)
EXPECTED_STOPS = (
    "() => {"
    + NAMED
    + """
  const groups = new Set();
  return [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== 'hidden')
    .filter(e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}))
    .filter(e => {
      if (e.type !== 'radio') return true;
      const mates = [...document.querySelectorAll('[type=radio]')].filter(r => r.name === e.name && r.form === e.form);
      const chosen = mates.find(r => r.checked);
      if (chosen) return e === chosen;
      const key = e.name + (e.form ? e.form.id : '');
      if (groups.has(key)) return false;
      groups.add(key);
      return true;
    })
    .map(named);
}"""
)
