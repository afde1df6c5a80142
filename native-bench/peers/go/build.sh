#!/bin/sh
# Builds both programs into the folder given: build.sh <folder>. Needs Go (go.mod says which) and its module proxy.
set -eu
mkdir -p "$1"
cd "$(dirname "$0")"
exec go build -buildvcs=false -trimpath -o "$1/" ./pgx ./binary
