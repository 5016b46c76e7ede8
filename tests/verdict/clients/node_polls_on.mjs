// check: polled_after_terminal; provider: gateway; scenarios: success
// The timer is never cleared: another part of the page ends the program.
const base = process.env.MOCKREEL_BASE_URL;
const headers = { Authorization: `Bearer ${process.env.MOCKREEL_API_KEY}`, "Content-Type": "application/json" };
const made = await fetch(`${base}/v1/video/generations`, {
  method: "POST", headers, body: JSON.stringify({ model: "viduq3t-540p", prompt: "A kite" }),
});
const { id } = await made.json();
setInterval(async () => {
  const job = await (await fetch(`${base}/v1/video/generations/${id}`, { headers })).json();
  if (job.status === "completed") setTimeout(() => process.exit(0), 2500);
  if (job.status === "failed") process.exit(1);
}, 200);
