#!/usr/bin/env bash
# Podman, beside Docker, for the tests that connectors run in its containers too: Debian's packages where they are missing,
# nothing where they are there. Where it cannot be installed those tests are skipped by name.
set -uo pipefail
if ! command -v podman >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends podman catatonit
fi
podman --version || echo 'There is no Podman: its tests are skipped by name.' >&2
exit 0
