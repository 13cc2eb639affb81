// Keeps one page, with help lines, for when there is no network. Nothing else is ever kept: no question, no answer.
const GIVEN = {};
const kept = [GIVEN.page, ...GIVEN.files];

self.addEventListener("install", (event) => {
  const fetched = caches.open(GIVEN.name).then((cache) => cache.addAll(kept));
  event.waitUntil(fetched.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((n) => n !== GIVEN.name).map((n) => caches.delete(n))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const own = kept.includes(address.pathname + address.search);
  if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match(GIVEN.page)));
  else if (own) event.respondWith(fetch(event.request).catch(() => caches.match(event.request)));
});
