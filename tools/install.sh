#!/bin/sh
# Installs the locked versions and the project into .venv: `install.sh runtime` as users have it, `install.sh dev` editable.
set -eu
cd "$(dirname "$0")/.."
pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }

# The build's own tools are pinned as well, so nothing is fetched that is not in a lock.
pip install --require-hashes -r requirements/build.lock
pip install --require-hashes -r "requirements/$1.lock"
case "$1" in
    runtime) pip install --no-deps --no-build-isolation . ;;
    dev) pip install --no-deps --no-build-isolation --editable . ;;
esac
