// The memory snapshot as files of our own form, and its way back into a started Pyodide: read as a stream, so that the
// memory is never there twice, and without the blocks that hold nothing, so that they cost nothing. A second file may
// hold how the memory differs after the app was imported as well: a new version of the app changes only that one.
//
// File, numbers as 32-bit little endian: its id, the id of the file it builds on (0: none), count of places in the table
// of functions when Python starts, length of Pyodide's head, size of the memory, count of runs, then offset and length
// of each run, then the head, then the bytes of the runs (as they are, or, in a file that builds on another,
// exclusive-ored with what that one leaves there).
const PAGE = 4096;
const NUMBERS = 6; // before the runs
const BLOCK = 64; // a difference is scattered: most changes are counts of references

/** The runs of blocks that are not empty, as [offset, length]. */
function runsOf(memory, block) {
  const runs = [];
  for (let at = 0; at < memory.length; at += block) {
    const end = Math.min(at + block, memory.length);
    let empty = true;
    for (let byte = at; empty && byte < end; byte++) empty = !memory[byte];
    if (empty) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === at) last[1] = end - last[0];
    else runs.push([at, end - at]);
  }
  return runs;
}

/** A number that names these bytes (FNV-1a), never 0. */
function nameOf(bytes) {
  let name = 0x811c9dc5;
  for (const byte of bytes) name = Math.imul(name ^ byte, 0x01000193);
  return (name >>> 0) || 1;
}

function pack(head, memory, places, block, before) {
  const runs = runsOf(memory, block);
  const numbers = Uint32Array.from([nameOf(memory), before, places, head.length, memory.length, runs.length, ...runs.flat()]);
  const parts = [new Uint8Array(numbers.buffer), head, ...runs.map(([at, length]) => memory.subarray(at, at + length))];
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (packed.set(part, at), at + part.length), 0);
  return packed;
}

const headLengthOf = (snapshot) => new Uint32Array(snapshot.buffer, snapshot.byteOffset, 2)[1];

/** A snapshot by Pyodide (head, then the whole memory) in our form; `places` as its start began with. */
export function packSnapshot(snapshot, places) {
  const headLength = headLengthOf(snapshot);
  return pack(snapshot.subarray(0, headLength), snapshot.subarray(headLength), places, PAGE, 0);
}

/** How a snapshot by Pyodide differs from the memory that `packed`, of the start it came from, restores. */
export function packDifference(packed, snapshot) {
  const headLength = headLengthOf(snapshot);
  const memory = snapshot.slice(headLength);
  const [name, , places, head, , count] = new Uint32Array(packed.buffer, packed.byteOffset, NUMBERS);
  const runs = new Uint32Array(packed.buffer, packed.byteOffset + 4 * NUMBERS, 2 * count);
  let from = 4 * NUMBERS + 8 * count + head;
  for (let run = 0; run < runs.length; run += 2) {
    for (let at = runs[run], end = at + runs[run + 1]; at < end; at++) memory[at] ^= packed[from++];
  }
  return pack(snapshot.subarray(0, headLength), memory, places, BLOCK, name);
}

const AT_ONCE = 1 << 18; // bytes

/** Bytes of a stream, piece by piece, all in one buffer where the engine can read into one. */
class Reader {
  constructor(stream) {
    this.piece = new Uint8Array(0);
    try {
      this.reader = stream.getReader({ mode: "byob" });
      this.buffer = new ArrayBuffer(AT_ONCE);
    } catch {
      this.reader = stream.getReader();
    }
  }
  /** At least one byte and at most `most`, as they come, good until the next call; fails at the end of the stream. */
  async some(most) {
    while (!this.piece.length) {
      const { done, value } = await (this.buffer ? this.reader.read(new Uint8Array(this.buffer)) : this.reader.read());
      if (done) throw new Error("the memory snapshot is cut off");
      if (this.buffer) this.buffer = value.buffer;
      this.piece = value;
    }
    const taken = this.piece.subarray(0, most);
    this.piece = this.piece.subarray(taken.length);
    return taken;
  }
  /** Hand over the next `length` bytes in pieces. */
  async pass(length, take) {
    for (let at = 0; at < length; ) {
      const piece = await this.some(length - at);
      take(piece, at);
      at += piece.length;
    }
  }
  async bytes(length) {
    // a file of another form could ask for anything
    if (length > 64 << 20) throw new Error("this is no memory snapshot");
    const all = new Uint8Array(length);
    await this.pass(length, (piece, at) => all.set(piece, at));
    return all;
  }
  async numbers(count) {
    return new Uint32Array((await this.bytes(count * 4)).buffer);
  }
}

/** What stands before the runs of a file. */
async function opened(response) {
  const reader = new Reader(response.body);
  const [name, before, places, headLength, size, count] = await reader.numbers(NUMBERS);
  const runs = await reader.numbers(2 * count);
  return { reader, name, before, places, size, runs, head: await reader.bytes(headLength) };
}

/** Forget what the start of the module left between `from` and `to`; reading an untouched page does not occupy it. */
function clear(heap, from, to) {
  for (let at = from; at < to; at += PAGE) {
    const page = heap.subarray(at, Math.min(at + PAGE, to));
    if (page.some(Boolean)) page.fill(0);
  }
}

function change(heap, from, piece) {
  for (let at = 0; at < piece.length; at++) heap[from + at] ^= piece[at];
}

/** Options for loadPyodide that restore the snapshot in a response, and the difference in a second one if there is one;
 * build/patches make Pyodide await fillMemory. */
export async function snapshotOptions(response, second = null) {
  const base = await opened(response);
  const rest = second && (await opened(second));
  if (base.before || (rest && rest.before !== base.name)) throw new Error("these memory snapshots do not belong together");
  async function fillMemory(module) {
    // an engine that lays out its functions otherwise would call the wrong ones: start without a snapshot there
    if (module.API.places() !== base.places) throw new Error("this engine places functions otherwise");
    const before = module.HEAP8.length;
    const size = Math.max(base.size, rest?.size ?? 0);
    if (size > before) module.API.growMemory(size);
    const heap = module.HEAPU8;
    let cleared = 0;
    for (let run = 0; run < base.runs.length; run += 2) {
      const [start, length] = [base.runs[run], base.runs[run + 1]];
      clear(heap, cleared, Math.min(start, before));
      await base.reader.pass(length, (piece, at) => heap.set(piece, start + at));
      cleared = start + length;
    }
    clear(heap, cleared, before);
    for (let run = 0; run < (rest?.runs.length ?? 0); run += 2) {
      const start = rest.runs[run];
      await rest.reader.pass(rest.runs[run + 1], (piece, at) => change(heap, start + at, piece));
    }
  }
  return { _loadSnapshot: (rest ?? base).head, _fillMemory: fillMemory };
}
