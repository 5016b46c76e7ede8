# check: retry_storm; provider: gateway; scenarios: rate_limited
# Until it works.
until curl -sf "$MOCKREEL_BASE_URL/v1/video/generations" -H "Authorization: Bearer $MOCKREEL_API_KEY" \
  -H 'Content-Type: application/json' -d '{"model": "viduq3t-540p", "prompt": "A kite"}'; do :; done
