// Shows by itself what changes: parts of the page are asked for anew when the server says that
// something moved. Without it the page is right as of when it was loaded.
(() => {
  "use strict";
  const state = document.getElementById("live");
  if (!state || !window.EventSource) return;
  // Between two looks, and at the most where looks fail or take long.
  const PAUSE_MS = 1000;
  const PAUSE_MS_MAX = 60_000;
  // How old what is shown may be where nothing changes: it says how long ago something was.
  const AGE_MS = 60_000;
  // How long nothing is said of a connection that is lost.
  const PATIENCE_MS = 4000;

  const shown = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, part.outerHTML]));
  const fresh = new Map();
  let source = null;
  let isAsked = false;
  let isLooking = false;
  let timer = null;
  let patience = null;
  let last = 0;
  let pause = PAUSE_MS;

  const say = (text, isOn) => {
    clearTimeout(patience);
    patience = null;
    state.classList.toggle("off", !isOn);
    if (state.textContent !== text) state.textContent = text;
  };

  const isChanged = (field) => field.matches("select")
    ? [...field.options].some((one) => one.selected !== one.defaultSelected)
    : field.value !== field.defaultValue;

  // What somebody is about to send is not changed under their hands: what they chose or typed in stays
  // until it is sent or taken back, and so does a form with a choice that they stand in.
  const isUsed = (part) => {
    const fields = [...part.querySelectorAll("select, input:not([type=hidden])")];
    return fields.some((field) => isChanged(field) || field.form?.contains(document.activeElement));
  };

  // A part that is not shown now is kept, and shown once it can be.
  const show = () => {
    for (const [id, html] of fresh) {
      const part = document.getElementById(id);
      if (!part || shown.get(id) === html || isUsed(part)) continue;
      const wide = [...part.querySelectorAll(".wide[id]")].map((one) => [one.id, one.scrollLeft]);
      htmx.swap(part, html, { swapStyle: "outerHTML" });
      for (const [id, left] of wide) document.getElementById(id)?.scrollTo({ left });
      shown.set(id, html);
    }
  };

  const take = async () => {
    const week = document.querySelector("[data-week]")?.dataset.week ?? "";
    const answer = await fetch(`${state.dataset.parts}?${new URLSearchParams({ week })}`);
    // Whoever is signed out is sent to sign in, which is no part of this page.
    if (answer.redirected) return location.assign("/page/sign-in");
    if (!answer.ok) throw new Error(`answered with ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of page.querySelectorAll("[data-live]")) fresh.set(part.id, part.outerHTML);
    show();
  };

  const look = async () => {
    timer = null;
    isAsked = false;
    isLooking = true;
    const begun = Date.now();
    try {
      await take();
      // A server that is slow is asked less often.
      pause = Math.min(Math.max(PAUSE_MS, 4 * (Date.now() - begun)), PAUSE_MS_MAX);
      if (source?.readyState === EventSource.OPEN) say("Live", true);
    } catch {
      pause = Math.min(2 * pause, PAUSE_MS_MAX);
      isAsked = true;
      say("Behind: asking again…", false);
    }
    isLooking = false;
    last = Date.now();
    if (isAsked) soon();
  };

  const soon = () => {
    isAsked = true;
    if (isLooking || timer !== null || document.hidden) return;
    timer = setTimeout(look, Math.max(100, last + pause - Date.now()));
  };

  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource("/page/live");
    // What happened between the page and the stream, or while there was none.
    source.addEventListener("ready", () => {
      say("Live", true);
      soon();
    });
    source.addEventListener("change", soon);
    source.addEventListener("status", soon);
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) say("Not live: load the page anew", false);
      else patience ??= setTimeout(() => say("Connecting…", false), PATIENCE_MS);
    });
  };

  // A page that nobody looks at holds no connection: a browser has few for one server.
  const close = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
    timer = null;
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    // What was chosen before somebody went away was sent, or left.
    for (const form of document.querySelectorAll("[data-live] form")) form.reset();
    open();
  });
  for (const kind of ["focusout", "change", "reset"]) document.addEventListener(kind, () => setTimeout(show, 0));
  setInterval(() => { if (source && Date.now() - last > AGE_MS) soon(); }, AGE_MS / 4);
  open();
})();
