// Unpacks a zip without compression into Pyodide's file system without copying: every file is a view of the archive.
const ENTRY = 0x02014b50; // a file in the directory at the end of a zip (APPNOTE 4.3.12)
const END = 0x06054b50; // the end of that directory (4.3.16); our archives have no comment behind it
const END_SIZE = 22;

export function unpack(FS, bytes, folder) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - END_SIZE;
  if (view.getUint32(end, true) !== END) throw new Error("not an archive of this build");
  const words = new TextDecoder();
  const made = new Set();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const size = view.getUint32(at + 24, true);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const local = view.getUint32(at + 42, true);
    if (view.getUint32(at, true) !== ENTRY || view.getUint16(at + 10, true) !== 0) throw new Error("a compressed archive");
    const path = `${folder}/${words.decode(bytes.subarray(at + 46, at + 46 + nameLength))}`;
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(parent)) FS.mkdirTree(parent);
    made.add(parent);
    FS.writeFile(path, bytes.subarray(start, start + size), { canOwn: true });
    at += 46 + nameLength + extraLength + commentLength;
  }
}
