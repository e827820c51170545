#!/usr/bin/env bash
# What better-sqlite3 is compiled with where its ready-made binary cannot be downloaded: Debian's packages where they are
# missing, nothing where they are there. Node 22.16 and newer have a SQLite of their own and need none of it.
set -euo pipefail
if command -v make >/dev/null && command -v g++ >/dev/null; then
  g++ --version | head -n 1
  exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy make g++
  exit 0
fi
echo 'make or g++ is missing: on a Node before 22.16, the tests of SQLite fail unless npm finds a ready-made better-sqlite3.' >&2
