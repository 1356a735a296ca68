// Uploads a file with tus-js-client: node upload.mjs ENDPOINT TOKEN FILE SHA256. Prints the address it got.
import { readFileSync } from "node:fs";
import { Upload } from "tus-js-client";

const [endpoint, token, path, sha256] = process.argv.slice(2);
const upload = new Upload(readFileSync(path), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { sha256, mime: "image/jpeg" },
  retryDelays: Array(30).fill(200),
  onError: (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
  onSuccess: () => console.log(upload.url),
});
upload.start();
