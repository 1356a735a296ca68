// The window's side of Revisit: cover text, renderer choice, service worker and updates, storage permission, downloads, recording.
// The Python worker cannot reach these; it asks for them through `revisit.calls` (see python.js).
"use strict";
const revisit = (() => {
  const language = (localStorage.getItem("revisit-language") ?? navigator.language ?? "zh").startsWith("en") ? "en" : "zh_CN";
  const words = revisitWords[language];

  function cover(key, detail) {
    const text = document.getElementById("cover-text");
    if (!text) return;
    text.textContent = words[key];
    if (!detail) return;
    const pre = document.createElement("pre");
    pre.textContent = detail;
    const again = document.createElement("button");
    again.textContent = words.again;
    again.onclick = () => location.reload();
    text.append(pre, again);
  }

  // Shows a cover again after the app was up, or over Flutter's own error view.
  function fail(detail) {
    if (!document.getElementById("cover")) {
      const again = document.createElement("div");
      again.id = "cover";
      again.innerHTML = '<div id="cover-text"></div>';
      document.body.append(again);
    }
    cover("failed", detail);
  }

  // Same choice as Flutter's "auto", made here so that the service worker can keep that renderer's files.
  function chooseRenderer() {
    const blink = navigator.vendor === "Google Inc." || navigator.userAgent.includes("Edg/");
    const wasmGc = WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 95, 1, 120, 0]));
    const canvas = document.createElement("canvas");
    const webgl = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
    webgl?.getExtension("WEBGL_lose_context")?.loseContext();
    return blink && wasmGc && webgl ? "skwasm" : "canvaskit";
  }
  flet.webRenderer = chooseRenderer();

  // ---- service worker and updates -----------------------------------------------------------------------------
  let registration = null;
  const listeners = new Set();
  const state = () => (!registration ? "none" : registration.waiting ? "available" : registration.installing && registration.active ? "fetching" : "current");
  const announce = () => listeners.forEach((tell) => tell(state()));

  function ask(worker, message) {
    return new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = (event) => resolve(event.data);
      worker.postMessage(message, [channel.port2]);
    });
  }

  async function registerWorker() {
    if (!("serviceWorker" in navigator)) return;
    registration = await navigator.serviceWorker.register("sw.js", { scope: flet.assetBase, updateViaCache: "none" });
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", announce);
      announce();
    });
    const ready = await navigator.serviceWorker.ready;
    const groups = [flet.webRenderer, ...(revisit.plain ? ["plain"] : [])];
    await Promise.all(groups.map((name) => ask(ready.active, { type: "group", name })));
    document.documentElement.dataset.offline = "ready"; // the app now starts without a network
    announce();
  }
  // The page loads its own files first; the service worker then finds most of them in the HTTP cache.
  let started = false;
  function afterStart() {
    if (started) return;
    started = true;
    document.getElementById("cover")?.remove();
    registerWorker().catch((error) => console.warn("service worker:", error));
    setInterval(() => registration?.update().catch(() => {}), 60 * 60 * 1000);
  }

  async function checkUpdate() {
    if (!registration) return "none";
    try { await registration.update(); } catch { /* offline: nothing new */ }
    // Answer when the download has ended: an earlier answer could overtake the news of its end.
    const worker = registration.installing;
    while (worker?.state === "installing") {
      await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
    }
    return state();
  }

  async function applyUpdate() {
    const waiting = registration?.waiting;
    if (!waiting) return "current";
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    return (await ask(waiting, { type: "activate" })) ? "applying" : "busy";
  }

  // ---- storage permission -------------------------------------------------------------------------------------
  const persistence = (async () => {
    if (!navigator.storage?.persist) return false;
    return (await navigator.storage.persisted()) || navigator.storage.persist();
  })().catch(() => false);

  // ---- handing a file to the person ---------------------------------------------------------------------------
  async function saveFile(name, mime, bytes) {
    const file = new File([bytes], name, { type: mime });
    const apple = /iPad|iPhone/.test(navigator.userAgent) || (navigator.maxTouchPoints > 1 && navigator.vendor.startsWith("Apple"));
    if (apple && navigator.canShare?.({ files: [file] })) {
      try {
        await navigator.share({ files: [file] });
        return "shared";
      } catch (error) {
        if (error.name === "AbortError") return "cancelled";
      }
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    return "downloaded";
  }

  const recorder = () => import("./recorder.mjs");

  const calls = {
    persisted: () => persistence,
    updateState: () => state(),
    updateCheck: checkUpdate,
    updateApply: applyUpdate,
    reload: () => location.reload(),
    saveFile,
    canRecord: async () => (await recorder()).able(),
    startRecording: async (limit) => (await recorder()).start(limit),
    stopRecording: async (keep) => (await recorder()).stop(keep),
    recorded: async () => (await recorder()).recorded(),
    language: (name) => localStorage.setItem("revisit-language", name),
    // keeps a group of files for use without a network; false where it cannot be fetched now
    keep: async (name) => {
      if (!("serviceWorker" in navigator)) return false;
      return ask((await navigator.serviceWorker.ready).active, { type: "group", name });
    },
    started: afterStart,
  };
  return { cover, fail, calls, onUpdate: (tell) => listeners.add(tell), words };
})();
