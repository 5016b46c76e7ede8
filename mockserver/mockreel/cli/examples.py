"""The examples that the help texts show; the only words here that name providers."""

PROFILES = "kie=observed,vidu=strict"

MOCKREEL = """\
examples:
  mockreel serve                                   all providers on http://127.0.0.1:8455
  mockreel serve --provider kie --speed 60         one provider, sixty times as fast
  mockreel serve --clock manual --pace polls       time stands still, each poll is a step
  mockreel demo                                    the whole loop in under a minute
  mockreel listen                                  receive callbacks, say whether they hold
  mockreel verify server http://127.0.0.1:8455 --provider kie --api-key demo-key
                                                   does this base URL keep the contract?
  mockreel verify client --provider kie -- python my_client.py
                                                   is this integration safe to put in production?
  mockreel contracts check my-contracts/           everything that is wrong with your contracts
  mockreel faults list                             what can be made to go wrong
  mockreel scenarios show answer_lost              a story of faults, and what a good integration does

exit codes: 0 good, 1 findings, 2 usage
"""

SERVE = """\
examples:
  mockreel serve
  mockreel serve --port 0 --json
  mockreel serve --credits 100 --limits
  mockreel serve --profile kie=observed --errors http

choose outcomes without any admin call:
  API key mock-402, mock-rate_limited ...         every call gets that error
  [[mock:generation_failed]] in a prompt          that task fails; also stuck, slow, fast ...
  X-Mock-Fault: internal_error                    that call gets that error
"""

LISTEN = """\
examples:
  mockreel listen                                  give http://127.0.0.1:8456/callback as the callback URL
  mockreel listen --provider vidu --secret demo-key
  mockreel listen --status 500                     see the provider try again
  mockreel listen --forward http://127.0.0.1:3000/callback
  mockreel listen --port 0 --json --count 1 --timeout 60

secrets:
  Kie.ai signs with the account's callback secret  mockreel serve --callback-secret S, mockreel listen --secret S
  Vidu signs with the API key that made the task   mockreel listen --secret demo-key

exit codes: 0 all good, 1 a signature did not hold or a body was malformed, 2 usage
"""

FAULTS = """\
examples:
  mockreel faults list
  mockreel faults list --point network
  mockreel faults show answer_lost
  mockreel faults show mine --faults my-faults/    one of your own
  curl -s http://127.0.0.1:8455/api/v1/chat/credit -H 'Authorization: Bearer demo-key' -H 'X-Mock-Fault: html_502'
"""

SCENARIOS = """\
examples:
  mockreel scenarios list
  mockreel scenarios show answer_lost
  mockreel scenarios list --scenarios my-scenarios/
  mockreel scenarios check my-scenarios/           everything that is wrong with yours
  mockreel serve --scenario stuck

exit codes of check: 0 good, 1 findings, 2 usage
"""

CONTRACTS = """\
examples:
  mockreel contracts list
  mockreel contracts show kie --model hailuo/02-image-to-video-pro
  mockreel contracts check my-contracts/
  mockreel contracts openapi vidu > vidu.openapi.json
  mockreel contracts diff kie my-contracts/kie     what changed, and whom it breaks
"""

CONTRACTS_DIFF = """\
examples:
  mockreel contracts diff kie my-contracts/kie
  mockreel contracts diff old/openapi.yaml new/openapi.yaml --fail-on callers
  mockreel contracts diff kie kie --profile-b observed
  mockreel contracts diff contracts-before/ contracts-after/ --json

callers: an integration that was written against A meets B
servers: a server that was written for A is judged by B

exit codes: 0 nothing breaking, 1 breaking or not to be decided, 2 usage
"""

DEMO = """\
examples:
  mockreel demo
  mockreel demo --provider gateway --keep out/
"""

VERIFY = """\
examples:
  mockreel verify server http://127.0.0.1:8455 --provider kie --api-key demo-key
  mockreel verify client --provider kie -- python my_client.py
"""

VERIFY_SERVER = """\
examples:
  mockreel verify server http://127.0.0.1:8455 --provider kie --api-key demo-key
  mockreel verify server https://staging.example --provider gateway --api-key "$KEY" --budget 200 --max-time 600
  mockreel verify server http://127.0.0.1:8455 --provider vidu --api-key demo-key --report-dir reports --fail-under 90
  mockreel verify server --list-checks
  mockreel verify server --explain charged_twice

A mock takes any API key: mockreel serve --clock manual starts one that is verified without waiting.

exit codes: 0 no check failed, 1 findings, 2 nothing could be told, or usage
"""

VERIFY_CLIENT = """\
examples:
  mockreel verify client --provider kie -- python my_client.py
  mockreel verify client --provider gateway --env GATEWAY_URL={base_url} --env GATEWAY_API_KEY={api_key} -- node film.js
  mockreel verify client --provider vidu --scenarios success,stuck,answer_lost -- sh -c 'API={base_url} ./film.sh'
  mockreel verify client --provider kie --callback-url http://127.0.0.1:{port}/hook -- python my_client.py --port {port}
  mockreel verify client --provider kie --result-file {folder}/out.mp4 -- ./film --out {folder}/out.mp4
  mockreel verify client --provider kie --report-dir reports --format html,junit -- ./film
  mockreel verify client --list-scenarios
  mockreel verify client --explain create_retried_ambiguous

exit codes: 0 no check failed, 1 findings, 2 nothing could be told, or usage
"""
