// Runs Python and the app in a worker. Takes the place of Flet's python-worker.js: no micropip, no CDN, no archive
// unpacking at each start (pure Python packages are imported from one zip), optional memory snapshot. With it only
// those modules are loaded that the snapshot does not hold.
// `flet_js` is the module through which flet.messaging.pyodide_connection talks to this file.
import { compiled } from "./compiled.mjs";
import { snapshotOptions } from "./memory.mjs";
import * as platform from "./platform.mjs";
import { unpack } from "./unpack.mjs";

const home = "/home/pyodide";
const flet = { args: null, documentUrl: null };
const times = {};
const mark = (name) => { times[name] = Math.round(performance.timeOrigin + performance.now()); };
self.revisit = platform;

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response;
}
const bytesOf = async (path) => new Uint8Array(await (await get(path)).arrayBuffer());

/** The compiled modules by the place where Python looks for them; engines keep what they made of a streamed file. */
function compiledModules() {
  const compile = (path) => WebAssembly.compileStreaming(get(path)).catch(async () => WebAssembly.compile(await bytesOf(path)));
  const modules = Object.entries(compiled).map(([place, name]) => [place, compile(`python/${name}`)]);
  modules.forEach(([, module]) => module.catch(() => {})); // told by loadPyodide, which waits for them
  return Object.fromEntries(modules);
}

async function startPython(message) {
  mark("worker");
  const pyodideFiles = import("./pyodide/pyodide.mjs");
  const folder = message.snapshot ? "python/rest" : "python";
  const archives = Promise.all([`${folder}/libraries.zip`, "python/native.zip", `${folder}/app.zip`].map(bytesOf));
  archives.catch(() => {});
  const options = {
    stdout: (text) => console.log(text),
    stderr: (text) => console.warn(text),
    _libraries: compiledModules(),
  };
  if (message.snapshot) {
    const [base, difference] = ["python/snapshot.bin", "python/app.bin"].map(get);
    Object.assign(options, await snapshotOptions(await base, await difference));
    options.stdLibURL = new URL("python/rest/python_stdlib.zip", self.location).href;
  }
  const { loadPyodide } = await pyodideFiles;
  mark("fetched");
  const python = await loadPyodide(options);
  mark("pyodide");
  const [libraries, native, app] = await archives;
  python.FS.writeFile(`${home}/libraries.zip`, libraries, { canOwn: true });
  unpack(python.FS, native, home);
  unpack(python.FS, app, home);
  flet.documentUrl = message.documentUrl;
  flet.receive_callback = sendToFlutter;
  flet.update = null;
  python.registerJsModule("flet_js", flet);
  python.globals.set("restored", Boolean(message.snapshot));
  python.globals.set("app_module", message.module);
  platform.attach(python, message.build, message.store);
  mark("archives");
  await python.runPythonAsync(`
import sys, importlib, zipimport
zipimport._zip_directory_cache.clear()  # a snapshot knows the archives of the build
for path in ("${home}/libraries.zip", "${home}"):
    if path not in sys.path:
        sys.path.insert(0, path)
importlib.invalidate_caches(); sys.path_importer_cache.clear()
import pwa_boot
pwa_boot.prepare(restored)
`);
  mark("prepared");
  await python.runPythonAsync(`pwa_boot.run(app_module)`);
  mark("imported");
  const garbage = python.pyimport("gc");
  collect = () => garbage.collect();
  if (typeof flet.start_connection !== "function") throw new Error("The app did not start a Flet session.");
}

function sendToFlutter(message) {
  const bytes = message.toJs();
  self.postMessage(bytes, [bytes.buffer]);
}

/** Garbage in cycles is collected when nobody has touched the app for a moment: Python 3.14 collects it a little at a
 *  time and late, and memory that was once taken is never given back to the tablet. */
const QUIET = 1500;
let collect = null, quiet = 0;
function touched() {
  clearTimeout(quiet);
  if (collect) quiet = setTimeout(collect, QUIET);
}

self.onmessage = async (event) => {
  const message = event.data;
  if (message instanceof Uint8Array) {
    touched();
    return flet.send(message);
  }
  if (message.kind === "start") {
    try {
      await startPython(message);
      await flet.start_connection(sendToFlutter);
      self.postMessage({ kind: "ready", times });
    } catch (error) {
      self.postMessage({ kind: "failed", error: String(error) });
    }
    return;
  }
  if (message.kind === "answer") platform.answered(message);
  if (message.kind === "update") platform.updated(message.state);
  if (message.kind === "online") platform.cameOnline();
};
