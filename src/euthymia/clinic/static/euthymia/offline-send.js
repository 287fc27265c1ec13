// Sends what waits: in order, each once, from one tab at a time, and only for who wrote it. At the first refusal a visit
// stops and the nurse decides; other visits go on.
(function (scope) {
  "use strict";

  const PATIENCE_MS = 8000;
  const LOCK = "euthymia-bedside-send";
  const REFUSED = [400, 404, 409, 413, 422];
  const channel = "BroadcastChannel" in scope ? new BroadcastChannel("euthymia-bedside") : null;

  // Tells this tab and the others that the list of what waits has changed.
  function tell() {
    document.dispatchEvent(new CustomEvent("bedside:changed"));
    if (channel) channel.postMessage("changed");
  }
  if (channel) channel.onmessage = () => document.dispatchEvent(new CustomEvent("bedside:changed"));

  // {status, body}; status 0 when the server did not answer at all.
  async function ask(url, options, patience_ms) {
    try {
      const answer = await fetch(url, Object.assign({ cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(patience_ms || PATIENCE_MS), headers: { Accept: "application/json" } }, options));
      if (answer.type === "opaqueredirect") return { status: 401, body: {} };
      const body = await answer.json().catch(() => null);
      // A yes that broke off in the middle is no answer.
      return answer.ok && body === null ? { status: 0, body: {} } : { status: answer.status, body: body || {} };
    } catch (away) { return { status: 0, body: {} }; }
  }

  function post(entry, token, place) {
    const sent = Object.assign({}, entry.content.fields, { typed_by: entry.by, seen_at: entry.content.seen_at });
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    const url = place.dataset.waiting.replace(place.dataset.session, entry.session);
    return ask(url, { method: "POST", headers, body: new URLSearchParams(sent) });
  }

  // What happened: {sent, status}; status is the answer at which it stopped, 200 when everything that may go has gone.
  async function send(place) {
    if (!navigator.locks) return { sent: 0, status: 0 };
    return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      if (!lock) return { sent: 0, status: 200 };
      const who = await ask(place.dataset.token);
      if (who.status !== 200) return { sent: 0, status: who.status };
      const stopped = new Set();
      let sent = 0;
      for (const entry of await scope.BedsideStore.entries()) {
        if (entry.by !== who.body.by || !entry.content || stopped.has(entry.session)) continue;
        if (entry.content.refused) { stopped.add(entry.session); continue; }
        const answer = await post(entry, who.body.token, place);
        if (answer.status === 200 || answer.status === 201) { await scope.BedsideStore.remove(entry); sent += 1; tell(); continue; }
        if (!REFUSED.includes(answer.status)) return { sent, status: answer.status };
        stopped.add(entry.session);
        const refused = answer.body.message || `The server did not take this (${answer.status}).`;
        await scope.BedsideStore.change(entry, Object.assign({}, entry.content, { refused, meanwhile: answer.body.meanwhile || [] }));
        tell();
      }
      return { sent, status: 200 };
    });
  }

  scope.BedsideSend = { ask, send, tell };
})(window);
