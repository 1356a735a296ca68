// Compile every .py under a folder to .pyc beside it (for the browser's CPython) and remove the source.
// usage: node compile.mjs PYODIDE_MJS FOLDER OPTIMIZE
const [, , pyodide, folder, optimize] = process.argv;
// an uncaught error would print half of Pyodide's source before its message
process.on("uncaughtException", (error) => { console.error(String(error?.message ?? error)); process.exit(1); });
const { loadPyodide } = await import(pyodide);
// without the columns of each instruction, a fifth of all code: a traceback names file and line, not the column
const env = { HOME: "/home/pyodide", PYTHONNODEBUGRANGES: "1" };
const python = await loadPyodide({ env, stdout: () => {}, stderr: (text) => console.error(text) });
python.FS.mkdir("/code");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/code");
python.globals.set("optimize", Number(optimize));
await python.runPythonAsync(`
import pathlib, py_compile
for source in sorted(pathlib.Path("/code").rglob("*.py")):
    py_compile.compile(
        str(source), cfile=str(source) + "c", dfile=str(source.relative_to("/code")), doraise=True, optimize=optimize,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    source.unlink()
`);
