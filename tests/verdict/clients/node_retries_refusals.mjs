// check: retried_non_retryable; provider: gateway; scenarios: unauthorized
// Whatever is not ok is tried again.
const base = process.env.MOCKREEL_BASE_URL;
const headers = { Authorization: `Bearer ${process.env.MOCKREEL_API_KEY}`, "Content-Type": "application/json" };
const body = JSON.stringify({ model: "viduq3t-540p", prompt: "A kite" });

for (let attempt = 0; attempt < 4; attempt++) {
  const answer = await fetch(`${base}/v1/video/generations`, { method: "POST", headers, body });
  if (answer.ok) {
    console.log("task", (await answer.json()).id);
    process.exit(0);
  }
  await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt));
}
console.error("no task was made");
process.exit(1);
