// Runs assets/pwa/recorder.mjs (its path is the argument) on a window made here; prints what came as JSON.
import { pathToFileURL } from "node:url";

class Stream {
  open = true;
  getTracks() { return [{ stop: () => { this.open = false; } }]; }
}
let stream, recorder, permission;
globalThis.document = Object.assign(new EventTarget(), { hidden: false });
globalThis.addEventListener = globalThis.removeEventListener = () => {};
globalThis.MediaRecorder = class {
  static isTypeSupported = (kind) => kind.startsWith("audio/webm");
  state = "inactive";
  constructor(_, { mimeType }) { this.mimeType = mimeType; recorder = this; }
  start() { this.state = "recording"; this.ondataavailable({ data: new Blob(["one,"]) }); }
  stop() { // as a browser does: the rest first, then the end, both later
    this.state = "inactive";
    queueMicrotask(() => { this.ondataavailable({ data: new Blob(["two"]) }); this.onstop(); });
  }
};
const mediaDevices = { getUserMedia: async () => { await permission; return (stream = new Stream()); } };
Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });

const { able, recorded, start, stop } = await import(pathToFileURL(process.argv[2]));
const told = { able: able() };
async function take(name, end, limit = 60) {
  const began = await start(limit);
  end();
  const { bytes, mime, why } = await recorded();
  told[name] = { began, said: new TextDecoder().decode(bytes), mime, why, open: stream.open };
}
await take("stopped", () => stop(true));
await take("discarded", () => stop(false));
await take("limit", () => {}, 0.01);
await take("lost", () => recorder.stop());
await take("hidden", () => {
  document.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  document.hidden = false;
});
const first = start(60);
told.second = await start(60);
await first;
stop(true);
await recorded();

let allow;
permission = new Promise((resolve) => { allow = resolve; });
const asked = start(60);
stop(true);
allow();
told.takenBack = { began: await asked, open: stream.open };
for (const name of ["NotAllowedError", "NotFoundError", "NotReadableError"]) {
  mediaDevices.getUserMedia = async () => { throw Object.assign(new Error(), { name }); };
  told[name] = await start(60);
}
delete navigator.mediaDevices;
told.withoutMicrophones = able();
console.log(JSON.stringify(told));
