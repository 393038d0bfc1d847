#!/bin/sh
# Go and Debian's package of golang.org/x/mod, whose note and tlog readers are not ours.
set -eu
if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "make engines needs go and Debian's golang-golang-x-mod-dev (/usr/share/gocode)"; exit 1
fi
echo "· installing golang-go and golang-golang-x-mod-dev"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update >/dev/null && apt-get -qq install -y --no-install-recommends golang-go golang-golang-x-mod-dev >/dev/null
