// The group page: after a line is recorded the keyboard goes on to the next person; after a refusal, or a press about a
// dose, it stays with this one.
(function () {
  "use strict";

  const lines = () => Array.from(document.querySelectorAll("[data-group] [name=line]"));
  let from = "", goesOn = false;

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    const row = form.closest && form.closest(".group-row");
    const line = row && row.querySelector("[name=line]");
    from = line ? line.id : "";
    goesOn = Boolean(line) && form.matches("[data-group-line]");
  });

  document.addEventListener("htmx:afterSwap", () => {
    if (!from) return;
    const here = document.getElementById(from);
    const row = here && here.closest(".group-row");
    const all = lines();
    const place = all.indexOf(here);
    from = "";
    if (!goesOn || (row && row.querySelector("[role=alert]"))) { if (here) { here.focus(); here.select(); } return; }
    const next = all[place + 1] || all[0];
    if (next) next.focus();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const waiting = document.querySelector("[data-group] .chip--caution");
    const row = waiting && waiting.closest(".group-row");
    const first = row && row.querySelector("[name=line]");
    if (first) first.focus();
  });
})();
