#!/bin/sh
# Unpacks rsyslog with its Kafka and Postgres modules from the system's packages into the folder given: build.sh <folder>.
# Needs a Debian or Ubuntu with package lists (apt-get update); nothing is installed.
set -eu
test -d "$1" && exit 0
mkdir -p "$(dirname "$1")"
partial=$(mktemp -d "$(dirname "$1")/download-XXXXXX")
trap 'rm -rf "$partial"' EXIT
cd "$partial"
packages=$(apt-get install --simulate --reinstall --no-install-recommends rsyslog rsyslog-kafka rsyslog-pgsql |
  sed -n 's/^Inst \([^ ]*\).*/\1/p')
apt-get download -q $packages
for package in *.deb; do dpkg-deb --extract "$package" .; done
rm ./*.deb
test -x usr/sbin/rsyslogd
chmod 755 .
mv "$partial" "$1"
