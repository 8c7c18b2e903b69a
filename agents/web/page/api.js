// How the page asks the server: JSON answers, and streams that come back by themselves.

const TOKEN = "tagstream.token";
let asking = null; // one dialog for all who wait for the token

/** A problem that the server told (RFC 9457). */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.status = problem.status;
    this.column = problem.column;
  }
}

/** The JSON at a path; throws Problem, or TypeError if the server is away. */
export async function get(path) {
  const answer = await request(path, {});
  if (!answer.ok) throw new Problem(await answer.json());
  return answer.json();
}

async function request(path, headers, signal) {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN);
    const shown = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(path, { headers: { ...shown, ...headers }, signal });
    if (answer.status !== 401) return answer;
    await askForToken(token);
  }
}

async function askForToken(refused) {
  if (sessionStorage.getItem(TOKEN) !== refused) return; // somebody else has just been given one
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("login");
    const input = document.getElementById("login-token");
    if (refused) document.getElementById("login-text").textContent = "That is not the token.";
    input.value = "";
    dialog.oncancel = (event) => event.preventDefault();
    document.getElementById("login-form").onsubmit = () => {
      sessionStorage.setItem(TOKEN, input.value);
      asking = null;
      resolve();
    };
    dialog.showModal();
  });
  await asking;
}

/**
 * Follow server-sent events without end: `onEvent(name, data)` for each, `onState(connected)`.
 *
 * EventSource cannot send a token. While nobody sees the page the connection is given back, as a
 * browser has six for all its tabs; then the stream goes on behind the last id.
 */
export async function follow(path, onEvent, onState) {
  let lastId = "";
  for (let failures = 0; ; failures += 1) {
    await visible();
    const leaving = new AbortController();
    const left = () => document.hidden && leaving.abort();
    document.addEventListener("visibilitychange", left);
    try {
      const headers = lastId ? { "Last-Event-ID": lastId } : {};
      const answer = await request(path, headers, leaving.signal);
      if (answer.status === 400) lastId = ""; // the server does not know it any more
      if (!answer.ok) throw new Problem(await answer.json());
      onState(true);
      failures = 0;
      for await (const block of blocks(answer.body)) {
        lastId = block.id ?? lastId;
        if (block.data) onEvent(block.event ?? "message", JSON.parse(block.data));
      }
    } catch (error) {
      if (!leaving.signal.aborted) console.info(`${path}: ${error.message}`);
    } finally {
      document.removeEventListener("visibilitychange", left);
    }
    if (!document.hidden) onState(false);
    await pause(Math.min(1000 * 2 ** failures, 10_000));
  }
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

async function* blocks(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) yield fields(part);
  }
}

function fields(block) {
  const found = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) found[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return found;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ask again and again while the page is seen; `show` gets each answer, `fail` each error. */
export async function poll(path, everyMs, show, fail) {
  for (;;) {
    await visible();
    try {
      show(await get(path));
    } catch (error) {
      fail?.(error);
    }
    await pause(everyMs);
  }
}
