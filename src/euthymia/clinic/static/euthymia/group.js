// The group page: after a line is recorded the keyboard goes on to the next person; after a refusal it stays.
(function () {
  "use strict";

  const lines = () => Array.from(document.querySelectorAll("[data-group] [name=line]"));
  let from = "";

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    from = form.matches && form.matches("[data-group-line]") ? form.querySelector("[name=line]").id : "";
  });

  document.addEventListener("htmx:afterSwap", () => {
    if (!from) return;
    const here = document.getElementById(from);
    const row = here && here.closest(".group-row");
    const all = lines();
    const place = all.indexOf(here);
    from = "";
    if (row && row.querySelector("[role=alert]")) { here.focus(); here.select(); return; }
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
