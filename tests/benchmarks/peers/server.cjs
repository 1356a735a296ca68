// A CouchDB-protocol server on LevelDB: express-pouchdb on PouchDB's node adapter. Prints its port.
"use strict";
const path = process.argv[2];
const express = require("express");
const PouchDB = require("pouchdb").defaults({ prefix: path + "/" });
const app = express();
app.use("/", require("express-pouchdb")(PouchDB, { inMemoryConfig: true, logPath: path + "/log.txt", mode: "minimumForPouchDB" }));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
