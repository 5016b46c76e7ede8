# check: stuck_without_deadline; provider: gateway; scenarios: stuck
# A loop without a count.
auth="Authorization: Bearer $MOCKREEL_API_KEY"
id=$(curl -sf "$MOCKREEL_BASE_URL/v1/video/generations" -H "$auth" -H 'Content-Type: application/json' \
  -d '{"model": "viduq3t-540p", "prompt": "A kite"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
while true; do
  status=$(curl -sf "$MOCKREEL_BASE_URL/v1/video/generations/$id" -H "$auth" | sed 's/.*"status":"\([^"]*\)".*/\1/')
  case $status in
    completed) exit 0 ;;
    failed) exit 1 ;;
  esac
  sleep 0.3
done
