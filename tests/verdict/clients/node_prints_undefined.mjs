// check: success_without_url_accepted; provider: gateway; scenarios: success_without_url
// console.log(undefined) is no error.
const base = process.env.MOCKREEL_BASE_URL;
const headers = { Authorization: `Bearer ${process.env.MOCKREEL_API_KEY}`, "Content-Type": "application/json" };
const made = await fetch(`${base}/v1/video/generations`, {
  method: "POST", headers, body: JSON.stringify({ model: "viduq3t-540p", prompt: "A kite" }),
});
const { id } = await made.json();
for (let look = 0; look < 40; look++) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const job = await (await fetch(`${base}/v1/video/generations/${id}`, { headers })).json();
  if (job.status === "failed") process.exit(1);
  if (job.status === "completed") {
    console.log("video:", job.video_url);
    process.exit(0);
  }
}
console.error(`${id} has not ended`);
process.exit(1);
