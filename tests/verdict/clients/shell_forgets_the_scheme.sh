# check: auth_header_wrong; provider: gateway; scenarios: success
# The word Bearer is missing.
curl -sf "$1/v1/video/generations" -H "Authorization: $MOCKREEL_API_KEY" \
  -H 'Content-Type: application/json' -d '{"model": "viduq3t-540p", "prompt": "A kite"}'
