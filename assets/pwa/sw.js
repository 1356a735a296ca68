// Service worker of the Revisit PWA. The build writes BUILD and GROUPS (path -> content hash) into this file.
//
// Entries are cached under "path?h=hash", so an update downloads only what changed, and the files of the running
// build stay until the new build takes over. A new build takes over only when no window of the old one is left, or
// when the only window asks for it: no tab ever sees files of two builds.
const BUILD = "__BUILD__";
const BASE = "__BASE__";
const GROUPS = __GROUPS__; // {core: {...}, <renderer>: {...}, plain: {...}: for a start without the snapshot}
const CACHE = "revisit-files";
const BLANK_FONT = BASE + "assets/fonts/blank.ttf";
const FILES = Object.assign({}, ...Object.values(GROUPS));
const RENDERERS = ["skwasm", "canvaskit"];
const keyOf = (path) => `${path}?h=${FILES[path]}`;

const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");

// Chromium draws with skwasm, the others with canvaskit; the page corrects this if it had to choose otherwise.
const usualRenderer = () =>
  navigator.vendor === "Google Inc." || navigator.userAgent.includes("Edg/") ? "skwasm" : "canvaskit";

async function download(cache, path) {
  const response = await fetch(path, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  const body = await response.arrayBuffer();
  // A server that is being replaced may hand out a file of another build: refuse it, the browser tries again later.
  if (!hex(await crypto.subtle.digest("SHA-256", body)).startsWith(FILES[path])) throw new Error(`${path}: other build`);
  await cache.put(keyOf(path), new Response(body, { headers: { "Content-Type": response.headers.get("Content-Type") } }));
}

async function fill(group) {
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const path of Object.keys(GROUPS[group])) if (!(await cache.match(keyOf(path)))) missing.push(path);
  const next = async () => {
    for (let path = missing.pop(); path; path = missing.pop()) await download(cache, path);
  };
  await Promise.all([next(), next(), next(), next()]);
}

async function installed(group) {
  const cached = (await (await caches.open(CACHE)).keys()).map((request) => new URL(request.url).pathname);
  return cached.some((path) => path in GROUPS[group]);
}

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const groups = ["core"];
    for (const group of Object.keys(GROUPS)) if (group !== "core" && (await installed(group))) groups.push(group);
    if (!groups.some((group) => RENDERERS.includes(group))) groups.push(usualRenderer());
    await Promise.all(groups.map(fill));
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const keep = new Set(Object.keys(FILES).map((path) => new URL(keyOf(path), location).href));
    for (const request of await cache.keys()) if (!keep.has(request.url)) await cache.delete(request);
    await self.clients.claim();
  })());
});

const windows = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });

self.addEventListener("message", (event) => {
  const { type, name } = event.data ?? {};
  const answer = (value) => event.ports[0]?.postMessage(value);
  event.waitUntil((async () => {
    if (type === "build") answer(BUILD);
    else if (type === "group" && name in GROUPS) answer(await fill(name).then(() => true, () => false));
    else if (type === "activate") {
      const alone = (await windows()).length <= 1;
      answer(alone);
      if (alone) await self.skipWaiting();
    }
  })());
});

// A page for the moment of the change: lets the waiting build in and loads the app again, from whichever is there.
const CHANGE = `<!DOCTYPE html><script>
navigator.serviceWorker.getRegistration().then((registration) => {
  registration.waiting?.postMessage({ type: "activate" });
  let looks = 0;
  setInterval(() => {
    if ((!registration.waiting && registration.active?.state === "activated") || ++looks > 60) location.reload();
  }, 50);
});
</script>`;

async function navigate(request) {
  // A reload keeps the old worker alive; when a newer build waits and this is the only window, let it in first.
  if (self.registration.waiting && (await windows()).length <= 1) {
    return new Response(CHANGE, { headers: { "Content-Type": "text/html" } });
  }
  return answerFrom(BASE, request);
}

async function answerFrom(path, request) {
  const cached = await (await caches.open(CACHE)).match(keyOf(path));
  return cached ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith(BASE)) return;
  const path = url.pathname === BASE + "index.html" ? BASE : url.pathname;
  if (path === BASE) event.respondWith(event.request.mode === "navigate" ? navigate(event.request) : answerFrom(BASE, event.request));
  else if (path in FILES) event.respondWith(answerFrom(path, event.request));
  // Flutter asks for a fallback font for every glyph it misses, and asks again until it is given one.
  else if (path.startsWith(BASE + "assets/fonts/")) event.respondWith(answerFrom(BLANK_FONT, event.request));
});
