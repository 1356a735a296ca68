// A worker that makes photos smaller and is ended when it rests: what pictures take (the file's bytes, the picture
// itself, its canvas) is garbage that no engine collects soon, and ending the worker gives it back at once.
import { shrunk } from "./pictures.mjs";

self.onmessage = async ({ data: { bytes, longest, quality, stamp, answer } }) => {
  try {
    const small = await shrunk(bytes, longest, quality, stamp);
    answer.postMessage({ small }, [small.buffer]);
  } catch (error) {
    answer.postMessage({ error: String(error) });
  }
};
