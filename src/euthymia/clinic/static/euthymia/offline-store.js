// What a tablet keeps while the server is away: entries that wait, and copies of open session pages. Everything about
// a person is sealed with a key that this browser made and that no script can read out. Used by the page and by the
// worker that answers for the server.
(function (scope) {
  "use strict";

  const NAME = "euthymia-bedside";
  const VERSION = 1;
  const KEYS = "keys", COPIES = "copies", QUEUE = "queue";
  // A page is kept no longer than a sign-in lasts: nobody works from the copy of another day.
  const COPY_LASTS_MS = 12 * 3600 * 1000;
  let opened = null;

  function database() {
    if (opened) return opened;
    opened = new Promise((resolve, reject) => {
      const asked = indexedDB.open(NAME, VERSION);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore(KEYS);
        asked.result.createObjectStore(COPIES, { keyPath: "session" });
        asked.result.createObjectStore(QUEUE, { keyPath: "place", autoIncrement: true });
      };
      asked.onsuccess = () => {
        // Another tab with a newer version must not wait for this one.
        asked.result.onversionchange = () => { asked.result.close(); opened = null; };
        resolve(asked.result);
      };
      asked.onerror = () => reject(asked.error);
    });
    opened.catch(() => { opened = null; });
    return opened;
  }

  // One transaction over these stores; resolves with what `work` asked for, once everything is on disk.
  async function within(names, mode, work) {
    const base = await database();
    return new Promise((resolve, reject) => {
      const deal = base.transaction(names, mode, { durability: "strict" });
      let asked;
      deal.oncomplete = () => resolve(asked ? asked.result : undefined);
      deal.onabort = deal.onerror = () => reject(deal.error || new Error("The tablet could not keep this."));
      asked = work(...names.map((name) => deal.objectStore(name)));
    });
  }

  const KIND = { name: "AES-GCM", length: 256 };

  async function key() {
    const kept = await within([KEYS], "readonly", (keys) => keys.get("key"));
    if (kept) return kept;
    const made = await crypto.subtle.generateKey(KIND, false, ["encrypt", "decrypt"]);
    // Another tab may have been faster; the first key is everybody's.
    await within([KEYS], "readwrite", (keys) => {
      const found = keys.get("key");
      found.onsuccess = () => { if (!found.result) keys.put(made, "key"); };
      return found;
    });
    return within([KEYS], "readonly", (keys) => keys.get("key"));
  }

  // Sealed to its place: a record moved to another visit or another user cannot be opened.
  async function seal(value, about) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const ways = { name: KIND.name, iv, additionalData: new TextEncoder().encode(about) };
    const data = await crypto.subtle.encrypt(ways, await key(), new TextEncoder().encode(JSON.stringify(value)));
    return { iv, data };
  }

  async function unseal(sealed, about) {
    const ways = { name: KIND.name, iv: sealed.iv, additionalData: new TextEncoder().encode(about) };
    const data = await crypto.subtle.decrypt(ways, await key(), sealed.data);
    return JSON.parse(new TextDecoder().decode(data));
  }

  // ---- entries that wait, in the order they were made ----

  const aboutEntry = (entry) => `entry ${entry.session} ${entry.by}`;

  async function add(session, by, content) {
    const sealed = await seal(content, aboutEntry({ session, by }));
    return within([QUEUE], "readwrite", (queue) => queue.add({ session, by, sealed }));
  }

  // What cannot be opened any more is shown as such, never dropped in silence.
  async function entries() {
    const rows = await within([QUEUE], "readonly", (queue) => queue.getAll());
    return Promise.all(rows.map(async (row) => {
      const content = await unseal(row.sealed, aboutEntry(row)).catch(() => null);
      return { place: row.place, session: row.session, by: row.by, content };
    }));
  }

  async function change(entry, content) {
    const sealed = await seal(content, aboutEntry(entry));
    const row = { place: entry.place, session: entry.session, by: entry.by, sealed };
    return within([QUEUE], "readwrite", (queue) => queue.put(row));
  }

  const remove = (entry) => within([QUEUE], "readwrite", (queue) => queue.delete(entry.place));

  // ---- copies of session pages ----

  async function keepCopy(session, page) {
    const sealed = await seal(page, `copy ${session}`);
    return within([COPIES], "readwrite", (copies) => copies.put({ session, at: Date.now(), sealed }));
  }

  async function copies() {
    const rows = await within([COPIES], "readonly", (kept) => kept.getAll());
    const found = [];
    for (const row of rows) {
      const fresh = Math.abs(Date.now() - row.at) < COPY_LASTS_MS;
      const page = fresh ? await unseal(row.sealed, `copy ${row.session}`).catch(() => null) : null;
      if (page) found.push({ session: row.session, at: row.at, page });
      else await dropCopy(row.session);
    }
    return found;
  }

  const dropCopy = (session) => within([COPIES], "readwrite", (kept) => kept.delete(session));
  const dropCopies = () => within([COPIES], "readwrite", (kept) => kept.clear());

  // After signing out nothing is left, but for entries the server has not got yet: those stay sealed for who wrote them.
  async function forget() {
    await dropCopies();
    return within([QUEUE, KEYS], "readwrite", (queue, keys) => {
      const waiting = queue.count();
      waiting.onsuccess = () => { if (waiting.result === 0) keys.clear(); };
      return waiting;
    });
  }

  scope.BedsideStore = { add, entries, change, remove, keepCopy, copies, dropCopy, dropCopies, forget };
})(self);
