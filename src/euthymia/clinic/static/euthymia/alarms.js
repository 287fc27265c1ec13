// Alarms on an open page: draws what the server says, sounds it, and says loudly when nobody speaks to this page.
// Without this file the lines and buttons of the page still work; they are then as old as the page.
(function () {
  "use strict";

  // The server speaks at least every second; after this long nobody watches. The page must say so within five seconds.
  const SILENT_AFTER_MS = 4000;
  const LOOK_EVERY_MS = 250;
  const RETRY_MS = 1000;
  const PAUSE_MS = 120000;
  const bar = document.querySelector("[data-alarm-bar]");
  if (!bar) return;

  let heardAt = performance.now();
  let ahead = 0;
  let picture = null;
  let source = null;
  let asking = false;

  // ---- listening: one stream; where every place is taken, a question each second ----

  function heard() { heardAt = performance.now(); showWatch(); }

  function connect() {
    if (source) source.close();
    source = new EventSource(bar.dataset.live);
    source.addEventListener("alarms", (event) => { heard(); take(JSON.parse(event.data)); });
    source.addEventListener("beat", heard);
    source.onerror = () => {
      source.close();
      source = null;
      ask().finally(() => window.setTimeout(connect, RETRY_MS));
    };
  }

  async function ask() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(bar.dataset.now, { headers: { Accept: "application/json" }, redirect: "error", signal: AbortSignal.timeout(SILENT_AFTER_MS) });
      if (answer.ok) { const said = await answer.json(); heard(); take(said); }
    } catch (silence) { /* the watch says it */ } finally { asking = false; }
  }

  function take(said) {
    ahead = said.now - Date.now();
    picture = said;
    hold();
    draw();
    letGo();
    if (said.unshown.length) window.requestAnimationFrame(() => window.setTimeout(() => tellShown(said.unshown), 0));
  }

  const told = new Set();
  function tellShown(ids) {
    const fresh = ids.filter((id) => !told.has(id));
    if (!fresh.length || document.visibilityState !== "visible") return;
    fresh.forEach((id) => told.add(id));
    fetch(bar.dataset.shown, { method: "POST", headers: { "X-CSRFToken": token(), "Content-Type": "application/json" }, body: JSON.stringify(fresh) })
      .catch(() => fresh.forEach((id) => told.delete(id)));
  }

  function token() {
    try { return JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"]; } catch (none) { return ""; }
  }

  // ---- drawing ----

  function draw() {
    if (!picture) return;
    put(bar.querySelector("[data-alarm-strip]"), picture.strip);
    bar.querySelectorAll("[data-alarm-session]").forEach((call) => call.classList.toggle("alarm-call--here", call.dataset.alarmSession === bar.dataset.here));
    document.querySelectorAll("[data-alarm-lines]").forEach((place) => put(place, picture.lines[place.dataset.alarmLines] || ""));
    count();
    sound();
  }

  // What somebody writes in or is about to press stays where it is while something comes or goes above it: the page is
  // scrolled by as much, but never so far that an alarm leaves the screen.
  let held = null;
  function hold() {
    const element = inHand();
    held = element && { element, top_px: element.getBoundingClientRect().top };
  }

  function letGo() {
    const root = document.documentElement, element = held && held.element.isConnected ? held.element : null;
    if (element) {
      // The browser's own way of holding a place is put aside for this frame only; both at once would go twice as far.
      root.style.overflowAnchor = "none";
      const moved_px = element.getBoundingClientRect().top - held.top_px;
      if (moved_px) window.scrollBy({ top: Math.min(moved_px, topAlarm_px()), behavior: "instant" });
      window.requestAnimationFrame(() => { root.style.overflowAnchor = ""; });
    }
    held = null;
  }

  // How far the page may go up until the first alarm in sight reaches the edge; pinned calls stay whatever happens.
  function topAlarm_px() {
    if (bar.querySelector(".alarm-bar__strip--pinned .alarm-call")) return Infinity;
    const places = Array.from(document.querySelectorAll("[data-alarm-strip] .alarm-call, #alarm-lines-here .alarm-line"), (one) => one.getBoundingClientRect());
    const tops = places.filter((one) => one.height && one.bottom > 0).map((one) => one.top);
    return Math.max(0, Math.min(...tops));
  }

  // The field somebody is in, else what is in the middle of the screen; not what is itself drawn anew.
  function inHand() {
    const field = document.activeElement;
    const shown = field && field !== document.body && field.getBoundingClientRect();
    const seen = shown && shown.bottom > 0 && shown.top < window.innerHeight;
    const found = seen ? field : document.elementFromPoint(window.innerWidth / 2, window.innerHeight / 2);
    return found && (found.closest("[data-alarm-lines]") || found);
  }

  // A line somebody writes in keeps its words; everything else is drawn at once.
  function put(place, html) {
    if (place.dataset.drawn === html) return;
    const field = place.contains(document.activeElement) ? document.activeElement : null;
    const was = field ? { key: keyOf(field), name: field.name, kind: field.value } : null;
    const typed = new Map(Array.from(place.querySelectorAll("input[name=reason]")).map((one) => [keyOf(one), one.value]));
    place.innerHTML = html;
    place.dataset.drawn = html;
    place.querySelectorAll("input[name=reason]").forEach((one) => { one.value = typed.get(keyOf(one)) || ""; });
    if (was && was.key) {
      const again = Array.from(place.querySelectorAll("button, input:not([type=hidden])")).find((one) => keyOf(one) === was.key && one.name === was.name && (one.name === "reason" || one.value === was.kind));
      if (again) again.focus();
    }
  }

  const keyOf = (field) => { const form = field.closest("form"); const key = form && form.querySelector("input[name=key]"); return key ? key.value : ""; };

  function count() {
    const now = Date.now() + ahead;
    document.querySelectorAll("[data-alarm-until]").forEach((place) => {
      const left = Math.max(0, Math.ceil((Number(place.dataset.alarmUntil) - now) / 1000));
      place.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    });
    document.querySelectorAll("[data-alarm-since]").forEach((line) => {
      const place = line.querySelector("[data-alarm-age]");
      const minutes = Math.floor((now - Number(line.dataset.alarmSince)) / 60000);
      if (place) place.textContent = minutes >= 1 ? " (" + minutes + " min)" : "";
    });
  }

  // htmx draws the tiles anew: put the lines of now into them.
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.shouldSwap) hold(); });
  document.addEventListener("htmx:afterSwap", () => { draw(); letGo(); });

  // Scrolled out of sight, the call stays at the lower edge.
  new IntersectionObserver((seen) => {
    const away = !seen[seen.length - 1].isIntersecting;
    bar.querySelector("[data-alarm-strip]").classList.toggle("alarm-bar__strip--pinned", away);
  }).observe(bar);

  // ---- the watch ----

  function showWatch() {
    const place = bar.querySelector("[data-alarm-watch]");
    const silent = performance.now() - heardAt > SILENT_AFTER_MS;
    const state = silent ? "silent" : picture ? "watching" : "starting";
    if (place.dataset.alarmWatch === state) return;
    place.dataset.alarmWatch = state;
    const words = { silent: "NOT MONITORING: the server does not answer. Look at the patients and their monitors.", watching: "Watching for alarms", starting: "Connecting" };
    place.querySelector("[data-alarm-watch-words]").textContent = words[state];
    document.body.classList.toggle("alarms-silent", silent);
    sound();
  }

  // ---- what people do ----

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-alarm-act]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act(form, event.submitter);
  }, true);

  async function act(form, button) {
    const body = new URLSearchParams(new FormData(form, button));
    body.set("id", newId());
    form.querySelectorAll("button").forEach((one) => { one.disabled = true; });
    try {
      const answer = await sendTwice(form.action, body);
      const said = answer.ok ? "" : (await answer.json()).message;
      problem(said);
    } catch (lost) {
      problem("This did not reach the server. Press again.");
    }
    form.querySelectorAll("button").forEach((one) => { one.disabled = false; });
    ask();
  }

  // What a finger came down on is what it presses, also where that was drawn anew or moved before it came up: a browser
  // then clicks nothing, or what has come in between. Drawing waits for nobody; what was pressed is sent as it was seen.
  const PRESSED = "[data-alarm-lines] button:enabled, [data-alarm-lines] a, [data-alarm-strip] a";
  const CLICK_MS = 500;
  let down = null;
  let pressedAt = -Infinity;

  document.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const one = plain && event.target.closest(PRESSED);
    down = one && { one, id: event.pointerId, box: one.getBoundingClientRect() };
    pressedAt = -Infinity;
  }, true);

  document.addEventListener("pointerup", (event) => {
    if (!down || event.pointerId !== down.id) return;
    const { one, box } = down, x = event.clientX, y = event.clientY;
    down = null;
    const slidOff = x < box.left || x > box.right || y < box.top || y > box.bottom;
    if (slidOff || one.contains(document.elementFromPoint(x, y))) return;
    pressedAt = event.timeStamp;
    if (one.form) act(one.form, one); else one.click();
  }, true);

  document.addEventListener("pointercancel", (event) => { if (down && event.pointerId === down.id) down = null; }, true);

  // The browser's own click of such a press would press what lies there now. A key's click has no `detail`.
  document.addEventListener("click", (event) => {
    if (!event.isTrusted || !event.detail || event.timeStamp - pressedAt >= CLICK_MS) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // The space bar presses when it comes up, and only what it went down on.
  let spaceOn = null;

  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.repeat) return;
    const one = event.target.closest(PRESSED);
    spaceOn = one && one.form ? one : null;
  }, true);

  document.addEventListener("keyup", (event) => {
    if (event.key !== " ") return;
    const one = spaceOn;
    spaceOn = null;
    if (!one || one.isConnected) return;
    event.preventDefault();
    act(one.form, one);
  }, true);

  // The id makes a second try harmless.
  async function sendTwice(address, body) {
    const send = () => fetch(address, { method: "POST", headers: { "X-CSRFToken": token(), Accept: "application/json" }, body, signal: AbortSignal.timeout(SILENT_AFTER_MS) });
    try { return await send(); } catch (lost) { return send(); }
  }

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  function problem(words) {
    const place = bar.querySelector("[data-alarm-problem]");
    place.hidden = !words;
    place.textContent = words || "";
  }

  // ---- sound: off until somebody presses; paused ends by itself ----

  // Seconds at which the tones of one burst begin: many and quick for high, three and slow for medium.
  const BURSTS = { high: { at: [0, 0.2, 0.4, 0.8, 1.0, 1.6, 1.8, 2.0, 2.4, 2.6], tone_hz: 880, every_ms: 5000 }, medium: { at: [0, 0.35, 0.7], tone_hz: 587, every_ms: 12000 } };
  let audio = null;
  let wanted = false;
  let pausedUntil = 0;
  let burstAt = -Infinity;
  let lastSound = "";

  const soundState = () => {
    if (!wanted || !audio || audio.state !== "running") return "off";
    return performance.now() < pausedUntil ? "paused" : "on";
  };

  function sound() {
    const state = soundState();
    const place = bar.querySelector("[data-alarm-sound]");
    const left = Math.max(0, Math.ceil((pausedUntil - performance.now()) / 1000));
    const words = { off: "Sound is off", on: "Sound is on", paused: "Sound paused on this screen, " + Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0") };
    place.dataset.alarmSound = state;
    const says = place.querySelector("[data-alarm-sound-words]");
    if (says.textContent !== words[state]) says.textContent = words[state];
    const press = place.querySelector("[data-alarm-sound-press]");
    press.hidden = false;
    press.textContent = state === "off" ? "Turn sound on" : "Turn sound off";
    const pause = place.querySelector("[data-alarm-pause-press]");
    pause.hidden = state === "off";
    pause.textContent = state === "paused" ? "End the pause" : "Pause sound";
    const heardNow = document.body.classList.contains("alarms-silent") ? "medium" : picture ? picture.sounds : "";
    // Something new or worse ends a pause.
    if (state === "paused" && picture && picture.unshown.some((id) => !told.has(id))) pausedUntil = 0;
    if (heardNow !== lastSound) { lastSound = heardNow; burstAt = -Infinity; }
    if (state === "on" && heardNow && performance.now() - burstAt >= BURSTS[heardNow].every_ms) { burstAt = performance.now(); ring(BURSTS[heardNow]); }
  }

  function ring(burst) {
    burst.at.forEach((second) => {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      const from = audio.currentTime + second;
      tone.frequency.value = burst.tone_hz;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(0.5, from + 0.02);
      gain.gain.setValueAtTime(0.5, from + 0.13);
      gain.gain.linearRampToValueAtTime(0, from + 0.16);
      tone.connect(gain).connect(audio.destination);
      tone.start(from);
      tone.stop(from + 0.18);
    });
  }

  async function turnOn() {
    wanted = true;
    audio = audio || new AudioContext();
    await audio.resume();
    burstAt = -Infinity;
    sound();
  }

  function remember(on) { try { localStorage.setItem("euthymia-alarm-sound", on ? "on" : "off"); } catch (refused) { /* this page only */ } }
  function remembered() { try { return localStorage.getItem("euthymia-alarm-sound"); } catch (refused) { return null; } }

  bar.querySelector("[data-alarm-sound-press]").addEventListener("click", () => {
    if (soundState() === "off") { remember(true); turnOn(); } else { remember(false); wanted = false; sound(); }
  });
  bar.querySelector("[data-alarm-pause-press]").addEventListener("click", () => {
    pausedUntil = soundState() === "paused" ? 0 : performance.now() + PAUSE_MS;
    sound();
  });
  // A browser lets nothing sound before the first press or key. Where sound was not turned off, that first one turns it on.
  const first = (event) => {
    if (event.target.closest && event.target.closest("[data-alarm-sound-press]")) return;
    if (!wanted && remembered() !== "off") turnOn();
  };
  document.addEventListener("pointerdown", first, { once: true });
  document.addEventListener("keydown", first, { once: true });

  window.setInterval(() => { showWatch(); count(); sound(); }, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") { ask(); } });
  window.addEventListener("pagehide", () => { if (source) source.close(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
})();
