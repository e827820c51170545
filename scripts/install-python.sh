#!/usr/bin/env bash
# Python with venv for the tests of Python connectors: Debian's packages where it is missing, nothing where it is there.
set -euo pipefail
if python3 -c 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
  python3 --version
  exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy python3 python3-venv
  exit 0
fi
echo 'Python 3.10 or newer with venv is missing: the tests of Python connectors will be skipped by name.' >&2
