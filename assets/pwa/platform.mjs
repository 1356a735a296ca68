// What the browser offers to field_app.platform.browser: stores, blobs, the writer lock, photos, the window's help.
import { shrunk } from "./pictures.mjs";
import { mountHandles } from "./handle_fs.mjs";
import * as opfs from "./opfs.mjs";
import * as indexedDb from "./indexed_db.mjs";
import { unpack } from "./unpack.mjs";

const WRITER = "revisit-writer";
let python = null;
let chosen = null;
let nextCall = 0;
const waiting = new Map();
let tellUpdate = () => {};
let tellOnline = () => {};

export let buildId = "";
let forced = null; // "indexeddb" or "none": what a test, or a person with a broken store, chose over the best one
export function attach(pyodide, build, store) {
  python = pyodide;
  buildId = build;
  forced = store;
}

// ---- stores and blobs -----------------------------------------------------------------------------------------
/** The store of this browser: "opfs", "indexeddb", or "none" when it cannot keep data. */
export async function storeKind() {
  chosen ??= (async () => {
    if (forced !== "indexeddb" && forced !== "none" && (await opfs.available())) return opfs;
    if (forced !== "none" && (await indexedDb.available())) return indexedDb;
    return null;
  })();
  const backend = await chosen;
  return backend === opfs ? "opfs" : backend === indexedDb ? "indexeddb" : "none";
}
const backend = async () => {
  if ((await storeKind()) === "none") throw new Error("This browser cannot keep data.");
  return chosen;
};

/** Open a store and mount it: resolves to {kind, path, durable(), close()}. */
export async function openStore(name) {
  const store = await (await backend()).openStore(name);
  const mountpoint = `/stores/${name}`;
  mountHandles(python.FS, mountpoint, store.handles);
  return {
    kind: store.kind,
    path: `${mountpoint}/data.db`,
    durable: store.durable,
    async close() {
      python.FS.unmount(mountpoint);
      await store.close();
    },
  };
}
export const storeNames = async () => (await backend()).storeNames();
export const deleteStore = async (name) => (await backend()).deleteStore(name);

export const putBlob = async (hash, bytes) => (await backend()).blobs.put(hash, bytes);
export const getBlob = async (hash) => (await backend()).blobs.get(hash);
export const hasBlob = async (hash) => (await backend()).blobs.has(hash);
export const removeBlob = async (hash) => (await backend()).blobs.remove(hash);
export const listBlobs = async () => (await backend()).blobs.list();

export async function estimate() {
  const { usage = null, quota = null } = (await navigator.storage?.estimate?.()) ?? {};
  return { usage, quota, persisted: await callWindow("persisted") };
}

// ---- one writer -----------------------------------------------------------------------------------------------
const forever = () => new Promise(() => {}); // the lock is held until this worker ends

/** Become the writer within `patience` ms (a reload needs a moment until the old worker is gone), or say false. */
export async function claimWriter(patience) {
  if (!navigator.locks) return true; // access handles are exclusive by themselves; IndexedDB is refused without locks
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(WRITER, { signal: AbortSignal.timeout(patience) }, () => {
        resolve(true);
        return forever();
      })
      .catch((error) => (error.name === "TimeoutError" || error.name === "AbortError" ? resolve(false) : reject(error)));
  });
}

/** Resolves when this worker has become the writer, however long that takes. */
export const waitForWriter = () =>
  new Promise((resolve, reject) => {
    navigator.locks.request(WRITER, () => { resolve(true); return forever(); }).catch(reject);
  });

// ---- photos ---------------------------------------------------------------------------------------------------
const RESTED = 2000;
const underWay = new Set(); // how to end each waiting photo when the worker ends by itself
let shrinker = null, rest = 0, alone = false;

/** A JPEG of at most `longest` pixels on its longer edge (pictures.mjs), made in a worker of its own (shrink.mjs); here
 *  where such a worker cannot be had. */
