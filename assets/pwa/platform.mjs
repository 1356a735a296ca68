// What the browser offers to field_app.platform.browser: stores, blobs, the writer lock, photos, the window's help.
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
/** A JPEG of at most `longest` pixels on its longer edge, upright whatever its EXIF orientation, without EXIF; with
 *  `stamp` written into its lower edge. */
export async function shrinkPhoto(bytes, longest, quality, stamp = "") {
  const image = await createImageBitmap(new Blob([bytes]), { imageOrientation: "from-image" });
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  // drawn by the processor: the picture is read back at once, and a round over the graphics process keeps copies of it
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  image.close();
  if (stamp) {
    const high = Math.max(12, Math.round(Math.max(width, height) / 50));
    context.font = `${high}px sans-serif`;
    context.textBaseline = "bottom";
    context.fillStyle = "rgba(0, 0, 0, 0.55)";
    context.fillRect(0, height - 2 * high, width, 2 * high);
    context.fillStyle = "#fff";
    context.fillText(stamp, high / 2, height - high / 2, width - high);
  }
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  canvas.width = canvas.height = 0; // its memory goes now, not when garbage is collected
  return new Uint8Array(await blob.arrayBuffer());
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
