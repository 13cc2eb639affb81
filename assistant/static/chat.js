// Makes the form better where there is script: no page load, focus stays, the new answer is announced once.
// Everything here works without it. No word is stored: what was said stands in the page alone.
(() => {
  "use strict";
  const find = (selector, where = document) => where.querySelector(selector);
  const all = (selector, where = document) => [...where.querySelectorAll(selector)];

  // Exit: blank at once, replace the address, Shift three times within five seconds each.
  const fits = () => all("[data-needs-script]").forEach((e) => { e.hidden = false; });

  const leave = find("[data-leave]");
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("leave") : null;
  const go = () => {
    document.title = " ";
    document.body.hidden = true;
    window.stop();
    location.replace(leave.href);
  };
  if (leave) {
    let presses = 0, last = 0;
    const out = () => { if (tabs) tabs.postMessage("leave"); go(); };
    leave.addEventListener("click", (event) => { event.preventDefault(); out(); });
    document.addEventListener("keyup", (event) => {
      if (event.key !== "Shift") { presses = 0; return; }
      const now = Date.now();
      presses = now - last < 5000 ? presses + 1 : 1;
      last = now;
      if (presses > 2) out();
    });
    if (tabs) tabs.onmessage = go;
  }

  fits();

  const form = find("[data-chat]"), log = find("[data-log]");
  if (!form || !log || !window.fetch || !window.DOMParser || !window.AbortController) return;
  const box = () => find("#question", form);
  const status = () => find("[data-status]", form);
  const limit = Number(form.dataset.limit);
  let busy = false, chosen = null;

  const count = () => {
    const left = limit - [...box().value].length;
    const words = left < 0 ? form.dataset.over : left <= 200 ? form.dataset.left : "";
    find("[data-count]", form).textContent = words.replace("#", Math.abs(left));
  };

  const show = (page) => {
    // The new turn alone goes into the log, so that it alone is announced.
    const fresh = find("[data-log]", page).children, have = log.children.length;
    all("#latest").forEach((e) => e.removeAttribute("id"));
    if (fresh.length > have) [...fresh].slice(have).forEach((turn) => log.append(document.adoptNode(turn)));
    else log.replaceChildren(...[...fresh].map((turn) => document.adoptNode(turn)));
    // What goes around the log is taken as it is.
    form.replaceChildren(...find("[data-chat]", page).childNodes);
    all("[data-welcome], [data-starters], .tools, .keep").forEach((e) => e.remove());
    form.after(...all(".tools, .keep, [data-starters]", page));
    document.documentElement.lang = page.documentElement.lang;
    document.documentElement.dir = page.documentElement.dir;
    document.documentElement.dataset.size = page.documentElement.dataset.size || "";
    document.title = page.title;
    fits();
    const latest = find("#latest");
    if (latest) latest.scrollIntoView({ block: "start" });
    box().focus({ preventScroll: true });
  };

  const send = async (submitter) => {
    if (busy) return;
    const plain = !submitter || !submitter.name;
    if (plain && !box().value.trim()) { status().textContent = form.dataset.empty; box().focus(); return; }
    const body = new URLSearchParams(new FormData(form));
    if (!plain) body.append(submitter.name, submitter.value);
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 20000);
    busy = true;
    form.setAttribute("aria-busy", "true");
    status().textContent = form.dataset.busy;
    try {
      const response = await fetch("/", { method: "POST", body, headers: { Accept: "text/html" }, signal: stop.signal, cache: "no-store" });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!find("[data-chat]", page)) throw new Error("another page");
      const changed = submitter && ["feedback", "send"].includes(submitter.name);
      if (changed) log.replaceChildren();
      show(page);
    } catch {
      status().textContent = form.dataset.failed;
      box().focus();
    } finally {
      clearTimeout(timer);
      busy = false;
      form.removeAttribute("aria-busy");
    }
  };

  form.addEventListener("submit", (event) => {
    const submitter = event.submitter || chosen;
    chosen = null;
    if (submitter && submitter.name === "use") return; // words of the whole page change
    event.preventDefault();
    send(submitter);
  });
  form.addEventListener("input", count);
  form.addEventListener("keydown", (event) => {
    if (event.target === box() && event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      send(null);
    }
  });
  const voice = window.speechSynthesis;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.hasAttribute("data-print")) window.print();
    if (button.hasAttribute("data-read") && voice) {
      if (voice.speaking) { voice.cancel(); return; }
      const turn = find("#latest .reply");
      if (!turn) return;
      const copy = turn.cloneNode(true);
      all(".visually-hidden, .extras, .why", copy).forEach((e) => e.remove());
      const words = new SpeechSynthesisUtterance(copy.textContent.replace(/\s+/g, " "));
      words.lang = turn.lang;
      const label = button.textContent;
      button.textContent = button.dataset.stop;
      words.onend = words.onerror = () => { button.textContent = label; };
      voice.speak(words);
    }
  });
  window.addEventListener("pagehide", () => { if (voice) voice.cancel(); form.reset(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.replace("/"); });
  count();
})();
