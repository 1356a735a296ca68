// The store for browsers without access handles (WebKitGTK, old Safari): files live in memory and every durable()
// writes the changed pages of all files of a store in one IndexedDB transaction, so what is on disk is always one
// moment of the database. There may be one writer only: the caller holds the Web Lock.

const PAGE = 16 * 1024;
const FILES = ["data.db", "data.db-journal", "data.db-wal"];

let opened = null;

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const committed = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB aborted the transaction"));
});

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("revisit", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("files"); // [store, file] -> size in bytes
      request.result.createObjectStore("pages"); // [store, file, number] -> ArrayBuffer of at most PAGE bytes
      request.result.createObjectStore("blobs"); // SHA-256 in hex -> ArrayBuffer
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

export async function available() {
  if (typeof indexedDB === "undefined" || !navigator.locks) return false;
  try {
    await database();
    return true;
  } catch {
    opened = null;
    return false;
  }
}

class PagedFile {
  constructor() {
    this.bytes = new Uint8Array(PAGE);
    this.length = 0;
    this.changed = new Set(); // page numbers written since the last durable()
    this.resized = false;
  }
  size() { return this.length; }
  read(view, at) {
    const count = Math.max(0, Math.min(view.length, this.length - at));
    view.set(this.bytes.subarray(at, at + count));
    return count;
  }
  write(view, at) {
    const end = at + view.length;
    this.grow(end);
    this.bytes.set(view, at);
    if (end > this.length) { this.length = end; this.resized = true; }
    for (let page = Math.floor(at / PAGE); page * PAGE < end; page++) this.changed.add(page);
    return view.length;
  }
  truncate(size) {
    if (size === this.length) return;
    this.grow(size);
    if (size < this.length) this.bytes.fill(0, size, this.length);
    for (let page = Math.floor(this.length / PAGE); page * PAGE < size; page++) this.changed.add(page);
    this.length = size;
    this.resized = true;
    if (size % PAGE) this.changed.add(Math.floor(size / PAGE));
  }
  flush() {} // durable() is the barrier
  grow(size) {
    if (size <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(size, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

async function load(store, name) {
  const transaction = (await database()).transaction(["files", "pages"]);
  const file = new PagedFile();
  const size = (await done(transaction.objectStore("files").get([store, name]))) ?? 0;
  file.grow(size);
  const range = IDBKeyRange.bound([store, name, 0], [store, name, Infinity]);
  const [keys, pages] = await Promise.all([
    done(transaction.objectStore("pages").getAllKeys(range)),
    done(transaction.objectStore("pages").getAll(range)),
  ]);
  keys.forEach(([, , page], i) => {
    const kept = Math.min(pages[i].byteLength, size - page * PAGE);
    if (kept > 0) file.bytes.set(new Uint8Array(pages[i], 0, kept), page * PAGE);
  });
  file.length = size;
  return file;
}

async function save(store, files) {
  const transaction = (await database()).transaction(["files", "pages"], "readwrite", { durability: "strict" });
  const finish = committed(transaction);
  const undo = [];
  try {
    for (const [name, file] of files) {
      if (!file.changed.size && !file.resized) continue;
      const last = Math.ceil(file.length / PAGE);
      for (const page of file.changed) {
        if (page >= last) continue;
        const part = file.bytes.slice(page * PAGE, Math.min((page + 1) * PAGE, file.length));
        transaction.objectStore("pages").put(part.buffer, [store, name, page]);
      }
      if (file.resized) {
        transaction.objectStore("pages").delete(IDBKeyRange.bound([store, name, last], [store, name, Infinity]));
        transaction.objectStore("files").put(file.length, [store, name]);
      }
      undo.push([file, file.changed, file.resized]);
      file.changed = new Set();
      file.resized = false;
    }
    await finish;
  } catch (error) {
    // Nothing of this transaction is on disk: all of it must be written by the next call.
    for (const [file, changed, resized] of undo) {
      changed.forEach((page) => file.changed.add(page));
      file.resized ||= resized;
    }
    throw error;
  }
}

export async function openStore(name) {
  const handles = new Map();
  for (const file of FILES) handles.set(file, await load(name, file));
  let running = null;
  const pending = () => [...handles.values()].some((file) => file.changed.size || file.resized);
  async function durable() {
    // A running save may have begun before the caller's change: wait for it, then look again.
    while (running) await running.catch(() => {});
    if (!pending()) return;
    running = save(name, handles);
    try {
      await running;
    } finally {
      running = null;
    }
  }
  return { kind: "indexeddb", handles, durable, close: durable };
}

export async function storeNames() {
  const keys = await done((await database()).transaction("files").objectStore("files").getAllKeys());
  return [...new Set(keys.map(([store]) => store))];
}

export async function deleteStore(name) {
  const transaction = (await database()).transaction(["files", "pages"], "readwrite");
  transaction.objectStore("files").delete(IDBKeyRange.bound([name], [name, []]));
  transaction.objectStore("pages").delete(IDBKeyRange.bound([name], [name, []]));
  await committed(transaction);
}

const blobStore = async (mode) => (await database()).transaction("blobs", mode, { durability: "strict" });
export const blobs = {
  async put(hash, bytes) {
    const transaction = await blobStore("readwrite");
    transaction.objectStore("blobs").put(bytes.slice().buffer, hash);
    await committed(transaction);
  },
  async get(hash) {
    const found = await done((await blobStore("readonly")).objectStore("blobs").get(hash));
    return found ? new Uint8Array(found) : null;
  },
  has: async (hash) => (await done((await blobStore("readonly")).objectStore("blobs").count(hash))) > 0,
  async remove(hash) {
    const transaction = await blobStore("readwrite");
    transaction.objectStore("blobs").delete(hash);
    await committed(transaction);
  },
  list: async () => done((await blobStore("readonly")).objectStore("blobs").getAllKeys()),
};
