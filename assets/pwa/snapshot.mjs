// Start Pyodide, import the pure Python part of the libraries and write the interpreter's memory to a file.
// usage: node snapshot.mjs PYODIDE_MJS FOLDER OUT MODULES   (FOLDER holds libraries.zip and native.zip)
// Private interface of Pyodide: the build checks the result by starting from it once (check_snapshot.mjs).
import fs from "node:fs";
import { packSnapshot } from "./memory.mjs";
const [, , pyodide, folder, out, modules] = process.argv;
// an uncaught error would print half of Pyodide's source before its message
process.on("uncaughtException", (error) => { console.error(String(error?.message ?? error)); process.exit(1); });
const { loadPyodide } = await import(pyodide);
const python = await loadPyodide({ _makeSnapshot: true });
for (const name of ["libraries.zip", "native.zip"]) python.FS.writeFile(`/home/pyodide/${name}`, fs.readFileSync(`${folder}/${name}`));
python.globals.set("modules", modules);
await python.runPythonAsync(`
import gc, importlib, os, sys, zipfile
os.environ["MSGPACK_PUREPYTHON"] = "1"  # no compiled module may be loaded when the memory is taken
with zipfile.ZipFile("/home/pyodide/native.zip") as archive:
    archive.extractall("/home/pyodide")
sys.path[:0] = ["/home/pyodide/libraries.zip", "/home/pyodide"]
for name in modules.split(","):
    module, _, attributes = name.partition(":")
    loaded = importlib.import_module(module)
    for attribute in filter(None, attributes.split("+")):
        getattr(loaded, attribute)
compiled = [n for n, m in sys.modules.items() if str(getattr(m, "__file__", "")).endswith(".so")]
if compiled:
    raise RuntimeError(f"compiled modules in the snapshot: {compiled}")
del modules, name, module, attributes, loaded, compiled, archive
gc.collect()
`);
fs.writeFileSync(out, packSnapshot(python.makeMemorySnapshot()));
