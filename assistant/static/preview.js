// Keeps the curators' panel fresh; after a save, shows the page anew and asks the last question again.
(() => {
  "use strict";
  const AGAIN = "again", EVERY = 700; // milliseconds between looks
  const panel = () => document.querySelector("[data-preview]");
  if (!panel() || !window.fetch) return;
  let shown = null, version = panel().dataset.preview;

  const ask = (question) => {
    const box = document.querySelector("#question");
    if (!box || !question) return;
    box.value = question;
    box.form.requestSubmit();
  };

  const refresh = async () => {
    const answer = await fetch("/preview/panel", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-preview]");
    if (!fresh) return;
    const opened = panel().querySelector("details")?.open, top = panel().scrollTop;
    panel().replaceWith(document.adoptNode(fresh));
    if (opened && panel().querySelector("details")) panel().querySelector("details").open = true;
    panel().scrollTop = top;
  };

  const look = async () => {
    try {
      const state = await (await fetch("/preview/state", { cache: "no-store" })).json();
      if (state.version !== version) {
        location.replace(`/?${AGAIN}`);
        return;
      }
      if (shown !== null && state.panel !== shown) await refresh();
      shown = state.panel;
    } catch { /* the preview was stopped, or is starting again */ }
    setTimeout(look, EVERY);
  };

  const begin = async () => {
    if (location.search === `?${AGAIN}`) {
      history.replaceState(null, "", "/");
      const state = await (await fetch("/preview/state", { cache: "no-store" })).json();
      ask(state.question);
    }
    look();
  };
  begin();
})();
