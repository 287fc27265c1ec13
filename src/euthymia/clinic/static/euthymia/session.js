// The session room in the browser: keeps live parts current, says loudly when they are not, and helps the keyboard.
// Every page works without this file; what is typed is never touched by a refresh.
(function () {
  "use strict";

  const STALE_AFTER_MS = 10000;
  let heardAt = Date.now();

  function text(selector, words) {
    document.querySelectorAll(selector).forEach((place) => { place.textContent = words; });
  }

  // ---- live parts: conditional requests, "last updated", and the banner that says "not current" ----

  document.addEventListener("htmx:configRequest", (event) => {
    const part = event.detail.elt;
    if (part.dataset.live && part.dataset.etag) event.detail.headers["If-None-Match"] = part.dataset.etag;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // Who asked: the part itself on its clock, or a form whose answer lands in it.
    const part = event.detail.requestConfig.elt;
    const answer = event.detail.xhr;
    if (!part.dataset || !part.dataset.live) {
      // A refused entry comes back with what was typed and the message: show it. The new part carries its own tag.
      if ([409, 422].includes(answer.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
      return;
    }
    if (answer.status !== 200 && answer.status !== 304) { event.detail.shouldSwap = false; return; }
    heardAt = Date.now();
    const at = answer.getResponseHeader("X-Clinic-Time");
    if (at) text("[data-updated]", at);
    showStale();
    if (answer.status === 304 || busy(part)) { event.detail.shouldSwap = false; return; }
    part.dataset.etag = answer.getResponseHeader("ETag") || "";
  });

  // A part that somebody is working in waits: a focused field, a filled field, a menu opened by hand.
  function busy(part) {
    const at = document.activeElement;
    if (at && part.contains(at) && at.matches("input, textarea, select")) return true;
    // A refusal stays in sight until the next press.
    if (part.dataset.live === "actions" && part.querySelector("[role=alert], details[open]:not([data-open])")) return true;
    return Array.from(part.querySelectorAll("input:not([type=hidden]), textarea, option")).some((field) => {
      if (field.matches("option")) return field.selected !== field.defaultSelected && field.value !== "";
      return /checkbox|radio/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
    });
  }

  function showStale() {
    const old = Date.now() - heardAt > STALE_AFTER_MS;
    document.querySelectorAll("[data-stale]").forEach((banner) => { banner.hidden = !old; });
    document.querySelectorAll("[data-fresh]").forEach((line) => { line.hidden = old; });
    document.body.classList.toggle("is-stale", old);
  }

  // The newest columns, beginning with a whole one: a column cut by the row names would read as another word.
  const showLatest = (grid) => {
    const heads = Array.from(grid.querySelectorAll("thead th"));
    if (heads.length < 2) return;
    const edge = heads.shift().getBoundingClientRect().width + grid.getBoundingClientRect().left - grid.scrollLeft;
    const furthest = grid.scrollWidth - grid.clientWidth;
    const starts = heads.map((head) => head.getBoundingClientRect().left - edge).filter((left) => left <= furthest + 1);
    grid.scrollLeft = starts.length ? starts[starts.length - 1] : furthest;
  };

  const keyOf = (one) => one.closest("details").querySelector("summary").textContent + one.closest("figure, section, div").textContent.slice(0, 60);

  // After a refresh the reader stays where they were: scrolled places and opened tables.
  const places = new Map();
  let opened = [];
  document.addEventListener("htmx:beforeSwap", () => {
    document.querySelectorAll(".flowsheet").forEach((grid) => places.set(grid.id, [grid.scrollLeft, grid.scrollTop]));
    opened = Array.from(document.querySelectorAll(".session-main details[open] > summary")).map((one) => keyOf(one));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    document.querySelectorAll(".flowsheet").forEach((grid) => {
      const place = places.get(grid.id);
      if (place) { grid.scrollLeft = place[0]; grid.scrollTop = place[1]; } else { showLatest(grid); }
    });
    document.querySelectorAll(".session-main details").forEach((one) => {
      if (opened.includes(keyOf(one))) one.open = true;
    });
    nameDevice();
    if (event.detail.target.id === "entry" && !document.querySelector("#entry [role=alert]")) document.getElementById("entry-line").focus();
  });

  // ---- the one-line entry ----

  function clinicTime(zone) {
    const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    return new Intl.DateTimeFormat("en-GB", options).format(new Date());
  }

  document.addEventListener("click", (event) => {
    const now = event.target.closest("button[data-now]");
    if (now) {
      const field = document.getElementById(now.dataset.now);
      field.value = clinicTime(now.dataset.zone);
      field.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    const field = document.getElementById("entry-line");
    if (!field) return;
    const typing = event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "v" && !typing) { event.preventDefault(); field.focus(); field.select(); }
    if (event.key === "Escape" && event.target === field) { field.value = ""; }
  });

  // A press counts once; the id of the event makes a second press harmless, this only keeps it from looking broken.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // The cells of the flowsheet share one form and guard each of their values themselves.
    if (form.id === "cell-form") return;
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sent = "yes";
    window.setTimeout(() => { delete form.dataset.sent; }, 1500);
  }, true);

  // The device of the moment signs what it sends, so that a reading can be traced to a tablet.
  function device() {
    try {
      let name = localStorage.getItem("euthymia-device");
      if (!name) { name = "tablet-" + crypto.randomUUID().slice(0, 8); localStorage.setItem("euthymia-device", name); }
      return name;
    } catch (refused) { return ""; }
  }

  function nameDevice() {
    document.querySelectorAll("input[name=device]").forEach((field) => { field.value = device(); });
  }

  // ---- screen kept awake while a session is open ----
  async function stayAwake() {
    if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
    try { await navigator.wakeLock.request("screen"); } catch (refused) { /* the device decides */ }
  }

  document.addEventListener("DOMContentLoaded", () => {
    nameDevice();
    document.querySelectorAll(".flowsheet").forEach(showLatest);
    if (document.querySelector("[data-live]")) {
      heardAt = Date.now();
      window.setInterval(showStale, 1000);
      stayAwake();
      document.addEventListener("visibilitychange", stayAwake);
    }
  });
})();
