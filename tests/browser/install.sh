#!/bin/sh
# Gets a browser by what the platform offers: Debian's package, else what Playwright installs.
# usage: install.sh PYTHON
set -eu
if command -v chromium >/dev/null 2>&1; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1 && apt-cache show chromium >/dev/null 2>&1 || [ -f /etc/debian_version ]; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    if $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; then
        exit 0
    fi
fi
"$1" -m playwright install chromium
