#!/bin/sh
# Gets what the tests need besides Python's packages: a browser and PostgreSQL, by what the platform offers.
# usage: install.sh PYTHON
set -eu

debian() {
    command -v apt-get >/dev/null 2>&1 || return 1
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"
}

# a real database for one test, which is skipped where there is none
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    debian postgresql || echo "PostgreSQL was not installed: the test that needs it will be skipped."
fi

# Debian's chromium, else what Playwright installs
if ! command -v chromium >/dev/null 2>&1; then
    debian chromium || "$1" -m playwright install chromium
fi
