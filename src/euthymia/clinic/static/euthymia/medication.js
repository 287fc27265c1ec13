// Beside the mL that are typed: how many mg these are, of the lot that is chosen. The server works it out again.
(function () {
  "use strict";

  function show(form) {
    const out = form.querySelector("[data-mg]");
    const lot = form.querySelector("input[name=lot]:checked");
    const field = form.querySelector("input[name=volume_ml]");
    if (!out || !field) return;
    const typed = field.value.trim();
    const known = lot && /^\d*\.?\d+$/.test(typed) && Number(lot.dataset.ugPerMl) > 0;
    out.textContent = known ? "= " + Number((Number(typed) * Number(lot.dataset.ugPerMl) / 1000).toFixed(3)) + " mg" : "";
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-draw]");
    if (form) show(form);
  });
})();
