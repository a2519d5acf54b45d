/* Small comforts on top of pages that work without any script. Nothing personal is kept:
   sessionStorage holds only which lines of a checklist were ticked, until the tab is closed. */
(() => {
  "use strict";
  const main = document.getElementById("main");

  // After a swap the reader is where the news is: at the errors, or at the page's heading.
  function meet() {
    const news = main.querySelector(".errors") || main.querySelector("h1");
    if (!news) return;
    if (!news.hasAttribute("tabindex")) news.tabIndex = -1;
    news.focus({ preventScroll: news.tagName === "H1" });
  }

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

  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((part) => { part.open = true; part.dataset.shut = ""; });
  });
  window.addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-shut]").forEach((part) => { part.open = false; });
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === main) { meet(); wake(main); }
  });
  wake(document);
})();
