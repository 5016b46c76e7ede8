// check: contract_violation_in_request; provider: vidu; scenarios: success
// A form gives text; images is a list.
const answer = await fetch(`${process.env.MOCKREEL_BASE_URL}/ent/v2/img2video`, {
  method: "POST",
  headers: { Authorization: `Token ${process.env.MOCKREEL_API_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({ model: "viduq2-pro", images: "https://example.com/kite.png", prompt: "A kite", duration: "long" }),
});
if (!answer.ok) {
  console.error(answer.status, await answer.text());
  process.exit(1);
}
