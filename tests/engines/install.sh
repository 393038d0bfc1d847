#!/bin/sh
# What `make engines` runs against, from Debian's packages: Go with golang.org/x/mod, whose note and
# tlog readers are not ours, and Ceph's object gateway.
set -eu
wanted=""
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod ]; then
  wanted="golang-go golang-golang-x-mod-dev"
fi
for name in radosgw ceph-mon ceph-osd; do
  command -v "$name" >/dev/null || wanted="$wanted $name"
done
[ -n "$wanted" ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "make engines needs $wanted (Debian's names; Go's packages below /usr/share/gocode)"; exit 1
fi
echo "· installing $wanted"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # several words
apt-get -qq update >/dev/null && apt-get -qq install -y --no-install-recommends $wanted >/dev/null
