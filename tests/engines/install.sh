#!/bin/sh
# What `make engines` runs against, from Debian's packages (Ubuntu's have the same names): Go with
# golang.org/x/mod, whose note and tlog readers are not ours, Ceph's object gateway, and git.
set -eu
wanted=""
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod ]; then
  wanted="golang-go golang-golang-x-mod-dev"
fi
for name in radosgw ceph-mon ceph-osd git; do
  command -v "$name" >/dev/null || wanted="$wanted $name"
done
[ -n "$wanted" ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "make engines needs $wanted (Debian's names; Go's packages below /usr/share/gocode)"; exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  # -n: it asks nobody for a password, since nobody may be there.
  if ! sudo -n true 2>/dev/null; then
    echo "make engines needs root to install what is missing. Run: apt-get install $wanted"; exit 1
  fi
  as_root="sudo -n"
fi
echo "· installing $wanted"
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@" </dev/null >/dev/null; }
# shellcheck disable=SC2086 # several words
apt update && apt install -y --no-install-recommends $wanted
