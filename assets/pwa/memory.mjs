// The memory snapshot as a file of its own form, and its way back into a started Pyodide: read as a stream, so that
// the memory is never there twice, and without the pages that hold nothing, so that they cost nothing.
//
// File, numbers as 32-bit little endian: length of Pyodide's head, size of the memory, count of runs, then offset and
// length of each run of pages, then the head, then the bytes of the runs.
const PAGE = 4096;

/** A snapshot by Pyodide (head, then the whole memory) in our form. */
export function packSnapshot(snapshot) {
  const headLength = new Uint32Array(snapshot.buffer, snapshot.byteOffset, 2)[1];
  const memory = snapshot.subarray(headLength);
  const runs = [];
  for (let at = 0; at < memory.length; at += PAGE) {
    const end = Math.min(at + PAGE, memory.length);
    if (!memory.subarray(at, end).some(Boolean)) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === at) last[1] = end - last[0];
    else runs.push([at, end - at]);
  }
  const numbers = Uint32Array.from([headLength, memory.length, runs.length, ...runs.flat()]);
  const parts = [new Uint8Array(numbers.buffer), snapshot.subarray(0, headLength)];
  parts.push(...runs.map(([at, length]) => memory.subarray(at, at + length)));
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (packed.set(part, at), at + part.length), 0);
  return packed;
}

/** Bytes of a stream, piece by piece. */
class Reader {
  constructor(stream) {
    this.reader = stream.getReader();
    this.piece = new Uint8Array(0);
  }
  /** At least one byte and at most `most`, as they come; fails at the end of the stream. */
  async some(most) {
    while (!this.piece.length) {
      const { done, value } = await this.reader.read();
      if (done) throw new Error("the memory snapshot is cut off");
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

/** Forget what the start of the module left between `from` and `to`; reading an untouched page does not occupy it. */
function clear(heap, from, to) {
  for (let at = from; at < to; at += PAGE) {
    const page = heap.subarray(at, Math.min(at + PAGE, to));
    if (page.some(Boolean)) page.fill(0);
  }
}

/** Options for loadPyodide that restore the snapshot in a response; build/patches make Pyodide await fillMemory. */
export async function snapshotOptions(response) {
  const reader = new Reader(response.body);
  const [headLength, size, count] = await reader.numbers(3);
  const runs = await reader.numbers(2 * count);
  const head = await reader.bytes(headLength);
  async function fillMemory(module) {
    const before = module.HEAP8.length;
    if (size > before) module.API.growMemory(size);
    const heap = module.HEAPU8;
    let cleared = 0;
    for (let run = 0; run < runs.length; run += 2) {
      const [start, length] = [runs[run], runs[run + 1]];
      clear(heap, cleared, Math.min(start, before));
      await reader.pass(length, (piece, at) => heap.set(piece, start + at));
      cleared = start + length;
    }
    clear(heap, cleared, before);
  }
  return { _loadSnapshot: head, _fillMemory: fillMemory };
}
