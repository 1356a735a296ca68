// What the build's scripts share: Pyodide in Node, with the files of the browser read from disk.
import fs from "node:fs";
import { unpack } from "./unpack.mjs";

// an uncaught error would print half of Pyodide's source before its message
process.on("uncaughtException", (error) => { console.error(String(error?.message ?? error)); process.exit(1); });

const home = "/home/pyodide";
export const bytesOf = (path) => new Uint8Array(fs.readFileSync(path));

/** A started Pyodide with the compiled modules of a folder; `options` as for loadPyodide. */
export async function start(pyodide, folder, options) {
  const { loadPyodide } = await import(pyodide);
  const files = JSON.parse(fs.readFileSync(`${folder}/compiled.json`, "utf8"));
  const compiled = {};
  for (const [place, name] of Object.entries(files)) compiled[place] = await WebAssembly.compile(bytesOf(`${folder}/${name}`));
  return loadPyodide({ ...options, _libraries: compiled });
}

/** Put the archives where Python finds them. */
export function place(python, libraries, ...unpacked) {
  python.FS.writeFile(`${home}/libraries.zip`, bytesOf(libraries));
  for (const archive of unpacked) unpack(python.FS, bytesOf(archive), home);
  python.runPython(`
import importlib, os, sys
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # as pwa_boot.py does
for path in ("${home}/libraries.zip", "${home}"):
    if path not in sys.path:
        sys.path.insert(0, path)
importlib.invalidate_caches(); sys.path_importer_cache.clear()
`);
}

/** Import modules: names with commas between, "module:A+B" also asks for attributes. */
export function imports(python, names) {
  python.globals.set("modules", names);
  python.runPython(`
import importlib
for name in modules.split(","):
    module, _, attributes = name.partition(":")
    loaded = importlib.import_module(module)
    for attribute in filter(None, attributes.split("+")):
        getattr(loaded, attribute)
del modules, name, module, attributes, loaded
`);
}
