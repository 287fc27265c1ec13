// The flowsheet as a sheet to write into: arrows move, digits or Enter open a cell, Enter records it and moves on, Esc
// puts it back. Every value is one entry of its own, sent by the form #cell-form as any other entry of the page is.
// Without this file the line of vital signs takes the same values.
(function () {
  "use strict";

  const ORDER = ["blood_pressure", "heart_rate", "spo2", "respiratory_rate"];
  const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  let open = null; // the input that is open, while one is
  let sent = null; // what was sent last: where to go on after it is recorded

  const form = () => document.getElementById("cell-form");
  const grid = () => document.querySelector("#sheet [data-grid]");
  const said = (words) => { const place = document.getElementById("cell-said"); if (place) place.textContent = words; };

  // The id of an entry is made here, at the bedside, so that sending it twice is one entry.
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  function focusCell(cell) {
    if (!cell || !grid()) return;
    grid().querySelectorAll("td[tabindex='0']").forEach((one) => { one.tabIndex = -1; });
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function neighbour(cell, down, right) {
    const row = cell.parentElement;
    const rows = Array.from(row.parentElement.rows);
    const next = rows[rows.indexOf(row) + down];
    const found = next && next.cells[cell.cellIndex + right];
    return found && found.tagName === "TD" ? found : null;
  }

  // Where writing begins: what is asked for now, else the pressure of now.
  function firstCell() {
    const asked = grid().querySelector("td.is-entry.is-overdue, td.is-entry.is-due");
    return asked || grid().querySelector("td.is-entry") || grid().querySelector("td[data-vital]");
  }

  function openCell(cell, text, at) {
    if (!cell || !cell.dataset.vital || !form()) return false;
    if (open && open.value) { open.focus(); return false; }
    closeCell();
    const input = document.createElement("input");
    input.className = "cell-input";
    input.name = "line";
    input.setAttribute("form", "cell-form");
    input.setAttribute("aria-label", cell.dataset.label);
    input.setAttribute("aria-describedby", "cell-said");
    input.autocomplete = "off";
    input.inputMode = "decimal";
    input.enterKeyHint = "next";
    input.size = cell.dataset.vital === "blood_pressure" ? 7 : 4;
    input.dataset.id = newId();
    input.dataset.at = at === undefined ? cell.dataset.at : at;
    cell.appendChild(input);
    cell.classList.add("is-open");
    open = input;
    input.value = text || "";
    input.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
  }

  function closeCell() {
    if (!open) return null;
    const cell = open.closest("td");
    open.remove();
    open = null;
    if (cell) cell.classList.remove("is-open");
    said("");
    return cell;
  }

  // Enter on a cell that holds something leads to its correction: what was written is never typed over.
  function enter(cell) {
    if (cell.dataset.change) { window.location.assign(`?correct=${cell.dataset.change}#correction`); return; }
    if (cell.dataset.vital) { openCell(cell); return; }
    const link = cell.querySelector("a");
    if (link) link.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !grid()) return;
    if (event.target === open) { typing(event); return; }
    const cell = event.target.closest ? event.target.closest("#sheet td") : null;
    if (event.target.matches("input, textarea, select")) return;
    if (cell) { moving(event, cell); return; }
    if (event.key === "g") { event.preventDefault(); focusCell(firstCell()); }
  });

  function typing(event) {
    const cell = open.closest("td");
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); closeCell(); focusCell(cell); }
    if (event.key === "Enter" && !open.value.trim()) { event.preventDefault(); closeCell(); focusCell(neighbour(cell, 1, 0) || cell); }
    if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !open.value) {
      event.preventDefault();
      closeCell();
      focusCell(neighbour(cell, ...ARROWS[event.key]) || cell);
    }
  }

  function moving(event, cell) {
    const arrow = ARROWS[event.key];
    if (arrow) { event.preventDefault(); focusCell(neighbour(cell, ...arrow)); return; }
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const cells = cell.parentElement.querySelectorAll("td");
      focusCell(event.key === "Home" ? cells[0] : cells[cells.length - 1]);
    }
    if (event.key === "Enter" || event.key === "F2") { event.preventDefault(); enter(cell); }
    if (/^[0-9]$/.test(event.key) && cell.dataset.vital && !cell.dataset.change) { event.preventDefault(); openCell(cell, event.key); }
  }

  document.addEventListener("click", (event) => {
    const cell = event.target.closest("#sheet td[data-vital]");
    if (!cell || event.target === open || event.target.closest("a")) return;
    if (cell.dataset.change) { focusCell(cell); return; }
    openCell(cell);
  });

  // ---- sending: the form carries the cell that is open ----

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "cell-form") return;
    // Nothing typed, or this very value is on its way already.
    if (!open || !open.value.trim() || (sent && sent.id === open.dataset.id)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const cell = open.closest("td");
    event.target.elements.event_id.value = open.dataset.id;
    event.target.elements.vital.value = cell.dataset.vital;
    event.target.elements.at.value = open.dataset.at;
    sent = { id: open.dataset.id, vital: cell.dataset.vital };
  }, true);

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig.elt.id !== "cell-form") return;
    const status = event.detail.xhr.status;
    if (status === 409 || status === 422) {
      // Refused: the value stays in its cell, with the words above the grid.
      event.detail.target = document.getElementById("cell-said");
      event.detail.shouldSwap = true;
      event.detail.isError = false;
      // Other words under this id are another entry.
      if (open) { open.dataset.id = newId(); open.setAttribute("aria-invalid", "true"); }
      sent = null;
      return;
    }
    if (status === 200) { closeCell(); }
  });

  // No answer: the value stays in its cell under the same id, and Enter sends it again.
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((name) => {
    document.addEventListener(name, (event) => { if (event.detail.elt.id === "cell-form") sent = null; });
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "sheet" || !grid()) return;
    if (sent && event.detail.requestConfig.elt.id === "cell-form") { moveOn(); return; }
    // A refresh of the page's own keeps the place of the keyboard.
    if (held) {
      const cell = cellAt(held.vital, held.at);
      held = null;
      if (cell) focusCell(cell);
    }
  });

  let held = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const cell = document.activeElement && document.activeElement.closest("#sheet td[data-vital]");
    if (event.detail.target.id === "sheet" && cell) held = { vital: cell.dataset.vital, at: cell.dataset.at };
  });

  function cellAt(vital, at) {
    return Array.from(grid().querySelectorAll(`td[data-vital="${vital}"]`)).find((one) => one.dataset.at === at);
  }

  function moveOn() {
    const entry = grid().querySelector(`[data-event="${sent.id}"]`);
    const place = ORDER.indexOf(sent.vital);
    sent = null;
    if (!entry) return;
    const cell = entry.closest("td");
    const next = place < 0 ? null : ORDER[place + 1];
    const below = next && Array.from(grid().querySelectorAll(`td[data-vital="${next}"]`)).find((one) => one.cellIndex === cell.cellIndex);
    // The look goes on under the instant of its first value, so that its values stay together.
    if (!below || below.dataset.change || !openCell(below, "", entry.dataset.instant)) focusCell(below || cell);
  }
})();
