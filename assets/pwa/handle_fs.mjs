// A flat Emscripten file system over synchronous file handles, so that SQLite in WebAssembly reads and writes them
// directly. A handle offers size(), read(view, at), write(view, at), truncate(size) and flush().
// Error numbers are Emscripten's (WASI): 28 EINVAL, 44 ENOENT, 52 ENOSYS, 63 EPERM.

/**
 * Mount `handles` (file name -> handle) at `mountpoint`. Only these names can exist there; one that is empty at
 * mount time counts as absent. Unlinking empties a file, since the handle itself must stay open.
 */
export function mountHandles(FS, mountpoint, handles) {
  const present = new Set([...handles].filter(([, handle]) => handle.size() > 0).map(([name]) => name));
  const refuse = (code) => { throw new FS.ErrnoError(code); };
  const epoch = new Date(0);

  const nodeOps = {
    getattr(node) {
      const size = node.handle ? node.handle.size() : 4096;
      return { dev: 1, ino: node.id, mode: node.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size, atime: epoch,
        mtime: epoch, ctime: epoch, blksize: 4096, blocks: Math.ceil(size / 4096) };
    },
    setattr(node, change) {
      if (change.size !== undefined && node.handle) node.handle.truncate(change.size);
    },
    lookup(parent, name) {
      if (!present.has(name)) refuse(44);
      return makeNode(parent, name, 0o100666);
    },
    mknod(parent, name) {
      if (!handles.has(name)) refuse(63);
      present.add(name);
      return makeNode(parent, name, 0o100666);
    },
    unlink(parent, name) {
      const handle = handles.get(name);
      handle.truncate(0);
      handle.flush();
      present.delete(name);
    },
    readdir: () => [".", "..", ...present],
    rename: () => refuse(52),
    rmdir: () => refuse(52),
    symlink: () => refuse(52),
  };
  const streamOps = {
    open() {},
    close() {},
    llseek(stream, offset, whence) {
      const start = whence === 1 ? stream.position : whence === 2 ? stream.node.handle.size() : 0;
      if (start + offset < 0) refuse(28);
      return start + offset;
    },
    read: (stream, buffer, offset, length, position) =>
      stream.node.handle.read(buffer.subarray(offset, offset + length), position),
    write: (stream, buffer, offset, length, position) =>
      stream.node.handle.write(buffer.subarray(offset, offset + length), position),
    // Called by fdatasync too, after the build's patch of Pyodide: without it a commit has no barrier at all.
    fsync(stream) {
      stream.node.handle?.flush(); // SQLite also syncs the folder
      return 0;
    },
  };
  function makeNode(parent, name, mode) {
    const node = FS.createNode(parent, name, mode, 0);
    node.node_ops = nodeOps;
    node.stream_ops = streamOps;
    node.handle = handles.get(name);
    return node;
  }
  FS.mkdirTree(mountpoint);
  FS.mount({ mount: () => makeNode(null, "/", 0o040777) }, {}, mountpoint);
}
