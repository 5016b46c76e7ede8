// careful; provider: gateway
// fetch, with a limit on each call and on the whole.
const base = process.env.MOCKREEL_BASE_URL;
const headers = { Authorization: `Bearer ${process.env.MOCKREEL_API_KEY}`, "Content-Type": "application/json" };
const pollMs = 1000 * Number(process.env.POLL_SECONDS ?? 5);
const deadlineMs = 1000 * Number(process.env.DEADLINE_SECONDS ?? 900);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function end(text) {
  console.error(text);
  process.exit(1);
}

async function ask(path, options = {}) {
  const answer = await fetch(base + path, { headers, signal: AbortSignal.timeout(10_000), ...options });
  return { status: answer.status, after: Number(answer.headers.get("retry-after") ?? 0), said: await answer.json() };
}

async function create() {
  const body = JSON.stringify({ model: "viduq3t-540p", prompt: "A kite" });
  for (let attempt = 0; attempt < 5; attempt++) {
    let came;
    try {
      came = await ask("/v1/video/generations", { method: "POST", body });
    } catch (error) {
      end(`it is not known whether there is a task: ${error}`);
    }
    if (came.status === 200 && came.said.id) return came.said.id;
    if (came.status !== 429 && came.status !== 503) end(`no task: ${came.status}`);
    await sleep(Math.max(1000 * came.after, 300 * 2 ** attempt));
  }
  end("no task: not now");
}

async function wait(id) {
  const until = Date.now() + deadlineMs;
  let trouble = 0, empty = 0;
  while (Date.now() < until) {
    await sleep(pollMs * 2 ** Math.min(trouble, 3));
    let job;
    try {
      const came = await ask(`/v1/video/generations/${id}`);
      job = came.status === 200 ? came.said : null;
    } catch {
      job = null;
    }
    trouble = job ? 0 : trouble + 1;
    if (job?.status === "failed") end(`${id} failed: ${job.error?.message}`);
    if (job?.status === "completed") {
      if (job.video_url) return job.video_url;
      if (++empty === 3) end(`${id} is done and has no video`);
    }
  }
  end(`${id} goes on`);
}

async function download(id, url) {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(15_000) });
      const film = Buffer.from(await answer.arrayBuffer());
      if (answer.ok && film.subarray(4, 8).toString() === "ftyp") return film.length;
    } catch {
      // again
    }
    await sleep(300 * 2 ** attempt);
  }
  end(`the video of ${id} cannot be fetched`);
}

const id = await create();
console.log("task", id);
console.log(await download(id, await wait(id)), "bytes");
