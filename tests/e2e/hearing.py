"""What somebody gets who hears the page: names that say where they lead, a title, errors at their fields."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page

from tests.html_rules import STARS

SITE = ("生育服务·就近办", "生育服務·就近辦")
# In the accessibility tree as Playwright writes it: a link by its name, then its address.
LINK = re.compile(r"""- '?link ("(?:[^"\\]|\\.)*")[^\n]*\n\s+- /url: "?([^"\n]+)""")


def assert_heard_well(page: Page) -> None:
    """Nothing that `heard_badly` finds."""
    found = heard_badly(page)
    assert found == [], f"{page.url}: {found}"


def heard_badly(page: Page) -> list[str]:
    """What would be read aloud so that nobody understands it, on the page as it stands."""
    tree = page.locator("body").aria_snapshot()
    lines = tree.splitlines()
    found = [
        f"no name: {line.strip()}"
        for before, line in zip(["", *lines], lines, strict=False)
        # What a named picture is drawn of has no name of its own.
        if NAMELESS.match(line) and "- img " not in before
    ]
    found += [f"star by star: {line.strip()}" for line in lines if STARS.search(line)]
    leads: dict[str, set[str]] = {}
    for name, address in LINK.findall(tree):
        leads.setdefault(json.loads(name), set()).add(address.replace("&large=1", ""))
    found += [f"{name!r} leads to {sorted(to)}" for name, to in leads.items() if len(to) > 1]
    own_words, _dot, site = page.title().rpartition(" · ")
    if not own_words or site not in SITE:
        found.append(f"title: {page.title()!r}")
    return found + list(page.evaluate(UNSAID))


NAMELESS = re.compile(
    r"\s*- (link|button|img|textbox|searchbox|combobox|checkbox|radio|table)( \[|:|$)"
)
UNSAID = """() => {
  const wrong = [], shown = e => e.checkVisibility({visibilityProperty: true}), start = e => e.outerHTML.slice(0, 90);
  const words = ids => (ids || '').split(' ').filter(Boolean).map(id => document.getElementById(id)).filter(Boolean);
  for (const e of document.querySelectorAll('[aria-invalid=true]'))
    if (shown(e) && !words(e.getAttribute('aria-describedby')).some(d => d.id.endsWith('-error') && d.textContent.trim() && shown(d)))
      wrong.push('an error that is not said at its field: ' + start(e));
  for (const e of document.querySelectorAll('p.error[id]'))
    if (!document.querySelector(`[aria-describedby~="${e.id}"]`)) wrong.push('no field says: ' + start(e));
  for (const e of document.querySelectorAll('.errors a[href^="#"]')) {
    const to = document.getElementById(e.getAttribute('href').slice(1));
    if (!to || !shown(to)) wrong.push('leads to no field: ' + start(e));
    else if (to.tabIndex < 0 && !to.hasAttribute('tabindex')) wrong.push('leads to what takes no focus: ' + start(e));
  }
  // Two buttons of the same words that do different things.
  const does = {};
  for (const e of document.querySelectorAll('main button')) {
    if (!shown(e) || e.closest('[aria-hidden=true]')) continue;
    const copy = e.cloneNode(true);
    copy.querySelectorAll('[aria-hidden=true]').forEach(part => part.remove());
    const name = e.getAttribute('aria-label') || copy.textContent.replace(/\\s+/g, ' ').trim();
    const what = [e.getAttribute('formaction') || (e.form ? e.form.getAttribute('action') : ''), e.name, e.value].join(' ');
    (does[name] = does[name] || new Set()).add(what);
  }
  for (const [name, what] of Object.entries(does)) if (what.size > 1) wrong.push(`button ${name} does ${[...what].join(' / ')}`);
  for (const e of document.querySelectorAll('.when, .tag, .lamp'))
    if (!e.textContent.trim()) wrong.push('colour without words: ' + start(e));
  for (const e of document.querySelectorAll('table')) {
    const heads = e.querySelectorAll('thead th').length;
    if ([...e.querySelectorAll('tbody tr')].some(row => row.querySelector('td') && row.cells.length !== heads))
      wrong.push('a table whose numbers belong to nothing: ' + start(e));
  }
  for (const e of document.querySelectorAll('nav, section[aria-label]')) {
    const name = e.getAttribute('aria-label') || words(e.getAttribute('aria-labelledby')).map(w => w.textContent).join(' ');
    const mates = [...document.querySelectorAll('nav, section[aria-label]')].filter(o => o.getAttribute('aria-label') === name);
    if (!name || mates.length > 1) wrong.push('a region called like another: ' + start(e));
  }
  return wrong;
}"""
