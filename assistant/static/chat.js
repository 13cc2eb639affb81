// Makes the form better: no page load, focus stays, the new answer is announced once.
(() => {
  "use strict";
  const leave = document.querySelector("[data-leave]");
  let presses = 0, last = 0;
  const go = () => { document.documentElement.hidden = true; location.replace(leave.href); };
  if (leave) {
    leave.addEventListener("click", (event) => { event.preventDefault(); go(); });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Shift" || event.repeat) { if (event.key !== "Shift") presses = 0; return; }
      const now = Date.now();
      presses = now - last < 5000 ? presses + 1 : 1;
      last = now;
      if (presses >= 3) go();
    });
  }
  const form = document.querySelector("[data-chat]");
  if (!form || !window.fetch || !window.DOMParser) return;
  const status = form.querySelector("[data-status]"), left = form.querySelector("[data-left]");
  const box = () => document.getElementById("question");
  const limit = 2000;
  const count = () => { left.textContent = `${limit - box().value.length} left.`; };
  form.addEventListener("input", count);
  form.addEventListener("keydown", (event) => {
    if (event.target === box() && event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    const data = new URLSearchParams(new FormData(form));
    const by = event.submitter;
    if (by && by.name) { if (by.name === "question") data.delete("question"); data.append(by.name, by.value); }
    busy = true;
    form.setAttribute("aria-busy", "true");
    status.textContent = "Looking for an answer";
    try {
      const response = await fetch("/", { method: "POST", body: data, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById("main");
      if (!fresh || !page.querySelector("[data-chat]")) throw new Error("no page");
      const log = document.querySelector("[data-log]"), newLog = page.querySelector("[data-log]");
      document.querySelectorAll("main > .lead, main > .notice, main > .asks").forEach((e) => e.remove());
      log.replaceChildren(...newLog.childNodes);
      form.replaceChildren(...page.querySelector("[data-chat]").childNodes);
      document.title = page.title;
      const latest = document.getElementById("latest");
      if (latest) latest.scrollIntoView({ block: "start" });
      const text = latest ? latest.querySelector(".reply").textContent.replace(/\s+/g, " ").trim() : "";
      form.querySelector("[data-status]").textContent = text;
      box().focus({ preventScroll: true });
      rebind();
    } catch (error) {
      busy = false;
      form.removeAttribute("aria-busy");
      HTMLFormElement.prototype.submit.call(form);
      return;
    }
    busy = false;
    form.removeAttribute("aria-busy");
  });
  const rebind = () => { const l = form.querySelector("[data-left]"); if (l) l.textContent = ""; };
})();
