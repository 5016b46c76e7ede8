# careful; provider: gateway
# curl in a loop, with a count, a limit on each call, and every status looked at.
base=$MOCKREEL_BASE_URL/v1
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT

call() { # writes the body to $out/body and prints the status; 000 without an answer
  curl -s -m 10 -o "$out/body" -D "$out/head" -w '%{http_code}' -H "Authorization: Bearer $MOCKREEL_API_KEY" "$@"
}
field() { grep -o "\"$1\":\"[^\"]*\"" "$out/body" | head -n 1 | cut -d '"' -f 4; }

id='' wait=1
for _ in 1 2 3; do
  status=$(call -H 'Content-Type: application/json' -d '{"model": "viduq3t-540p", "prompt": "A kite"}' \
    "$base/video/generations")
  case $status in
    200) id=$(field id); break ;;
    429 | 503) asked=$(grep -i '^retry-after:' "$out/head" | tr -dc '0-9'); sleep "$((wait > ${asked:-0} ? wait : asked))" ;;
    *) echo "no task, or none that is known: HTTP $status" >&2; exit 1 ;;
  esac
  wait=$((wait * 2))
done
[ -n "$id" ] || { echo "no task was made" >&2; exit 1; }
echo "task $id"

looks=0 most=$(awk "BEGIN {print int(${DEADLINE_SECONDS:-900} / ${POLL_SECONDS:-5})}")
while [ "$looks" -lt "$most" ]; do
  sleep "${POLL_SECONDS:-5}"
  looks=$((looks + 1))
  [ "$(call "$base/video/generations/$id")" = 200 ] || { sleep 0.5; looks=$((looks + 2)); continue; }
  case $(field status) in
    failed) echo "task $id failed" >&2; exit 1 ;;
    completed)
      url=$(field video_url)
      [ -n "$url" ] || { echo "task $id has no video" >&2; exit 1; }
      for pause in 0.5 1 2; do
        if curl -sf -m 20 -o "$out/film" "$url" && [ "$(head -c 8 "$out/film" | tail -c 4)" = ftyp ]; then
          exit 0
        fi
        sleep "$pause"
      done
      echo "the video of task $id cannot be fetched" >&2
      exit 1 ;;
  esac
done
echo "task $id goes on" >&2
exit 1
