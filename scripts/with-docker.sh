#!/usr/bin/env bash
# with-docker.sh COMMAND… : runs a command, such as the tests, with a Docker engine: the one that answers; else one of its
# own, which is installed where that can be done (Debian, as root), started in a private folder and gone afterwards. Where
# there can be none, the command runs all the same, and SLUICE_NO_DOCKER says why: the tests that need one are skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

answers() { # answers SOCKET : whether an engine answers there
  node -e '
    const request = require("node:http").get({ socketPath: process.argv[1], path: "/_ping" }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1));
    request.on("error", () => process.exit(1));
    setTimeout(() => process.exit(1), 5000);
  ' "$1"
}

without() { # without REASON COMMAND… : runs it without an engine
  export SLUICE_NO_DOCKER=$1
  shift
  echo "No Docker engine: $SLUICE_NO_DOCKER. The tests that need one are skipped by name." >&2
  exec "$@"
}

[ -n "${DOCKER_HOST:-}${DOCKER_CONTEXT:-}" ] && exec "$@"
answers /var/run/docker.sock && exec "$@"

[ "$(uname)" = Linux ] || without 'none answers at /var/run/docker.sock' "$@"
[ "$(id -u)" -eq 0 ] || without 'none answers at /var/run/docker.sock, and only root can start one' "$@"
if ! command -v dockerd >/dev/null; then
  command -v apt-get >/dev/null || without 'there is no dockerd, and no apt-get to install it' "$@"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends docker.io; } >&2 ||
    without 'docker.io cannot be installed' "$@"
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/sluice-docker.XXXXXX")
daemon=
finish() {
  if [ -n "$daemon" ]; then
    kill -TERM "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
  fi
  awk -v folder="$folder/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l 2>/dev/null
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Without a bridge and rules of its own it changes nothing in the network of the machine; containers use the host's.
# In a session of its own it does not hear Ctrl-C before the command has.
setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
  --host "unix://$folder/docker.sock" --iptables=false --bridge=none >"$folder/log" 2>&1 &
daemon=$!
for _ in $(seq 300); do
  answers "$folder/docker.sock" && break
  kill -0 "$daemon" 2>/dev/null || break
  sleep 0.2
done
if answers "$folder/docker.sock"; then
  export DOCKER_HOST="unix://$folder/docker.sock"
else
  export SLUICE_NO_DOCKER
  SLUICE_NO_DOCKER="dockerd does not start: $(grep -v 'level=info' "$folder/log" | tail -n 1 | cut -c -300)"
  echo "No Docker engine: $SLUICE_NO_DOCKER. The tests that need one are skipped by name." >&2
fi
"$@"
