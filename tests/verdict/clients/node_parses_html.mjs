// check: malformed_body_crash; provider: gateway; scenarios: html_error_at_first
// response.json() of a page of HTML throws.
const base = process.env.MOCKREEL_BASE_URL;
const headers = { Authorization: `Bearer ${process.env.MOCKREEL_API_KEY}`, "Content-Type": "application/json" };
const made = await fetch(`${base}/v1/video/generations`, {
  method: "POST", headers, body: JSON.stringify({ model: "viduq3t-540p", prompt: "A kite" }),
});
const { id } = await made.json();
for (let look = 0; look < 40; look++) {
  const job = await (await fetch(`${base}/v1/video/generations/${id}`, { headers })).json();
  if (job.status === "failed") process.exit(1);
  if (job.status === "completed") process.exit(0);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
process.exit(1);
