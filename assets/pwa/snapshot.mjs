// Start Pyodide, import the libraries and write the interpreter's memory to a file; or start from such a file, import
// the app as well and write the difference.
// usage: node snapshot.mjs PYODIDE_MJS FOLDER OUT MODULES [BASE APP_ZIP]
// FOLDER holds libraries.zip, native.zip and the compiled modules. Prints the names of all modules in the memory.
// Private interface of Pyodide: the build checks the result by starting from it (check_snapshot.mjs).
import fs from "node:fs";
import { bytesOf, imports, place, start } from "./from_disk.mjs";
import { packDifference, packSnapshot, snapshotOptions } from "./memory.mjs";
const [, , pyodide, folder, out, modules, base, app] = process.argv;
const before = base ? await snapshotOptions(new Response(fs.readFileSync(base))) : {};
const python = await start(pyodide, folder, { ...before, _makeSnapshot: true });
const places = python._api.places();
place(python, `${folder}/libraries.zip`, ...[`${folder}/native.zip`, app].filter(Boolean));
imports(python, modules);
const names = python.runPython(`
import gc, sys
if any(name.startswith("field_app.platform.browser") for name in sys.modules):
    raise RuntimeError("a snapshot cannot hold what belongs to one window")
gc.collect()
gc.freeze()  # what all starts share is never garbage: later collections need not look at it, nor write to it
" ".join(sorted(sys.modules))
`);
const memory = python.makeMemorySnapshot();
fs.writeFileSync(out, base ? packDifference(bytesOf(base), memory) : packSnapshot(memory, places));
console.log(names);
