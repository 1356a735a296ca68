// Start Pyodide from a snapshot as the browser does and import what cannot be in it and
// every module that the app names. Fails loudly if that breaks.
// usage: node check_snapshot.mjs PYODIDE_MJS FOLDER SNAPSHOT MODULES [USER_AGENT]
// Pyodide lays out its functions by user agent (on iPads it calls them without a trampoline): check those as well.
import fs from "node:fs";
import { snapshotOptions } from "./memory.mjs";
import { unpack } from "./unpack.mjs";
const [, , pyodide, folder, snapshot, modules, userAgent] = process.argv;
if (userAgent) Object.defineProperty(globalThis, "navigator", { value: { userAgent, platform: userAgent } });
// an uncaught error would print half of Pyodide's source before its message
process.on("uncaughtException", (error) => { console.error(String(error?.message ?? error)); process.exit(1); });
const { loadPyodide } = await import(pyodide);
const python = await loadPyodide(await snapshotOptions(new Response(fs.readFileSync(snapshot))));
const archive = (name) => new Uint8Array(fs.readFileSync(`${folder}/${name}`));
python.FS.writeFile("/home/pyodide/libraries.zip", archive("libraries.zip"));
unpack(python.FS, archive("native.zip"), "/home/pyodide");
const answer = await python.runPythonAsync(`
import importlib
importlib.invalidate_caches()
from sqlmodel import Field, Session, SQLModel, create_engine, select
class Probe(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    text: str
engine = create_engine("sqlite://")
SQLModel.metadata.create_all(engine)
with Session(engine) as session:
    session.add(Probe(text="回访"))
    session.commit()
    answer = session.exec(select(Probe.text)).one()
answer
`);
python.globals.set("modules", modules);
await python.runPythonAsync("for name in modules.split(','): importlib.import_module(name)");
if (answer !== "回访") throw new Error(`unexpected answer: ${answer}`);
