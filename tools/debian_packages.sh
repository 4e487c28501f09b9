#!/bin/sh
# What the tests need beside Python: LibreOffice, a Chinese font, Poppler, Java for veraPDF, a PostgreSQL with TLS, strace. Installed on Debian when run as root, named else.
set -eu
missing=""
command -v soffice >/dev/null 2>&1 || missing="$missing libreoffice-writer-nogui"
command -v pdftoppm >/dev/null 2>&1 || missing="$missing poppler-utils"
fc-list ':lang=zh-cn' 2>/dev/null | grep -q CJK || missing="$missing fonts-noto-cjk"
command -v javac >/dev/null 2>&1 || missing="$missing default-jdk-headless"
[ -e /usr/share/java/jaxb-api.jar ] || missing="$missing libjaxb-java"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v strace >/dev/null 2>&1 || missing="$missing strace"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # Unquoted: each word is a package.
    apt-get install -y -qq --no-install-recommends fontconfig $missing
else
    echo "missing:$missing (their tests are skipped by name; with CI=true they fail)" >&2
fi
