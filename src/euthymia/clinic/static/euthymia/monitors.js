// The live strips: asks every second what the monitors say, and on a clock of its own turns what is old into dashes.
// The clock does not wait for an answer: a server that is gone, a cut network and a silent monitor all end in dashes.
(function () {
  "use strict";

  const EVERY_MS = 1000;
  const PATIENCE_MS = 4000;
  const TICK_MS = 500;
  const DASH = "–";
  const SILENT = "Not monitoring";
  // By session: what was last said, and when it was heard, on both clocks of this machine.
  const heard = new Map();

  const strips = () => Array.from(document.querySelectorAll("[data-monitor]"));
  const number = (text) => (text === undefined || text === "" || text === "None" ? null : Number(text));

  // What the server wrote into the page counts until the first answer.
  function written(strip) {
    const numbers = {};
    strip.querySelectorAll("[data-number]:not([hidden])").forEach((one) => {
      numbers[one.dataset.number] = {
        text: one.querySelector("[data-value]").textContent,
        note: one.querySelector("[data-note]").textContent,
        age_s: number(one.dataset.ageS),
      };
    });
    return {
      monitoring: !strip.classList.contains("monitor--silent"),
      words: strip.querySelector("[data-monitor-words]").textContent,
      age_s: number(strip.dataset.ageS),
      numbers,
    };
  }

  const stamp = (said, ago) => ({ said, ago: ago || 0, at: performance.now(), clock: Date.now() });
  // A machine that slept may have stopped one of its clocks; the one that went further is right.
  const since = (one) => Math.max(performance.now() - one.at, Date.now() - one.clock, 0) / 1000 + one.ago;

  function put(place, words) {
    if (place.textContent !== words) place.textContent = words;
  }

  function show(strip) {
    const id = strip.dataset.monitor;
    if (!heard.has(id)) heard.set(id, stamp(written(strip)));
    const one = heard.get(id);
    const passed = since(one);
    const staleAfter = Number(strip.dataset.staleAfterS);
    const silent = !one.said.monitoring || one.said.age_s === null || one.said.age_s + passed > staleAfter;
    const names = Object.keys(one.said.numbers);
    strip.hidden = names.length === 0;
    strip.classList.toggle("monitor--silent", silent);
    put(strip.querySelector("[data-monitor-words]"), silent && one.said.monitoring ? SILENT : one.said.words);
    strip.querySelectorAll("[data-number]").forEach((place) => {
      const said = one.said.numbers[place.dataset.number];
      place.hidden = !said;
      if (!said) return;
      // A cuff's number carries its age; every other is expected each second.
      const old = place.dataset.number !== "pressure" && said.age_s !== null && said.age_s + passed > staleAfter;
      put(place.querySelector("[data-value]"), silent || old ? DASH : said.text);
      put(place.querySelector("[data-note]"), silent ? "" : said.note);
    });
  }

  const tick = () => strips().forEach(show);

  function ask() {
    const found = strips();
    if (!found.length) return Promise.resolve();
    const only = found.length === 1 ? `?session=${found[0].dataset.monitor}` : "";
    const stop = new AbortController();
    const patience = window.setTimeout(() => stop.abort(), PATIENCE_MS);
    return fetch(`/monitors/now/${only}`, { headers: { Accept: "application/json" }, signal: stop.signal })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((said) => {
        if (said === null) return;
        found.forEach((strip) => {
          const one = said.strips[strip.dataset.monitor];
          if (one) heard.set(strip.dataset.monitor, stamp(one, said.made_s_ago));
        });
        tick();
      })
      .catch(() => {})
      .finally(() => window.clearTimeout(patience));
  }

  function beat() {
    const asked = performance.now();
    ask().then(() => window.setTimeout(beat, Math.max(100, EVERY_MS - (performance.now() - asked))));
  }

  document.addEventListener("htmx:afterSwap", tick);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("DOMContentLoaded", () => {
    tick();
    window.setInterval(tick, TICK_MS);
    beat();
  });
})();
