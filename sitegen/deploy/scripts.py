"""What the target ssh runs on the other machine: scripts for any POSIX shell, each one line.

$1 is the folder of the releases, the rest are arguments. Paths come and go with NUL behind each.
They end with 0, or 44: there is nothing; 45: the lock is somebody else's; 46: something else is
live; 75: another try may do it.
"""

from __future__ import annotations

from collections.abc import Mapping

ABSENT, HELD, RACED, AGAIN = 44, 45, 46, 75

_ENTER = 'place=$1; shift; umask 022; cd -- "$place" || exit 1; '
_LIVE = "live=$(readlink current || :); "
_SUM = "sum=$(command -v sha256sum || command -v shasum || command -v sha256) || exit 127; "
_SUM += "case $sum in *shasum) sum='shasum -a 256';; *sha256) sum='sha256 -r';; esac; "
_FILES = "find . -type f -print0"


def _is_ours(token: str, lock: str = "lock") -> str:
    """End with 45 unless our token is in the lock.

    One that is not there may be in the hands of somebody who has taken it for an abandoned one, and
    gives it back.
    """
    look = f"grep -q -F -e {token} {lock} 2>/dev/null"
    return f"{look} || {{ test -e {lock} || sleep 1; {look}; }} || exit 45; "


SCRIPTS: Mapping[str, str] = {
    # Claim on stdin. The link is made by one deployer, whole with its claim, or by none. Another
    # one is told how old the lock is, and what is in it.
    "lock": 'umask 022; mkdir -p -- "$1/.sitegen" "$1/releases" || exit 1; '
    'cd -- "$1/.sitegen" || exit 1; cat >"claim-$2" || exit 1; '
    'ln "claim-$2" lock; made=$?; rm -f "claim-$2"; test $made = 0 && exit 0; '
    "test -e lock || exit 75; "
    "now=$(date +%s); old=$(stat -c %Y lock 2>/dev/null || stat -f %m lock) || exit 75; "
    "echo $((now - old)); cat lock || exit 75; exit 45",
    # The same in place of an abandoned one with the token $3. Two that break it at once: the one
    # who finds that it has moved away another lock than the abandoned one gives it back.
    "relock": 'cd -- "$1/.sitegen" || exit 1; cat >"claim-$2" || exit 1; '
    'test ! -e lock || grep -q -F -e "$3" lock || { rm -f "claim-$2"; exit 45; }; '
    'mv lock "broken-$2" && { grep -q -F -e "$3" "broken-$2" || '
    '{ ln "broken-$2" lock; rm -f "broken-$2" "claim-$2"; exit 45; }; }; '
    'ln "claim-$2" lock; made=$?; rm -f "broken-$2" "claim-$2"; test $made = 0 || exit 45',
    "renew": 'cd -- "$1/.sitegen" || exit 1; ' + _is_ours('"$2"') + "touch lock",
    "unlock": 'cd -- "$1/.sitegen" || exit 1; ' + _is_ours('"$2"') + "rm -f lock",
    "get": 'test -f "$1/$2" || exit 44; cat -- "$1/$2"',
    "where": _ENTER + "pwd -P",
    # What is live; each file; each sum, in the order of the files; each size likewise.
    "files": f'test -e "$1" || exit 44; {_ENTER}{_LIVE}test -n "$live" || exit 44; '
    f'cd -- "$live" || exit 1; {_SUM}printf "%s\\0" "$live"; {_FILES}; printf "\\0"; '
    f"{_FILES} | xargs -0 -r $sum || exit 1; "
    f'printf "\\0"; {_FILES} | xargs -0 -r stat -c %s 2>/dev/null || '
    f"{_FILES} | xargs -0 -r stat -f %z",
    # $1: the release to make, $2: what is to be live now, "" for nothing. Paths that are not to be
    # in it on stdin.
    "begin": _ENTER + _LIVE + 'test "$live" = "releases/$1" && exit 44; '
    'test "$live" = "$2" || exit 46; rm -rf "releases/$1" "releases/$1.part"; '
    'mkdir -p "releases/$1.part" || exit 1; if test -n "$2"; then '
    'rsync -a --link-dest="$PWD/$2/" "$2/" "releases/$1.part/" </dev/null || exit; fi; '
    'pwd -P; cd "releases/$1.part" || exit 1; xargs -0 -r rm -f -- || exit 1; '
    "find . -mindepth 1 -type d -empty -delete",
    # $3: the token of the lock that we hold. GNU and busybox have -T, BSD has -h. The rest are the
    # releases to keep.
    "switch": _ENTER + _LIVE + 'test "$live" = "releases/$1" && exit 0; '
    'test "$live" = "$2" || exit 46; '
    + _is_ours('"$3"', ".sitegen/lock")
    + 'mv "releases/$1.part" "releases/$1" || exit 1; '
    'rm -f .sitegen/next; ln -s "releases/$1" .sitegen/next || exit 1; '
    "mv -fT .sitegen/next current || mv -fh .sitegen/next current || exit 1; "
    "rm -f .sitegen/claim-* .sitegen/broken-*; cd releases || exit 0; "
    'for each in *; do case " $* " in *" $each "*) ;; *) rm -rf -- "$each";; esac; done; exit 0',
}
