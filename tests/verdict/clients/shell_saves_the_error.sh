# check: result_not_downloaded_before_expiry; provider: gateway; scenarios: result_expired
# curl without -f keeps what a refusal says as the film.
auth="Authorization: Bearer $MOCKREEL_API_KEY"
id=$(curl -sf "$MOCKREEL_BASE_URL/v1/video/generations" -H "$auth" -H 'Content-Type: application/json' \
  -d '{"model": "viduq3t-540p", "prompt": "A kite"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
for _ in $(seq 40); do
  sleep 0.2
  job=$(curl -sf "$MOCKREEL_BASE_URL/v1/video/generations/$id" -H "$auth")
  case $job in
    *'"status":"completed"'*)
      url=$(echo "$job" | sed 's/.*"video_url":"\([^"]*\)".*/\1/')
      curl -s "$url" -o "$MOCKREEL_FOLDER/film.mp4" && exit 0 ;;
    *'"status":"failed"'*) exit 1 ;;
  esac
done
exit 1
