/* Small comforts on top of pages that work without any script. Nothing personal is kept:
   sessionStorage holds only which lines of a checklist were ticked, until the tab is closed. */
(() => {
  "use strict";
  const main = document.getElementById("main");

  // What was sent leads to a page that comes as the answer (app/one_trip.py), or to a part of it.
  const ledTo = (xhr) => xhr.getResponseHeader("HX-Push-Url");
  const partOf = ({ xhr, pathInfo }) => (ledTo(xhr) || "").split("#")[1] || pathInfo.anchor;

  // After a swap the reader is where the news is: at the errors, at the part of the page that was
  // asked for, or at the page's heading.
  function meet(anchor) {
    const news = main.querySelector(".errors, [data-news]") || (anchor && document.getElementById(anchor)) || main.querySelector("h1");
    if (news) lead(news, news.tagName === "H1");
  }

  function lead(part, preventScroll = false) {
    if (!part.hasAttribute("tabindex")) part.tabIndex = -1;
    part.focus({ preventScroll });
    // HTMX scrolls to the top after this; news that stands below is scrolled to once more.
    if (!preventScroll) setTimeout(() => part.scrollIntoView({ block: "nearest" }));
  }

  // What changes beside the reader is said, and they stay where they are.
  const say = (words) => { document.getElementById("heard").textContent = words; };

  // A part of the page was swapped: what it says of itself is said, and who stood in it stands there again.
  function tell(id) {
    const part = document.getElementById(id);
    if (!part) return;
    const news = part.dataset.say ? part : part.querySelector("[data-say]");
    say(news ? news.dataset.say : "");
    if (document.activeElement === document.body) lead(part);
  }

  document.querySelector(".skip").addEventListener("click", (event) => {
    const heading = main.querySelector("h1");
    if (!heading) return;
    event.preventDefault();
    lead(heading);
  });

  const store = (work) => { try { return work(sessionStorage); } catch { return null; } };

  function remember(list) {
    const key = "ticks:" + list.dataset.ticks;
    const known = new Set((store((s) => s.getItem(key)) || "").split(","));
    for (const box of list.querySelectorAll("input[type=checkbox]")) {
      if (known.has(box.value)) box.checked = true;
    }
    list.addEventListener("change", () => {
      const ticked = [...list.querySelectorAll(":checked")].map((box) => box.value);
      store((s) => s.setItem(key, ticked.join(",")));
    });
  }

  function wake(root) {
    root.querySelectorAll("[data-ticks]").forEach(remember);
    root.querySelectorAll("[data-needs-script]").forEach((part) => { part.hidden = false; });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) { event.preventDefault(); window.print(); return; }
    // 繁體/简体 and 大字 beside an unfinished form: send what is typed along, past htmx, because
    // the whole page changes. The server shows it again and stores nothing.
    const button = event.target.closest("button[data-again]");
    if (!button || !button.form) return;
    event.preventDefault();
    const wish = document.createElement("input");
    wish.type = "hidden"; wish.name = button.name; wish.value = button.value;
    button.form.append(wish);
    HTMLFormElement.prototype.submit.call(button.form);
  });

  // One tap is one request. While a form is on its way, its button says so and the page sends no other
  // form; a link may always be followed, and then the page that was on its way is not shown any more
  // (hx-sync, in the layout). So an answer never meets another page than the one it was asked from.
  const held = new Map();
  let saving = null;

  function hold(form, button) {
    const words = button ? [...button.childNodes] : [];
    const slow = setTimeout(() => {
      if (button && button.dataset.busy) { button.replaceChildren(button.dataset.busy); say(button.dataset.busy); }
      main.classList.toggle("busy", Boolean(saving));
    }, 300);
    if (button) button.setAttribute("aria-disabled", "true");
    held.set(form, () => {
      clearTimeout(slow);
      if (button) { button.replaceChildren(...words); button.removeAttribute("aria-disabled"); }
    });
  }

  function release(form) {
    if (held.has(form)) { held.get(form)(); held.delete(form); }
  }

  function swallow(event) { event.preventDefault(); event.stopImmediatePropagation(); }

  document.addEventListener("submit", (event) => {
    if (held.has(event.target) || (saving && main.contains(event.target))) swallow(event);
  }, true);

  // Nor does the second half of a double tap press what has come under the finger meanwhile.
  let pages = 0, tapped = 0;
  document.addEventListener("click", (event) => {
    if (event.detail < 2) tapped = pages; else if (tapped !== pages) swallow(event);
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    hold(form, event.submitter);
    setTimeout(release, 5000, form);  // a download leaves this page as it is
  });
  window.addEventListener("pageshow", () => { [...held.keys()].forEach(release); });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, verb, triggeringEvent } = event.detail.requestConfig;
    document.querySelectorAll(".failed").forEach((old) => old.remove());
    if (verb !== "get") saving = event.detail.xhr;
    if (elt.matches("form")) hold(elt, (triggeringEvent || {}).submitter);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    release(event.detail.requestConfig.elt);
    if (saving !== event.detail.xhr) return;
    saving = null;
    main.classList.remove("busy");
  });

  // What did not arrive is said beside the form, which stays as it is, with a button to try again.
  const WAIT = 30000;
  const KEPT = [400, 408, 413, 429];

  function fail({ requestConfig, xhr }, cause) {
    // What was sent was taken, and only the page that it leads to did not open.
    const leads = ledTo(xhr);
    const form = requestConfig.elt.closest("form");
    const words = document.getElementById("failed");
    const part = words.content.firstElementChild.cloneNode(true);
    if (!form || leads) part.querySelector("h2").textContent = words.dataset.page;
    if (cause) part.querySelector("p").textContent = cause;
    const again = form ? (requestConfig.triggeringEvent || {}).submitter || form.querySelector("button") : requestConfig.elt;
    part.querySelector("button").addEventListener("click", () => {
      part.remove();
      lead(again || form || main);
      if (leads) location.assign(leads); else if (again) again.click(); else form.requestSubmit();
    });
    (form || main.firstElementChild).before(part);
    part.focus();
  }

  const causes = (name) => document.getElementById("failed").dataset[name];
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, verb } = event.detail;
    // Photos take as long as they take.
    if (verb === "get" || elt.enctype !== "multipart/form-data") event.detail.timeout = WAIT;
  });
  document.addEventListener("htmx:sendError", (event) => { fail(event.detail, causes("offline")); });
  document.addEventListener("htmx:timeout", (event) => { fail(event.detail, causes("slow")); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (partOf(event.detail)) event.detail.swapOverride = "innerHTML show:none";
    if (requestConfig.verb === "get" || !(xhr.status >= 500 || KEPT.includes(xhr.status))) return;
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const cause = answer.querySelector("[data-cause]");
    if (!cause && answer.querySelector("form")) return;  // the form itself says what is wrong
    event.detail.shouldSwap = false;
    fail(event.detail, cause && cause.textContent);
  });

  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((part) => { part.open = true; part.dataset.shut = ""; });
  });
  window.addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-shut]").forEach((part) => { part.open = false; });
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== main) return tell(event.detail.target.id);
    pages += 1;
    meet(partOf(event.detail)); wake(main);
  });
  wake(document);
})();
