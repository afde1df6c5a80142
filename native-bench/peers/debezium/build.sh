#!/bin/sh
# Fetches Kafka Connect and the Debezium JDBC sink by Maven into the folder given: build.sh <folder>. Needs Maven and Java 17.
set -eu
test -d "$1" && exit 0
mkdir -p "$(dirname "$1")"
partial=$(mktemp -d "$(dirname "$1")/download-XXXXXX")
trap 'rm -rf "$partial"' EXIT
mvn -q -B -f "$(dirname "$0")/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$partial"
test -n "$(find "$partial" -name 'debezium-connector-jdbc-*.jar')"
chmod 755 "$partial"
mv "$partial" "$1"
