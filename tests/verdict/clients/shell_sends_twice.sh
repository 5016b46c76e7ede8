# check: create_duplicated; provider: gateway; scenarios: success
# The create is sent once to see whether it works, and then for its id.
auth="Authorization: Bearer $MOCKREEL_API_KEY"
post() {
  curl -sf "$MOCKREEL_BASE_URL/v1/video/generations" -H "$auth" -H 'Content-Type: application/json' \
    -d '{"model": "viduq3t-540p", "prompt": "A kite"}'
}
post > /dev/null || exit 1
id=$(post | sed 's/.*"id":"\([^"]*\)".*/\1/')
for _ in $(seq 40); do
  sleep 0.2
  curl -sf "$MOCKREEL_BASE_URL/v1/video/generations/$id" -H "$auth" | grep -q '"status":"completed"' && exit 0
done
echo "task $id goes on"
exit 1
