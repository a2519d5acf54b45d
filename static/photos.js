/* Photographs of papers: each page is a request of its own, shrunk here where the browser can, with
   progress, cancel and retry. The server's page stays the only truth: every answer is the page itself,
   and the parts of the slot are taken from it. Without this script the same form sends the files. */
(() => {
  "use strict";
  const root = document.documentElement;
  if (root.dataset.photos) return; // swapped in again: the first one is still awake
  root.dataset.photos = "awake";

  const SMALL = 300 * 1024, LARGEST = 15 * 1024 * 1024;
  // Longest side and quality, tried until the photo is small; a page stays legible at the last.
  const STEPS = [[2000, 0.8], [2000, 0.6], [1600, 0.65], [1600, 0.5], [1280, 0.6], [1280, 0.45]];
  const MOST_TRIES = 10, LONGEST_WAIT = 30, STALLED = 30000;
  const queue = [];
  const numbered = new Map(); // slot -> number of its last page, those on their way included
  let sending = null, words = {};

  const say = (text) => { const line = document.getElementById("photos-say"); if (line) line.textContent = text; };
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const slotOf = (item) => document.getElementById(item.slot);
  const isPending = () => queue.some((item) => item.state !== "failed");

  // --- One page: its line below the pages that are there ---

  function line(item) {
    const shown = document.getElementById("photos-line").content.querySelector("li").cloneNode(true);
    shown.querySelector("[data-name]").textContent = item.file.name;
    shown.querySelector("[data-do=retry]").addEventListener("click", () => retry(item));
    shown.querySelector("[data-do=cancel]").addEventListener("click", () => cancel(item));
    return shown;
  }

  function show(item, text, { percent = null, retry: again = false, stopped = false } = {}) {
    const bar = item.line.querySelector("progress");
    item.line.querySelector("[data-says]").textContent = text;
    item.line.classList.toggle("stopped", stopped);
    bar.hidden = stopped;
    if (percent !== null) bar.value = percent;
    item.line.querySelector("[data-do=retry]").hidden = !again;
  }

  function add(slot, files, replaces) {
    const list = slot.querySelector("[data-queue]");
    const there = Number((slot.querySelector("[data-last]") || { dataset: {} }).dataset.last || 0);
    for (const file of files) {
      const page = Math.max(numbered.get(slot.id) || 0, there) + (replaces ? 0 : 1);
      if (!replaces) numbered.set(slot.id, page);
      const item = { slot: slot.id, url: slot.querySelector("form[data-plain]").action, file, page, replaces, tries: 0, state: "waiting" };
      // The same name when it is sent again: the server keeps one page for it.
      item.name = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      item.line = line(item);
      list.append(item.line);
      list.hidden = false;
      show(item, words.waiting);
      queue.push(item);
    }
    next();
  }

  function forget(item) {
    clearInterval(item.timer);
    const at = queue.indexOf(item);
    if (at >= 0) queue.splice(at, 1);
    const had = item.line.contains(document.activeElement), list = item.line.parentElement;
    item.line.remove();
    if (list && !list.children.length) list.hidden = true;
    const slot = slotOf(item);
    if (had && slot) slot.querySelector("[data-from]").focus();
  }

  function cancel(item) {
    item.state = "cancelled";
    forget(item);
    if (sending === item) { sending = null; if (item.request) item.request.abort(); }
    say(words.cancelled);
    next();
  }

  function retry(item) {
    clearInterval(item.timer);
    item.tries = 0;
    item.renewed = false;
    item.state = "waiting";
    show(item, words.waiting);
    next();
  }

  // --- One after the other; what waits for the network lets the others go first ---

  function next() {
    if (sending) return;
    const item = queue.find((each) => each.state === "waiting");
    if (item) { sending = item; send(item); }
  }

  async function send(item) {
    item.state = "sending";
    show(item, words.preparing, { percent: 0 });
    if (!item.body) item.body = await shrunk(item);
    if (sending !== item) return; // cancelled meanwhile
    if (item.body.size > LARGEST) return failed(item, words.large);
    const token = (slotOf(item) || document).querySelector("[name=csrf_token]");
    const body = new FormData();
    body.append("csrf_token", token ? token.value : "");
    body.append("page", item.page);
    body.append("name", item.name);
    if (item.replaces) body.append("replaces", item.replaces);
    body.append("file", item.body, item.file.name || "photo.jpg");
    say(filled(words.begun, { left: queue.filter((each) => each.state !== "failed").length }));
    post(item, body);
  }

  function post(item, body) {
    const request = (item.request = new XMLHttpRequest());
    let moved = Date.now();
    const watch = setInterval(() => { if (Date.now() - moved > STALLED) request.abort(); }, 1000);
    const end = (work) => () => {
      clearInterval(watch);
      if (sending !== item) return;
      sending = null;
      work();
      next();
    };
    request.open("POST", item.url);
    request.setRequestHeader("HX-Request", "true");
    request.upload.onprogress = (event) => {
      moved = Date.now();
      if (sending !== item || !event.lengthComputable) return;
      const percent = Math.floor((event.loaded / event.total) * 100);
      show(item, percent < 100 ? filled(words.sending, { percent }) : words.checking, { percent });
    };
    request.onload = end(() => answered(item, request));
    request.onerror = request.onabort = request.ontimeout = end(() => later(item));
    request.send(body);
  }

  function answered(item, request) {
    const status = request.status;
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const slot = page.getElementById(item.slot);
    if (status === 200 && slot) return done(item, slot);
    if (status === 422) {
      const error = slot && slot.querySelector(".error");
      if (error) error.querySelectorAll(".out").forEach((part) => part.remove());
      return failed(item, error ? error.textContent.trim().replace(`${item.file.name}：`, "") : words.trouble);
    }
    if (status === 413) return failed(item, words.large);
    if (status === 400 && !item.renewed) return renew(item);
    if (status === 429 || status >= 500) return later(item, Number(request.getResponseHeader("Retry-After")), words.crowded);
    if (new URL(request.responseURL).pathname.startsWith("/sign-in")) return failed(item, words.signin, true);
    return failed(item, status === 200 ? words.trouble : words.gone);
  }

  function done(item, slot) {
    item.state = "done";
    forget(item);
    refresh(slot);
    const left = queue.filter((each) => each.state !== "failed").length;
    say(left ? filled(words.done, { left }) : words.all);
  }

  // Said at once, with the cause, and the reader is taken there.
  function failed(item, text, again = false) {
    if (sending === item) sending = null;
    item.state = "failed";
    show(item, text, { retry: again, stopped: true });
    say("");
    item.line.querySelector("[data-says]").focus();
    next();
  }

  function later(item, seconds, why = words.again) {
    item.tries += 1;
    if (item.tries > MOST_TRIES) return failed(item, words.stopped, true);
    let left = seconds || Math.min(LONGEST_WAIT, 2 ** item.tries);
    item.state = "later";
    const tell = () => show(item, navigator.onLine ? filled(why, { seconds: left }) : words.offline, { retry: true });
    tell();
    say(words.dropped);
    clearInterval(item.timer);
    item.timer = setInterval(() => {
      if (!navigator.onLine) return tell();
      left -= 1;
      if (left > 0) return tell();
      clearInterval(item.timer);
      item.state = "waiting";
      next();
    }, 1000);
  }

  // The page was open for long: its forms' token is fetched anew, and the photo sent again.
  async function renew(item) {
    item.renewed = true;
    try {
      const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[name=csrf_token]");
      document.querySelectorAll("[name=csrf_token]").forEach((field) => { if (fresh) field.value = fresh.value; });
    } catch { return later(item); }
    item.state = "waiting";
    next();
  }

  // --- The photo itself ---

  async function shrunk(item) {
    const file = item.file;
    if (typeof createImageBitmap !== "function" || file.type === "application/pdf") return file;
    let picture;
    try { picture = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return file; } // a HEIC, mostly
    try {
      preview(item, picture);
      if (file.size <= SMALL && file.type === "image/jpeg") return file;
      let best = null;
      for (const [side, quality] of STEPS) {
        const blob = await drawn(picture, side, quality);
        if (blob && (!best || blob.size < best.size)) best = blob;
        if (best && best.size <= SMALL) break;
      }
      return best && best.size < file.size ? best : file;
    } catch { return file; } finally { picture.close(); }
  }

  function canvasOf(picture, width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = width; canvas.height = height;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width, height);
    pen.drawImage(picture, 0, 0, width, height);
    return canvas;
  }

  function drawn(picture, side, quality) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = canvasOf(picture, Math.round(picture.width * scale), Math.round(picture.height * scale));
    return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", quality); });
  }

  function preview(item, picture) {
    const scale = 144 / Math.min(picture.width, picture.height);
    const small = canvasOf(picture, Math.round(picture.width * scale), Math.round(picture.height * scale));
    item.line.querySelector(".small-page").replaceChildren(small);
  }

  // --- The slot: its parts as the server now shows them ---

  function refresh(fresh) {
    const slot = document.getElementById(fresh.id);
    if (!slot) return;
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = slot.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!old) continue;
      const mine = document.importNode(part, true);
      // Pictures that are there already are not fetched a second time.
      mine.querySelectorAll("img").forEach((img) => {
        const known = [...old.querySelectorAll("img")].find((each) => each.getAttribute("src") === img.getAttribute("src"));
        if (known) img.replaceWith(known);
      });
      const had = old.contains(document.activeElement);
      old.replaceWith(mine);
      if (window.htmx) window.htmx.process(mine);
      if (had) (mine.querySelector("a, button") || slot.querySelector("[data-from]")).focus();
    }
    wake(slot);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-slot] form.page-acts");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    const button = event.submitter, slot = form.closest("[data-slot]");
    const page = form.closest("[data-page]").dataset.page, act = button && button.dataset.act;
    try {
      const url = (button && button.getAttribute("formaction")) || form.getAttribute("action");
      const answer = await fetch(url, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(slot.id);
      if (!answer.ok || !fresh) throw new Error(String(answer.status));
      refresh(fresh);
      const kept = slot.querySelector(`[data-page="${page}"]`);
      const there = kept && (kept.querySelector(`[data-act="${act}"]`) || kept.querySelector("a"));
      (there || slot.querySelector("[data-from]")).focus();
      say(words.changed);
    } catch {
      const error = slot.querySelector("[data-part=pages] .not-done") || document.createElement("p");
      error.className = "error not-done";
      error.tabIndex = -1;
      error.textContent = words.unchanged;
      slot.querySelector("[data-part=pages]").append(error);
      error.focus();
    }
  }, true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-slot] [data-from], [data-slot] [data-again-page]");
    if (!button) return;
    const slot = button.closest("[data-slot]"), input = slot.querySelector("form[data-plain] [type=file]");
    const camera = button.dataset.from === "camera";
    input.dataset.replaces = button.dataset.againPage || "";
    input.multiple = !camera && !input.dataset.replaces;
    input.accept = camera ? "image/*" : input.dataset.accept;
    if (camera) input.setAttribute("capture", "environment"); else input.removeAttribute("capture");
    input.click();
  });

  // The page may have been swapped while the camera was open: the slot is the one that is there now.
  function chosen(id, input) {
    const slot = document.getElementById(id);
    if (slot && input.files.length) add(slot, [...input.files], input.dataset.replaces || null);
    input.value = "";
    input.dataset.replaces = "";
  }

  // --- Leaving, coming back, and the network ---

  window.addEventListener("beforeunload", (event) => { if (isPending()) { event.preventDefault(); event.returnValue = ""; } });
  document.addEventListener("htmx:confirm", (event) => {
    if (!isPending()) return;
    if (!window.confirm(words.leave)) return event.preventDefault();
    for (const item of [...queue]) cancel(item);
  });
  window.addEventListener("online", () => { queue.filter((item) => item.state === "later").forEach(retry); });

  function wake(part) {
    const line = document.getElementById("photos-line");
    if (!line) return;
    words = line.dataset;
    const slots = part.matches && part.matches("[data-slot]") ? [part] : part.querySelectorAll("[data-slot]");
    for (const slot of slots) {
      const form = slot.querySelector("form[data-plain]");
      if (!form) continue;
      const input = form.querySelector("[type=file]");
      input.dataset.accept = input.dataset.accept || input.accept;
      input.onchange = () => chosen(slot.id, input);
      form.hidden = true;
      slot.querySelectorAll("[data-take], [data-again-page]").forEach((each) => { each.hidden = false; });
    }
  }
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target.id === "main") wake(document); });
  wake(document);
})();
