#!/bin/sh
# Builds Telegraf with nothing but what telegraf.conf uses (its own build tags) into the folder given: build.sh <folder>.
# Needs Go and its module proxy; takes some minutes the first time.
set -eu
test -x "$1/telegraf" && exit 0
mkdir -p "$1"
cd "$1"
GOBIN="$1" exec go install -buildvcs=false \
  -tags custom,inputs.kafka_consumer,outputs.postgresql,parsers.json \
  github.com/influxdata/telegraf/cmd/telegraf@v1.37.2