export async function shrinkPhoto(bytes, longest, quality, stamp = "") {
  if (!alone) {
    const small = await inShrinker(bytes.slice(), longest, quality, stamp); // what is handed over is gone here
    if (small) return small;
    alone = true;
  }
  return shrunk(bytes, longest, quality, stamp);
}

/** The smaller photo, null if the worker did not live; rejects for what is no picture. */
function inShrinker(bytes, longest, quality, stamp) {
  clearTimeout(rest);
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const end = (act) => {
      underWay.delete(gone);
      port1.close();
      if (underWay.size === 0) rest = setTimeout(letGo, RESTED);
      act();
    };
    const gone = () => end(() => resolve(null));
    underWay.add(gone);
    port1.onmessage = ({ data }) => end(() => (data.small ? resolve(data.small) : reject(new Error(data.error))));
    try {
      shrinker ??= Object.assign(new Worker(new URL("./shrink.mjs", import.meta.url), { type: "module" }), {
        onerror: (event) => { event.preventDefault(); letGo(); [...underWay].forEach((each) => each()); },
      });
      shrinker.postMessage({ bytes, longest, quality, stamp, answer: port2 }, [bytes.buffer, port2]);
    } catch {
      gone();
    }
  });
}
function letGo() {
  shrinker?.terminate();
  shrinker = null;
}

// ---- codes ----------------------------------------------------------------------------------------------------
/** Whether this browser reads bar codes from pictures; the interface may be there without any format behind it. */
export async function readsCodes() {
  return "BarcodeDetector" in self && (await BarcodeDetector.getSupportedFormats()).length > 0;
}
/** The text of the first bar code in a picture, "" if there is none. */
export async function readCode(bytes) {
  const image = await createImageBitmap(new Blob([bytes]), { imageOrientation: "from-image" });
  const [found] = await new BarcodeDetector().detect(image);
  image.close();
  return found?.rawValue ?? "";
}

// ---- paper ----------------------------------------------------------------------------------------------------
let drawing = null;
/** Put what draws PDF files where Python finds it; rejects where it is neither kept here nor to be had. */
export function loadPaper() {
  const home = "/home/pyodide";
  drawing ??= (async () => {
    const bytes = async (path) => {
      const response = await fetch(path);
      if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    };
    const font = "assets/fonts/NotoSansSC-Regular.ttf";
    const [library, letters] = await Promise.all(["python/paper.zip", font].map(bytes));
    unpack(python.FS, library, home);
    python.FS.mkdirTree(`${home}/assets/fonts`);
    python.FS.writeFile(`${home}/${font}`, letters, { canOwn: true });
  })();
  drawing.catch(() => { drawing = null; }); // the next one tries again
  return drawing;
}

// ---- the device -----------------------------------------------------------------------------------------------
export const zoneName = () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
/** Minutes east of UTC at an instant (ms since 1970). */
export const zoneOffset = (instant) => -new Date(instant).getTimezoneOffset();
export const origin = () => self.location.origin;
export const online = () => navigator.onLine;

// true on mobile data or with data saver, false on a known cable or Wi-Fi, null where the browser does not tell
export const metered = () => {
  const line = navigator.connection;
  if (!line) return null;
  if (line.saveData || line.type === "cellular") return true;
  return line.type === "wifi" || line.type === "ethernet" ? false : null;
};
export const onOnline = (tell) => { tellOnline = tell; };
export const cameOnline = () => tellOnline(); // only windows hear the event in every engine

// ---- the window -----------------------------------------------------------------------------------------------
export function callWindow(name, ...args) {
  return new Promise((resolve, reject) => {
    const id = nextCall++;
    waiting.set(id, { resolve, reject });
    self.postMessage({ kind: "call", id, name, args });
  });
}
export function answered({ id, value, error }) {
  const call = waiting.get(id);
  waiting.delete(id);
  if (error) call?.reject(new Error(error));
  else call?.resolve(value);
}
export const onUpdate = (tell) => { tellUpdate = tell; };
export const updated = (state) => tellUpdate(state);
