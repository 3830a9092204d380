#!/usr/bin/env bash
# Puts a release together and ships it.
set -euo pipefail

source "$(dirname "$0")/lib/common.sh"
. ./config.sh

readonly VERSION=1.2
declare -a TARGETS=(linux mac "windows")
declare -A hosts
export BUILD_DIR="${BUILD_DIR:-build}" NAME=shop
count=0
local_only=$(date +%s)

# Says something on the error output.
log() {
  local level="$1" message
  shift
  message="$*"
  printf '%s: %s\n' "$level" "$message" >&2
}

function build {
  local target=$1
  local -r out="$BUILD_DIR/$target"
  mkdir -p "$out" || fail "cannot make $out"
  for file in src/*.c; do
    if [[ -f "$file" && "$file" != *_test.c ]]; then
      cc -o "$out/$(basename "${file%.c}")" "$file"
      ((count += 1))
    fi
  done
  log info "built $count files for ${target}"
}

function fail() {
  log error "$@"
  exit 1
}

ship () (
  cd "$BUILD_DIR"
  while read -r name size; do
    scp "$name" "${hosts[$name]}:/srv/$NAME" &
  done < <(find . -type f | sort)
  wait
)

usage() {
  cat <<EOF
usage: $0 [--ship] TARGET...
  builds version $VERSION
EOF
}

main() {
  local ship_it=0
  while [ $# -gt 0 ]; do
    case "$1" in
      --ship) ship_it=1 ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) TARGETS+=("$1") ;;
    esac
    shift
  done
  for target in "${TARGETS[@]}"; do
    build "$target"
  done
  until ping -c 1 "${hosts[main]}" > /dev/null; do
    sleep 1
  done
  if ((ship_it)); then
    ship && log info done
  fi
}

trap 'fail "interrupted"' INT
alias ll='ls -l'
main "$@"
