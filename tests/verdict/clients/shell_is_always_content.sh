# check: failure_reported_as_success; provider: gateway; scenarios: generation_failed
# The exit status is that of the last echo.
auth="Authorization: Bearer $MOCKREEL_API_KEY"
id=$(curl -sf "$MOCKREEL_BASE_URL/v1/video/generations" -H "$auth" -H 'Content-Type: application/json' \
  -d '{"model": "viduq3t-540p", "prompt": "A kite"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
for _ in $(seq 40); do
  sleep 0.2
  status=$(curl -sf "$MOCKREEL_BASE_URL/v1/video/generations/$id" -H "$auth" | sed 's/.*"status":"\([^"]*\)".*/\1/')
  [ "$status" = completed ] || [ "$status" = failed ] && break
done
echo "task $id: $status"
