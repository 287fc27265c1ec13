// Keeps the session page working while the server is away: says so within five seconds, takes entries and keeps them,
// sends them when the server is back, and shows what was not taken. Needs a secure address (https, or this machine).
(function () {
  "use strict";

  const place = document.querySelector("[data-offline]");
  if (!place) return;
  const able = window.isSecureContext && "indexedDB" in window && "serviceWorker" in navigator && navigator.locks;
  const Store = window.BedsideStore, Press = window.BedsidePress, Send = window.BedsideSend;
  // Asked every two seconds and waited for two: gone is known after four at most.
  const BEAT_MS = 2000, BEAT_PATIENCE_MS = 2000, RETRY_MS = 5000, COPY_AFTER_MS = 1500, COPY_EVERY_MS = 10000;
  const FULL = 507;
  const session = place.dataset.session, zone = place.dataset.zone, user = place.dataset.by;
  const part = (name) => place.querySelector(`[data-${name}]`);
  const state = { away: null, why: "", offset_ms: Number(remembered("euthymia-offset")) || 0, mine: [], others: [], sent: new WeakMap(), tried_ms: 0, full: false };

  function remembered(name) { try { return sessionStorage.getItem(name); } catch (refused) { return null; } }
  function remember(name, value) { try { if (value === null) sessionStorage.removeItem(name); else sessionStorage.setItem(name, value); } catch (refused) { /* a closed store: nothing is lost */ } }
  state.heard_ms = Date.now() + state.offset_ms;
  // The server's clock as this tablet last heard it: a tablet that goes wrong by minutes still writes the true time.
  const now_ms = () => Date.now() + state.offset_ms;

  // ---- is the server there ----

  let timer = 0;
  async function beat() {
    window.clearTimeout(timer);
    const asked_ms = Date.now();
    const answer = await Send.ask(place.dataset.beat, {}, BEAT_PATIENCE_MS);
    if (answer.status === 200) {
      const offset_ms = Date.parse(answer.body.at) - (asked_ms + Date.now()) / 2;
      state.offset_ms = Math.abs(offset_ms) > 1000 ? offset_ms : 0;
      remember("euthymia-offset", String(state.offset_ms));
      state.heard_ms = now_ms();
    }
    const here = answer.status === 200 && answer.body.by === user;
    if (here) state.full = answer.body.full;
    if (here) await back();
    else if (answer.status === 200) gone("other-user");
    else if (answer.status === 401 || answer.status === 403) signedOut();
    else gone("network");
    window.clearTimeout(timer);
    timer = window.setTimeout(beat, BEAT_MS);
  }

  function gone(why) {
    const fresh = state.away === null;
    if (fresh) { state.away = Number(remembered("euthymia-away")) || state.heard_ms; remember("euthymia-away", String(state.away)); }
    state.why = why;
    show();
    if (fresh) abandon();
  }

  function signedOut() {
    if (able) Store.dropCopies().catch(() => null);
    gone("signed-out");
  }

  async function back() {
    const was = state.away !== null;
    const waiting = state.mine.some(waits);
    // A server without room answers, and takes what waits again as soon as there is room.
    if (!state.full && (state.why !== "full" || !waiting)) here();
    else gone("full");
    if (able && waiting && (state.why !== "full" || Date.now() - state.tried_ms > RETRY_MS)) await drain();
    if (was && state.away === null) refreshPage();
  }

  function here() {
    state.away = null;
    state.why = "";
    remember("euthymia-away", null);
    show();
  }

  async function drain() {
    state.tried_ms = Date.now();
    const { sent, status } = await Send.send(place);
    if (status === 200 && sent) { state.full = false; if (state.why === "full") here(); }
    else if (status === FULL) gone("full");
    else if (status === 401) signedOut();
    else if (status === 0 || status >= 500) gone("network");
    await reload();
    if (sent) { say(sent === 1 ? "One entry was recorded." : `${sent} entries were recorded.`, "ok"); window.htmx.trigger(document.body, "session-changed"); }
  }

  // A page that came from its copy is loaded anew, unless somebody is writing in it.
  function refreshPage() {
    if (document.documentElement.dataset.kept && !state.mine.length && !filled()) window.location.reload();
    else window.htmx.trigger(document.body, "session-changed");
  }

  const filled = () => Array.from(document.querySelectorAll("main input:not([type=hidden]), main textarea")).some((field) => (/checkbox|radio/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue));

  // ---- taking entries ----

  const isEntry = (form) => form.getAttribute && form.getAttribute("action") === place.dataset.events;
  const asksRules = (form) => [place.dataset.gate, place.dataset.discharge].includes(form.getAttribute && form.getAttribute("action"));

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!isEntry(form) && !asksRules(form)) return;
    const busy = state.mine.some((entry) => entry.session === session && waits(entry)) && !state.mine.some((entry) => entry.session === session && refused(entry));
    const pressed = Press.take(form, event.submitter, now_ms(), zone);
    if (state.away === null && !(busy && pressed.content)) { state.sent.set(form, pressed); return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (state.why === "other-user") { say("This page was opened by somebody else. Load it again before you write.", "danger"); return; }
    if (pressed.refused) { delete form.dataset.sent; say(pressed.refused, "danger"); return; }
    wait(form, pressed.content);
  }, true);

  // A press that got no answer waits under the id it was sent with: if it did arrive, it is still one entry.
  function rescue(form) {
    const pressed = form && state.sent.get(form);
    if (!pressed || !pressed.content) return;
    state.sent.delete(form);
    wait(form, pressed.content);
  }

  function abandon() {
    document.querySelectorAll("form.htmx-request").forEach((form) => { const had = state.sent.get(form); window.htmx.trigger(form, "htmx:abort"); if (had) rescue(form); });
  }

  document.addEventListener("htmx:sendError", (event) => { if (isEntry(event.detail.elt)) { rescue(event.detail.elt); beat(); } });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (!isEntry(event.detail.elt) || !(status === 401 || status === 403 || status >= 500)) return;
    if (status === FULL) gone("full");
    rescue(event.detail.elt);
    if (status !== FULL) beat();
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) state.sent.delete(event.detail.elt); });

  async function wait(form, content) {
    if (!able) { say("This browser cannot keep entries here: the address is not a secure one. Write on paper.", "danger"); return; }
    content.by_name = place.dataset.byName;
    // What the page knew when this was written: what others wrote after that is told if it is refused.
    content.seen_at = new Date(state.away === null ? now_ms() : state.away).toISOString();
    try { await Store.add(session, user, content); } catch (full) { say("This tablet could not keep the entry. Write it on paper.", "danger"); return; }
    clear(form);
    say(`Waiting on this tablet: ${content.words}`, "caution");
    Send.tell();
    nextStep(content.fields.do);
    if (state.away === null) await drain();
  }

  function clear(form) {
    delete form.dataset.sent;
    if (form.id === "cell-form") {
      const cell = document.querySelector("#sheet .cell-input");
      if (cell) cell.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      return;
    }
    form.querySelectorAll("input, textarea, select").forEach((field) => {
      if (field.name === "event_id") field.value = Press.newId();
      else if (/checkbox|radio/.test(field.type)) field.checked = field.defaultChecked && !/_resolved$|^cadss6_item_|^moaas$|^nausea_rating$|^same_person$/.test(field.name);
      else if (field.type !== "hidden") field.value = "";
    });
    const line = document.getElementById("entry-line");
    if (line && form.contains(line)) line.focus();
  }

  // ---- the buttons of the phase that the entries which wait lead to ----

  const LEADS = { start: "dosing", pause: "paused", resume: "dosing", stop: "observing", complete: "observing" };

  function nextStep(action) {
    const form = place.querySelector(`template[data-phase="${LEADS[action]}"]`);
    const actions = document.getElementById("actions");
    if (LEADS[action] === undefined || !actions) return;
    if (form) {
      actions.replaceChildren(form.content.cloneNode(true));
      actions.querySelectorAll("input[name=event_id]").forEach((field) => { field.value = Press.newId(); });
      actions.querySelectorAll("input[name=device]").forEach((field) => { field.value = (document.querySelector("#entry input[name=device]") || field).value; });
      window.htmx.process(actions);
    } else actions.replaceChildren();
  }

  // ---- the banner and the list ----

  const waits = (entry) => entry.content && !entry.content.refused;
  const refused = (entry) => entry.content && entry.content.refused;

  let asked = 0;
  async function reload() {
    if (!able) return;
    const turn = (asked += 1);
    const entries = await Store.entries().catch(() => []);
    // A list that was read earlier and opened later must not come back.
    if (turn !== asked) return;
    state.mine = entries.filter((entry) => entry.by === user);
    state.others = entries.filter((entry) => entry.by !== user);
    show();
  }

  const WHY = {
    network: "The server does not answer.", full: "The server has no room to write.", "signed-out": "You are signed out.",
    "other-user": "Somebody else has signed in on this tablet.",
  };

  function show() {
    const away = state.away !== null;
    part("banner").hidden = !away;
    document.body.classList.toggle("is-away", away);
    if (away) {
      part("why").textContent = WHY[state.why];
      part("since").textContent = Press.clock(state.away, zone);
      part("alarms").hidden = state.why === "full";
      part("sign-in").hidden = state.why !== "signed-out";
    }
    const count = state.mine.length;
    part("count").textContent = count === 0 ? "No entry waits." : count === 1 ? "One entry waits." : `${count} entries wait.`;
    list();
  }

  function list() {
    const shown = part("entries");
    const rows = state.mine.map((entry) => row(entry));
    // A reason that is being written is not swept away by a refresh of the list.
    const writing = document.activeElement && document.activeElement.closest("[data-entry]");
    const kept = writing && state.mine.some((entry) => String(entry.place) === writing.dataset.entry);
    if (!kept) shown.replaceChildren(...rows);
    const names = new Map();
    state.others.forEach((entry) => names.set((entry.content && entry.content.by_name) || "somebody else", (names.get((entry.content && entry.content.by_name) || "somebody else") || 0) + 1));
    part("others").textContent = Array.from(names, ([name, count]) => `${count} of ${name}: sent when that person signs in on this tablet.`).join(" ");
    part("list").hidden = !state.mine.length && !state.others.length;
    part("list").classList.toggle("card--danger", state.mine.some(refused));
  }

  function row(entry) {
    const line = part("row").content.firstElementChild.cloneNode(true);
    const put = (name, words) => { line.querySelector(`[data-${name}]`).textContent = words; };
    line.dataset.entry = entry.place;
    const content = entry.content;
    put("time", content ? Press.clock(Date.parse(content.fields.at), zone) : "–");
    put("words", content ? content.words : "This entry cannot be opened any more. Discard it and write it again.");
    line.querySelector("[data-waits]").hidden = !waits(entry);
    line.querySelector("[data-refused]").hidden = !refused(entry);
    line.querySelector("[data-again]").hidden = !refused(entry);
    const elsewhere = line.querySelector("[data-elsewhere]");
    elsewhere.hidden = entry.session === session;
    elsewhere.href = place.dataset.waiting.replace(session, entry.session).replace(/waiting\/$/, "");
    if (refused(entry)) {
      put("reason", content.refused);
      const lines = (content.meanwhile || []).map((words) => Object.assign(document.createElement("li"), { textContent: words }));
      line.querySelector("[data-meanwhile]").replaceChildren(...lines);
      line.querySelector("[data-meanwhile-title]").hidden = !lines.length;
    }
    const field = line.querySelector("input"), label = line.querySelector("label");
    field.id = `discard-${entry.place}`;
    label.htmlFor = field.id;
    line.querySelector("[data-again]").addEventListener("click", () => again(entry));
    line.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); discard(entry, field.value.trim()); });
    return line;
  }

  async function again(entry) {
    const content = Object.assign({}, entry.content, { refused: undefined, meanwhile: undefined });
    content.fields = Object.assign({}, content.fields, { event_id: Press.newId() });
    await Store.change(entry, content);
    Send.tell();
    if (state.away === null) await drain();
  }

  async function discard(entry, reason) {
    if (!reason) { say("Say why the entry is discarded.", "danger"); return; }
    // The remark takes the entry's place in the order, so that nothing is lost between the two.
    if (entry.content) await Store.change(entry, Press.discarded(entry.content, reason, now_ms(), zone));
    else await Store.remove(entry);
    if (document.activeElement) document.activeElement.blur();
    Send.tell();
    if (state.away === null) await drain();
  }

  function say(words, tone) {
    const spoken = part("said");
    spoken.className = `notice notice--${tone}`;
    spoken.textContent = words;
    spoken.hidden = !words;
  }

  // ---- the copy of this page, and what it is built from ----

  // Parts change every second; a copy is made of them every ten.
  let copying = 0, copied_ms = 0;
  function copySoon() {
    if (copying) return;
    const wait_ms = Math.max(COPY_AFTER_MS, copied_ms + COPY_EVERY_MS - Date.now());
    copying = window.setTimeout(() => { copying = 0; copied_ms = Date.now(); copy(); }, wait_ms);
  }

  async function copy() {
    if (state.away !== null || document.documentElement.dataset.kept) return;
    if (!document.getElementById("entry")) { await Store.dropCopy(session).catch(() => null); return; }
    const root = document.documentElement.cloneNode(true);
    delete root.querySelector("[data-offline]").dataset.ready;
    root.dataset.kept = new Date(now_ms()).toISOString();
    root.querySelectorAll(".cell-input, [data-entries] > *").forEach((one) => one.remove());
    root.querySelectorAll(".is-open, .htmx-request").forEach((one) => one.classList.remove("is-open", "htmx-request"));
    root.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((one) => { one.setAttribute("value", ""); });
    await Store.keepCopy(session, { html: `<!doctype html>${root.outerHTML}`, title: document.title }).then(() => { if (navigator.serviceWorker.controller) place.dataset.ready = "yes"; }, () => null);
  }

  async function register() {
    const ready = await navigator.serviceWorker.register(place.dataset.worker, { scope: "/" }).then(() => navigator.serviceWorker.ready).catch(() => null);
    if (!ready || !ready.active) return;
    const used = performance.getEntriesByType("resource").map((one) => one.name.split("#")[0]);
    const ours = used.filter((url) => url.startsWith(`${window.location.origin}/static/`));
    const bare = ["tokens.css", "euthymia.css", "offline.css", "icons.svg"].map((name) => `/static/euthymia/${name}`);
    // The worker takes over this page too, so that also the first visit can be loaded again.
    ready.active.postMessage({ keep: Array.from(new Set([...ours, ...bare])) });
  }

  // ---- signing out ----

  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== place.dataset.signOut || !state.mine.length || event.target.dataset.sure) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target.dataset.sure = "yes";
    say("Entries of yours still wait on this tablet. Press Sign out again to leave them here: they stay sealed, and are sent when you sign in on this tablet.", "danger");
    part("said").scrollIntoView({ block: "center" });
  }, true);

  // ---- beginning ----

  document.addEventListener("bedside:changed", reload);
  window.addEventListener("offline", () => gone("network"));
  window.addEventListener("online", beat);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") beat(); });

  async function begin() {
    say("", "ok");
    if (document.documentElement.dataset.kept) {
      // The copy holds ids of presses that may have been sent since it was made.
      document.querySelectorAll("form input[name=event_id]").forEach((field) => { field.value = Press.newId(); });
      gone("network");
    }
    await reload();
    if (able) {
      state.mine.forEach((entry) => { if (entry.session === session) nextStep(entry.content ? entry.content.fields.do : ""); });
      document.addEventListener("htmx:afterSwap", copySoon);
      // The worker takes over this page as soon as it runs, so that also the first visit can be loaded again.
      navigator.serviceWorker.addEventListener("controllerchange", copySoon);
      register().then(copySoon);
    }
    beat();
  }
  begin();
})();
