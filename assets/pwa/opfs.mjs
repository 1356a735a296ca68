// The best store a browser has: the origin private file system with synchronous access handles.
// A handle is exclusive, so a second tab cannot open a database that is in use.

const FILES = ["data.db", "data.db-journal", "data.db-wal"];
const MARK = 32; // bytes of the file's own hash behind the data: a file without them was never finished

export async function available() {
  if (typeof FileSystemFileHandle === "undefined" || !FileSystemFileHandle.prototype.createSyncAccessHandle) return false;
  try {
    const folder = await navigator.storage.getDirectory();
    const probe = await folder.getFileHandle("revisit-probe", { create: true });
    (await syncHandle(probe)).close();
    return true;
  } catch {
    return false; // private windows of some browsers offer the interface and then refuse
  }
}

/** A reload may come before the browser has let go of the old worker's handles: try for three seconds. */
async function syncHandle(file) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (error.name !== "NoModificationAllowedError" || attempt >= 30) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function folder(...names) {
  let here = await navigator.storage.getDirectory();
  for (const name of ["revisit", ...names]) here = await here.getDirectoryHandle(name, { create: true });
  return here;
}

async function names(directory) {
  const found = [];
  for await (const name of directory.keys()) found.push(name);
  return found;
}

export async function openStore(name) {
  const directory = await folder("stores", name);
  const open = [];
  const handles = new Map();
  try {
    for (const file of FILES) {
      const handle = await syncHandle(await directory.getFileHandle(file, { create: true }));
      open.push(handle);
      handles.set(file, {
        size: () => handle.getSize(),
        read: (view, at) => handle.read(view, { at }),
        write: (view, at) => handle.write(view, { at }),
        truncate: (size) => handle.truncate(size),
        flush: () => handle.flush(),
      });
    }
  } catch (error) {
    open.forEach((handle) => handle.close());
    throw error;
  }
  return { kind: "opfs", handles, durable: async () => {}, close: async () => open.forEach((handle) => handle.close()) };
}

export const storeNames = async () => names(await folder("stores"));
export const deleteStore = async (name) => (await folder("stores")).removeEntry(name, { recursive: true });

const hexToBytes = (hash) => Uint8Array.from(hash.match(/../g), (pair) => parseInt(pair, 16));
const shelf = (hash) => folder("blobs", hash.slice(0, 2));

async function finished(hash) {
  try {
    const file = await (await (await shelf(hash)).getFileHandle(hash)).getFile();
    if (file.size < MARK) return null;
    const mark = new Uint8Array(await file.slice(file.size - MARK).arrayBuffer());
    return hexToBytes(hash).every((byte, i) => byte === mark[i]) ? file : null;
  } catch (error) {
    if (error.name === "NotFoundError") return null;
    throw error;
  }
}

export const blobs = {
  async put(hash, bytes) {
    if (await finished(hash)) return;
    const handle = await syncHandle(await (await shelf(hash)).getFileHandle(hash, { create: true }));
    try {
      handle.truncate(0);
      handle.write(bytes, { at: 0 });
      handle.flush();
      handle.write(hexToBytes(hash), { at: bytes.length });
      handle.flush();
    } finally {
      handle.close();
    }
  },
  async get(hash) {
    const file = await finished(hash);
    return file && new Uint8Array(await file.slice(0, file.size - MARK).arrayBuffer());
  },
  has: async (hash) => Boolean(await finished(hash)),
  async remove(hash) {
    await (await shelf(hash)).removeEntry(hash).catch((error) => {
      if (error.name !== "NotFoundError") throw error;
    });
  },
  async list() {
    const root = await folder("blobs");
    const found = [];
    for (const prefix of await names(root)) {
      for (const hash of await names(await root.getDirectoryHandle(prefix))) if (await finished(hash)) found.push(hash);
    }
    return found;
  },
};
