// The chat on another site: <script src="https://THE-CHAT/widget.js" defer></script>
// Optional: data-language="es", data-region="UK", data-label="Ask about the brain".
// A button opens a dialog with the chat in a frame. Nothing is read from the page around it, and nothing is stored.
(() => {
  "use strict";
  const GIVEN = {};
  const own = document.currentScript, site = new URL(own.src).origin, given = own.dataset;
  const language = (given.language || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
  const words = GIVEN.words[language] || GIVEN.words.en;
  const address = new URL("/", site);
  if (GIVEN.words[given.language]) address.searchParams.set("lang", given.language);
  if (given.region) address.searchParams.set("region", given.region);

  const make = (name, properties, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };
  const host = make("aside", { lang: language, ariaLabel: words.title });
  const root = host.attachShadow({ mode: "open" });
  const look = new CSSStyleSheet();
  look.replaceSync(`
    button { font: 600 1rem/1.3 system-ui, sans-serif; min-height: 44px; padding: .5rem 1rem; border: 1px solid #17584f; border-radius: .75rem; background: #17584f; color: #fff; cursor: pointer; }
    button:focus-visible, a:focus-visible { outline: 3px solid #a4470f; outline-offset: 2px; }
    .open { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 2147483000; box-shadow: 0 2px 8px rgb(0 0 0 / .3); }
    dialog { width: min(30rem, 100vw); height: min(46rem, 100dvh); max-width: none; max-height: none; margin: auto 0 0 auto; padding: 0; border: 1px solid #71807d; border-radius: .75rem; background: #faf7f1; color: #20302f; overflow: hidden; }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: rgb(0 0 0 / .45); }
    .bar { display: flex; justify-content: end; padding: .4rem; background: #e4efeb; }
    .bar button { background: #fff; color: #20302f; border-color: #71807d; }
    iframe { flex: 1; width: 100%; border: 0; }
    p { margin: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
    @media (max-width: 30rem) { dialog { border-radius: 0; } }
    @media (forced-colors: active) { button { border-color: ButtonText; } }`);
  root.adoptedStyleSheets = [look];

  const open = make("button", { type: "button", className: "open", textContent: given.label || words.open });
  open.setAttribute("aria-haspopup", "dialog");
  const shut = make("button", { type: "button", textContent: words.close });
  const dialog = make("dialog", {}, make("div", { className: "bar" }, shut));
  dialog.setAttribute("aria-label", words.title);
  root.append(open, dialog);

  let frame = null, ready = false;
  const enter = () => { frame.focus(); frame.contentWindow.postMessage("assistant:focus", site); };
  const close = () => dialog.close();
  open.addEventListener("click", () => {
    if (!frame) {
      frame = make("iframe", { src: address.href, title: words.title, referrerPolicy: "no-referrer" });
      // A site that the chat does not list gets no frame, or an error in it: a link takes its place.
      frame.addEventListener("load", () => setTimeout(() => {
        if (ready) return;
        const link = make("a", { href: address.href, target: "_blank", rel: "noopener", textContent: words.blocked });
        frame.replaceWith(make("p", {}, link));
      }, 1000));
      dialog.append(frame);
    }
    dialog.showModal();
    if (ready) enter();
  });
  shut.addEventListener("click", close);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  dialog.addEventListener("close", () => open.focus());

  window.addEventListener("message", (event) => {
    // Only our own frame, only from the chat's own address, only these three words.
    if (!frame || event.source !== frame.contentWindow || event.origin !== site) return;
    if (event.data === "assistant:ready" && !ready) { ready = true; if (dialog.open) enter(); }
    if (event.data === "assistant:close") close();
    if (event.data === "assistant:leave") { document.body.hidden = true; document.title = " "; location.replace(GIVEN.leave); }
  });
  document.body.append(host);
})();
