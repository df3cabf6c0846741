// Shows by itself what changes: parts of the page are asked for anew when the server says that
// something moved. Without it the page is right as of when it was loaded.
(() => {
  "use strict";
  const state = document.getElementById("live");
  if (!state || !window.EventSource) return;
  const PAUSE_MS = 1000;
  const seen = new Map();
  const stale = new Set();
  let timer = null;
  let last = 0;

  // What somebody chooses or types in is not changed under their hands.
  const isUsed = (part) => part.contains(document.activeElement) && document.activeElement.matches("select, input");

  const renew = () => {
    timer = null;
    last = Date.now();
    for (const part of document.querySelectorAll("[data-live]")) {
      if (!stale.has(part.dataset.live) || isUsed(part)) continue;
      htmx.trigger(part, "renew");
    }
    const used = [...document.querySelectorAll("[data-live]")].filter(isUsed).map((part) => part.dataset.live);
    for (const kind of [...stale]) if (!used.includes(kind)) stale.delete(kind);
  };

  const soon = (...kinds) => {
    kinds.forEach((kind) => stale.add(kind));
    if (stale.size && timer === null) timer = setTimeout(renew, Math.max(100, last + PAUSE_MS - Date.now()));
  };

  const say = (text, isOn) => {
    state.hidden = false;
    state.classList.toggle("off", !isOn);
    if (state.textContent !== text) state.textContent = text;
  };

  const source = new EventSource("/page/live");
  source.addEventListener("ready", () => {
    say("Live", true);
    // What happened between the page and the stream, or while there was none.
    soon("change", "status");
  });
  source.addEventListener("change", () => soon("change", "status"));
  source.addEventListener("status", () => soon("status"));
  source.addEventListener("error", () => {
    say(source.readyState === EventSource.CLOSED ? "Not live: load the page anew" : "Connecting…", false);
  });
  document.addEventListener("focusout", () => setTimeout(() => soon(), 0));
  window.addEventListener("pagehide", () => source.close());

  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.elt;
    if (!part.dataset || part.dataset.live === undefined) return;
    // Whoever is signed out is sent to sign in, which is no part of this page.
    if (event.detail.xhr.responseURL.includes("/page/sign-in")) {
      event.detail.shouldSwap = false;
      location.assign("/page/sign-in");
      return;
    }
    const text = event.detail.serverResponse;
    if (seen.get(part.id) === text || isUsed(part)) event.detail.shouldSwap = false;
    else seen.set(part.id, text);
  });
})();
