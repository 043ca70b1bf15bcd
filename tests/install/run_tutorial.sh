#!/usr/bin/env bash
# Does what docs/tutorial.md says, word for word, in an empty home folder:
#   run_tutorial.sh BUILD WRITE_SCENES
# Blocks of sh are run in order; those of other languages name the file that they
# are the content of.
set -euo pipefail
build=$1
write_scenes=$2
cd "$(dirname "$0")/../.."
HOME=$(mktemp -d)
export HOME
trap 'rm -rf "$HOME"' EXIT

"$write_scenes" 24 ~/photos ~/masks
awk -v build="$build" '
  /^```/ && within { print within == "sh" ? "" : "END_OF_FILE"; within = ""; next }
  /^```/ { split(substr($0, 4), words, " "); within = words[1]
           if (within != "sh") print "cat >" words[2] " <<\"END_OF_FILE\""
           next }
  within { sub(/--install build/, "--install " build); print }
' docs/tutorial.md >~/tutorial.sh
bash -euxo pipefail ~/tutorial.sh

# What was installed includes nothing that was not.
cd ~/lathe/include/lathe
grep -rhoE '#include "[^"]+"' . | sort -u | cut -d'"' -f2 | while read -r header; do
  test -f "$header" || { echo "$header is included but not installed"; exit 1; }
done
cd ~/road
test -s sheet.png
test "$(ls predictions/*.png | wc -l)" -ge 24
