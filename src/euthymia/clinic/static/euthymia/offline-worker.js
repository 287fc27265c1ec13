// Answers for the server while it is away: session pages from their sealed copies, stylesheets and scripts from the
// browser's cache. Pages themselves are never put into that cache.
"use strict";

importScripts("/static/euthymia/offline-store.js");

const STATIC = "euthymia-static-1";
const SESSION = /^\/sessions\/([0-9a-f-]{36})\/$/;
// A page that has not begun to answer by then is taken from its copy; the copy says so and goes on asking.
const PAGE_PATIENCE_MS = 4000;
const STATIC_PATIENCE_MS = 3000;
const GATEWAY = [502, 503, 504];
const RULES = {
  "Content-Type": "text/html; charset=utf-8",
  "Cache-Control": "no-store, private",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
  "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
};

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== STATIC).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// A page names what it was built from, so that it can be built again without the server.
self.addEventListener("message", (event) => {
  const urls = (event.data && event.data.keep) || [];
  const keep = async () => {
    const cache = await caches.open(STATIC);
    for (const url of urls) if (!(await cache.match(url))) await cache.add(url).catch(() => null);
  };
  event.waitUntil(keep());
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "GET" && url.pathname.startsWith("/static/")) event.respondWith(fromStatic(event));
  else if (request.method === "GET" && request.mode === "navigate") event.respondWith(page(request, url));
  else if (request.method === "POST" && url.pathname === "/accounts/logout/") event.respondWith(signOut(event));
});

async function fromStatic(event) {
  const cache = await caches.open(STATIC);
  try {
    const answer = await fetch(event.request, { signal: AbortSignal.timeout(STATIC_PATIENCE_MS) });
    if (answer.ok && event.request.headers.get("Range") === null) event.waitUntil(cache.put(event.request, answer.clone()));
    return answer;
  } catch (away) {
    return (await cache.match(event.request, { ignoreVary: true })) || Response.error();
  }
}

async function page(request, url) {
  const session = SESSION.exec(url.pathname);
  const kept = session ? BedsideStore.copies().catch(() => []) : Promise.resolve([]);
  const asked = fetch(request);
  const late = new Promise((resolve) => { setTimeout(() => resolve(null), PAGE_PATIENCE_MS); });
  try {
    const hasCopy = session && (await kept).some((one) => one.session === session[1]);
    const answer = await (hasCopy ? Promise.race([asked, late]) : asked);
    if (answer && !GATEWAY.includes(answer.status)) return answer;
  } catch (away) { /* from the copy, below */ }
  const copies = await BedsideStore.copies().catch(() => []);
  const found = session && copies.find((one) => one.session === session[1]);
  if (found) return new Response(found.page.html, { headers: RULES });
  if (copies.length === 0) return asked.catch(() => Response.error());
  return new Response(away(copies), { headers: RULES, status: 503 });
}

const safe = (words) => words.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function away(copies) {
  const links = copies.map((one) => `<li><a href="/sessions/${one.session}/">${safe(one.page.title)}</a></li>`).join("");
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>The server is away</title>
<link rel="stylesheet" href="/static/euthymia/tokens.css"><link rel="stylesheet" href="/static/euthymia/euthymia.css"><link rel="stylesheet" href="/static/euthymia/offline.css"></head>
<body><main class="offline-page"><h1>The server is away</h1><p>This page is not kept on this tablet. Look at the patient and the monitor. These visits can be written in:</p><ul>${links}</ul></main></body></html>`;
}

// What the tablet kept is wiped once the server has signed the person out.
async function signOut(event) {
  const answer = await fetch(event.request);
  event.waitUntil(BedsideStore.forget().catch(() => null));
  return answer;
}
