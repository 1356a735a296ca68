// Start Pyodide from a snapshot as the browser does, use the compiled modules and import every module that the app
// names. Fails loudly if that breaks.
// usage: node check_snapshot.mjs PYODIDE_MJS FOLDER REST APP_ZIP BASE DIFFERENCE MODULES [USER_AGENT]
// Pyodide lays out its functions by user agent (on iPads it calls them without a trampoline): check those as well.
import fs from "node:fs";
import { imports, place, start } from "./from_disk.mjs";
import { snapshotOptions } from "./memory.mjs";
const [, , pyodide, folder, rest, app, base, difference, modules, userAgent] = process.argv;
if (userAgent) Object.defineProperty(globalThis, "navigator", { value: { userAgent, platform: userAgent } });
const read = (path) => new Response(fs.readFileSync(path));
const options = await snapshotOptions(read(base), read(difference));
const python = await start(pyodide, folder, { ...options, stdLibURL: `${rest}/python_stdlib.zip` });
python.runPython(`import zipimport; zipimport._zip_directory_cache.clear()`);
place(python, `${rest}/libraries.zip`, `${folder}/native.zip`, app);
const answer = python.runPython(`
from sqlmodel import Field, Session, SQLModel, create_engine, select
import msgpack, pydantic
class Probe(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    text: str
class Strict(pydantic.BaseModel):
    number: int = pydantic.Field(gt=3)
try:
    Strict(number=1)
except pydantic.ValidationError:
    checked = Strict.model_validate_json('{"number": 5}').number
engine = create_engine("sqlite://")
Probe.metadata.create_all(engine, tables=[Probe.__table__])
with Session(engine) as session:
    session.add(Probe(text=msgpack.unpackb(msgpack.packb("回访"))))
    session.commit()
    answer = session.exec(select(Probe.text)).one() + str(checked) + msgpack.Packer.__module__
answer
`);
if (answer !== "回访5msgpack._cmsgpack") throw new Error(`unexpected answer: ${answer}`);
imports(python, modules);
