// PouchDB's own client: a local LevelDB database with visits is replicated to the server, then from it into an
// empty one. One document per answer, as a row of ours. Prints one line of JSON.
//   node replicate.cjs FOLDER SERVER_URL DOCUMENTS.json DOCUMENTS_PER_BATCH
"use strict";
const fs = require("fs");
const [folder, url, file, batch] = process.argv.slice(2);
const PouchDB = require("pouchdb").defaults({ prefix: folder + "/" });

async function timed(work) {
  const began = process.hrtime.bigint();
  const used = process.cpuUsage();
  const result = await work();
  const cpu = process.cpuUsage(used);
  if (!result.ok || result.doc_write_failures) throw new Error(JSON.stringify(result));
  return {
    seconds: Number(process.hrtime.bigint() - began) / 1e9,
    cpu: (cpu.user + cpu.system) / 1e6,
    written: result.docs_written,
  };
}

async function main() {
  const documents = JSON.parse(fs.readFileSync(file, "utf8"));
  const device = new PouchDB("device");
  for (let start = 0; start < documents.length; start += 500)
    for (const one of await device.bulkDocs(documents.slice(start, start + 500)))
      if (!one.ok) throw new Error(JSON.stringify(one));
  const remote = `${url}/visits`;
  await new PouchDB(remote).info(); // the database is there before the clock runs
  const options = { batch_size: Number(batch), batches_limit: 10 };
  const push = await timed(() => PouchDB.replicate(device, remote, options));
  const other = new PouchDB("manager");
  const pull = await timed(() => PouchDB.replicate(remote, other, options));
  console.log(JSON.stringify({ documents: documents.length, push, pull }));
}

main().catch((error) => { console.error(error); process.exit(1); });
