// An administrator of ODK Central, by its own tasks.
//   node account.cjs EMAIL PASSWORD        in a checkout of central-backend
"use strict";
const path = require("path");
const [email, password] = process.argv.slice(2);
const { run } = require(path.resolve("lib/task/task"));
const { createUser, promoteUser } = require(path.resolve("lib/task/account"));
run(createUser(email, password).then(() => promoteUser(email)));
