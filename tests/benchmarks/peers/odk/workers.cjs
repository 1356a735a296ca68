// ODK Central's server in so many processes on one port, as its own start script has pm2 do it.
//   node workers.cjs NUMBER        in a checkout of central-backend; tells one line when all of them listen
"use strict";
const cluster = require("cluster");
const path = require("path");
const count = Number(process.argv[2]);
cluster.setupPrimary({ exec: path.resolve("lib/bin/run-server.js"), args: [] });
let listening = 0;
cluster.on("listening", () => { if (++listening === count) console.log("listening"); });
cluster.on("exit", (worker, code) => { if (code) console.error(`a worker ended with ${code}`); });
for (let place = 0; place < count; place++) cluster.fork();
process.on("SIGTERM", () => { for (const id in cluster.workers) cluster.workers[id].kill("SIGKILL"); process.exit(0); });
