// Connects Flutter (this window) with Python (python-worker.js). Takes the place of Flet's python.js and adds:
// a start with a memory snapshot that falls back to a start without, calls from Python to this window, and
// our own error view. jsConnect, jsSend and jsDisconnect are what Flet's Dart client calls.
"use strict";
(() => {
  const NO_SNAPSHOT = "revisit-no-snapshot"; // holds the build for which the snapshot failed on this device
  const apps = {};

  function startWorker(useSnapshot) {
    const worker = new Worker(flet.entrypointBaseUrl + "python-worker.js", { type: "module" });
    const ready = new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message || "python-worker.js"));
      worker.addEventListener("message", (event) => {
        if (event.data?.kind === "ready") resolve((revisit.times = event.data.times));
        if (event.data?.kind === "failed") reject(new Error(event.data.error));
      });
    });
    worker.addEventListener("message", (event) => answerCall(worker, event.data));
    worker.postMessage({
      kind: "start",
      build: revisitBuild,
      module: flet.pythonModuleName,
      documentUrl: document.URL,
      snapshot: useSnapshot,
      store: localStorage.getItem("revisit-store"),
    });
    return { worker, ready };
  }

  async function startPython() {
    const useSnapshot = flet.snapshot && localStorage.getItem(NO_SNAPSHOT) !== revisitBuild;
    revisit.plain = flet.snapshot && !useSnapshot; // needs files that the snapshot stands for
    const first = startWorker(useSnapshot);
    try {
      await first.ready;
      return first.worker;
    } catch (error) {
      first.worker.terminate();
      if (!useSnapshot) throw error;
      console.warn("The memory snapshot does not work here, starting without it:", error);
      localStorage.setItem(NO_SNAPSHOT, revisitBuild);
      revisit.plain = true;
      const second = startWorker(false);
      await second.ready;
      return second.worker;
    }
  }

  async function answerCall(worker, message) {
    if (message?.kind !== "call") return;
    try {
      const value = await revisit.calls[message.name](...message.args);
      worker.postMessage({ kind: "answer", id: message.id, value });
    } catch (error) {
      worker.postMessage({ kind: "answer", id: message.id, error: String(error) });
    }
  }

  // Files that are here already load while Flutter draws its first frame; a first visit has the network to share.
  let early = navigator.serviceWorker?.controller ? startPython() : null;
  early?.catch(() => {}); // told by jsConnect

  globalThis.jsConnect = async (appId, args, dartOnMessage) => {
    try {
      const starting = early ?? startPython();
      early = null;
      const worker = await starting;
      apps[appId] = worker;
      worker.addEventListener("message", (event) => {
        if (!(event.data instanceof Uint8Array)) return;
        dartOnMessage(event.data);
        revisit.calls.started();
      });
      addEventListener("online", () => worker.postMessage({ kind: "online" }));
      revisit.onUpdate((state) => worker.postMessage({ kind: "update", state }));
    } catch (error) {
      revisit.fail(String(error?.message ?? error));
      throw error;
    }
  };
  globalThis.jsSend = async (appId, data) => apps[appId]?.postMessage(data, [data.buffer]);
  globalThis.jsDisconnect = async (appId) => {
    apps[appId]?.terminate();
    delete apps[appId];
  };
})();
