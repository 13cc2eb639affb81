// Makes the form better where there is script: no page load, focus stays, the new answer is announced once.
// Everything here works without it. No word is stored: what was said stands in the page alone.
(() => {
  "use strict";
  const find = (selector, where = document) => where.querySelector(selector);
  const all = (selector, where = document) => [...where.querySelectorAll(selector)];

  const fits = () => all("[data-needs-script]").forEach((e) => { e.hidden = false; });

  // In a frame of another site, its widget is told three words at most, and never one of the visitor's.
  const framed = window.parent !== window;
  const tell = (word) => { if (framed) window.parent.postMessage(`assistant:${word}`, "*"); };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) tell("close");
  });

  // Exit: blank at once, replace the address, Shift three times within five seconds each.
  const leave = find("[data-leave]");
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("leave") : null;
  const go = () => {
    document.title = " ";
    document.body.hidden = true;
    window.stop();
    tell("leave");
    try { (framed ? window.top : window).location.replace(leave.href); } catch { location.replace("about:blank"); }
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

  // For when there is no network: one page with help lines, and no word of anybody.
  if ("serviceWorker" in navigator && !framed) {
    const query = new URLSearchParams(location.search).get("lang") ? location.search : "";
    window.addEventListener("load", () => navigator.serviceWorker.register(`/sw.js${query}`).catch(() => {}));
  }

  const form = find("[data-chat]"), log = find("[data-log]");
  if (!form || !log || !window.fetch || !window.DOMParser || !window.AbortController) return;
  const box = () => find("#question", form);
  const status = () => find("[data-status]", form);
  const limit = Number(form.dataset.limit);
  window.addEventListener("message", (event) => {
    if (framed && event.source === window.parent && event.data === "assistant:focus") box().focus();
  });
  tell("ready");
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
    all("main > :is([data-welcome], [data-starters], [data-first-lines], .tools, .keep)").forEach((e) => e.remove());
    form.after(...all("main > :is([data-first-lines], .tools, .keep, [data-starters])", page));
    find(".foot").replaceWith(find(".foot", page));
    document.documentElement.lang = page.documentElement.lang;
    document.documentElement.dir = page.documentElement.dir;
    document.documentElement.dataset.size = page.documentElement.dataset.size || "";
    document.title = page.title;
    fits();
    const latest = find("#latest");
    // In danger the numbers to call come into view, however long the question is.
    if (latest) (find(".now", latest) || latest).scrollIntoView({ block: "start" });
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
      find("[data-fallback]", form).hidden = false;
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
  // One page to take along, made here: it goes to this device and to nobody else.
  const LOOK = "body{font:1rem/1.5 sans-serif;max-width:40rem;margin:1rem auto;padding:0 1rem}.turn,.keep{border-top:1px solid #999;padding-top:1rem}.said{font-weight:bold}";
  const save = () => {
    const kept = document.createElement("main"), title = document.createElement("title"), heading = document.createElement("h1");
    title.textContent = heading.textContent = find("h1").textContent.trim();
    kept.append(heading, ...all("[data-log], .keep").map((e) => e.cloneNode(true)));
    all(".extras, .why, .chip .visually-hidden, .more", kept).forEach((e) => e.remove());
    all("a", kept).forEach((e) => { e.href = e.href; e.removeAttribute("target"); });
    all("img", kept).forEach((e) => e.replaceWith(e.alt));
    const { lang, dir } = document.documentElement;
    const head = `<!doctype html><html lang="${lang}" dir="${dir}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">`;
    const file = new Blob([head, title.outerHTML, `<style>${LOOK}</style>`, kept.outerHTML, "</html>"], { type: "text/html" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "notes.html";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  const voice = window.speechSynthesis;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.hasAttribute("data-print")) window.print();
    if (button.hasAttribute("data-save")) save();
    if (button.hasAttribute("data-read") && voice) {
      if (voice.speaking) { voice.cancel(); return; }
      const turn = find("#latest .reply");
      if (!turn) return;
      const copy = turn.cloneNode(true);
      all(".visually-hidden, .extras, .why", copy).forEach((e) => e.remove());
      all("p, li, h3", copy).forEach((e) => e.append("\u2028")); // a pause, where no mark ends the line
      const text = copy.textContent.replace(/([^\s.!?:])\s*\u2028/g, "$1. ").replace(/\s+/g, " ");
      const words = new SpeechSynthesisUtterance(text);
      words.lang = turn.lang;
      const label = button.textContent;
      button.textContent = button.dataset.stop;
      words.onend = words.onerror = () => { button.textContent = label; };
      voice.speak(words);
    }
  });
  window.addEventListener("pagehide", () => { if (voice) voice.cancel(); box().value = ""; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.replace("/"); });
  count();
})();
