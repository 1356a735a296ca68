// Records from the microphone; only windows can. Loaded at the first question that wants a recording. One recording at
// a time: it ends by a tap, at its limit, when the app is out of sight, or when the device takes the microphone away,
// and what was recorded until then is always handed over, unless it was to be discarded.
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/webm"];
const BITS = 32_000; // speech: about 240 KB a minute
const SLICE = 1000; // ms: what was recorded before a fault of the encoder is here already
const WHY = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none", OverconstrainedError: "none" };

const kind = () => KINDS.find((one) => MediaRecorder.isTypeSupported(one));
export const able = () => Boolean(navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder && kind());

let end = null; // ends what is recorded, or asked for, now
let last = null; // resolves when the last recording has ended

/** Record for at most `limit` seconds: "recording", or why not ("refused", "none", "busy", "failed"). */
export async function start(limit) {
  if (end) return "busy";
  let wanted = true;
  end = () => { wanted = false; };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    try {
      if (!wanted || document.hidden) throw new Error("nobody waits for it any more");
      last = record(stream, limit);
    } catch (error) {
      stream.getTracks().forEach((track) => track.stop());
      throw error;
    }
    return "recording";
  } catch (error) {
    end = null;
    return WHY[error.name] ?? "failed";
  }
}

function record(stream, limit) {
  const recorder = new MediaRecorder(stream, { mimeType: kind(), audioBitsPerSecond: BITS });
  const pieces = [];
  let why = "lost"; // until somebody here ends it
  const finish = (reason) => {
    if (recorder.state === "inactive") return;
    why = reason;
    recorder.stop();
  };
  const hidden = () => { if (document.hidden) finish("hidden"); };
  const leaving = (event) => event.preventDefault(); // the browser asks before it throws a recording away
  recorder.ondataavailable = ({ data }) => { if (data.size) pieces.push(data); };
  const ended = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start(SLICE);
  const began = performance.now();
  end = finish;
  const timer = setTimeout(finish, limit * 1000, "limit");
  document.addEventListener("visibilitychange", hidden);
  addEventListener("beforeunload", leaving);
  return ended.then(async () => {
    const seconds = (performance.now() - began) / 1000;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hidden);
    removeEventListener("beforeunload", leaving);
    stream.getTracks().forEach((track) => track.stop()); // the sign that it records goes out
    end = null;
    const whole = why === "discarded" ? new Blob([]) : new Blob(pieces);
    return { bytes: new Uint8Array(await whole.arrayBuffer()), mime: recorder.mimeType.split(";")[0], seconds, why };
  });
}

/** End what is recorded now. */
export const stop = (keep) => end?.(keep ? "stopped" : "discarded");
/** The last recording, once it has ended. */
export const recorded = () => last;
