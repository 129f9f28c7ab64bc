# shellcheck shell=bash
# Print what findmnt says of a file, and first the lines that it cannot read.
# findmnt 2.41 crashes after a line that it cannot read, and has judged nothing then.
verify() {
  local copy said line
  copy=$(mktemp)
  cat "$1" >"$copy"
  while
    said=$(timeout 60 findmnt --verify --tab-file "$copy" 2>&1 || true)
    line=$(sed -n "s/.*parse error at line \([0-9]\+\).*/\1/p" <<<"$said" | sort -n | head -n 1)
    [ -n "$line" ]
  do
    echo "parse error at line $line"
    sed -i "${line}s/^/#/" "$copy" || break
  done
  rm "$copy"
  printf '%s\n' "$said"
}
