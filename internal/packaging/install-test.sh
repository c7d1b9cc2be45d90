#!/usr/bin/env bash
# Proves that the package installs and works on a machine that has nothing but a
# C library and a shell, and no network at all: install-test.sh OLD NEWER [PEOPLE],
# two .tar.gz or two .deb. It makes such a machine in a folder (a root of its own,
# name spaces of its own for network, mounts and processes), and inside it: installs,
# runs the demo, upgrades to a build with one more migration, is refused the
# downgrade, makes and verifies a backup, removes the programs, finds the data; a
# .deb goes in and out by that machine's own dpkg, and is purged at the end.
# Needs root, unshare and ip.
set -euo pipefail

older=$(readlink -f "${1:?usage: install-test.sh OLD NEWER [PEOPLE]}")
newer=$(readlink -f "${2:?usage: install-test.sh OLD NEWER [PEOPLE]}")
people=${3:-60}
kind=${older##*.}

if [ "${ANSINH_INSIDE:-}" = "" ]; then
  exec env -i ANSINH_INSIDE=1 PATH="$PATH" TMPDIR="${TMPDIR:-/tmp}" unshare --net --mount --pid --fork --propagation private "$0" "$older" "$newer" "$people"
fi

machine=$(mktemp -d)
chmod 755 "$machine"
clean() { umount -l "$machine/proc" "$machine/dev" 2>/dev/null || true; rm -rf --one-file-system "$machine"; }
trap clean EXIT
ip link set lo up

# The machine: the programs a Debian always has, with the libraries they need,
# and nothing of PostgreSQL.
mkdir -p "$machine"/{usr/bin,usr/sbin,usr/lib,usr/lib64,usr/local/bin,usr/share/zoneinfo,etc,proc,dev,tmp,root,srv,opt,var/lib,var/tmp,run}
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$machine/$folder"; done
chmod 1777 "$machine/tmp"
put() {
  local path
  path=$(type -P "$1") || { echo "this machine lacks $1" >&2; exit 1; }
  cp -L "$path" "$machine$(dirname "$path" | sed 's#^/bin#/usr/bin#; s#^/sbin#/usr/sbin#')/"
  { ldd "$path" 2>/dev/null || true; } | { grep -oE '/[^ ]+' || true; } | while read -r library; do
    mkdir -p "$machine$(dirname "$library")"
    cp -nL "$library" "$machine$library"
  done
}
for program in bash sh env id cat cp mv ln rm ls mkdir chmod chown chgrp sort head tail cut tr basename dirname readlink printf sha256sum \
  sed grep tar gzip getent useradd groupadd setpriv runuser stat test sleep; do put "$program"; done
# The C library whole, with its one locale: what every Debian has (libc6, libc-bin).
for nss in libnss_files.so.2 libm.so.6 libdl.so.2 librt.so.1 libpthread.so.0 libresolv.so.2; do
  library=$(find /lib/*-linux-gnu -name "$nss" 2>/dev/null | sed -n 1p)
  [ -z "$library" ] || { mkdir -p "$machine$(dirname "$library")"; cp -L "$library" "$machine$library"; }
done
[ ! -d /usr/lib/locale/C.utf8 ] || { mkdir -p "$machine/usr/lib/locale"; cp -r /usr/lib/locale/C.utf8 "$machine/usr/lib/locale/"; }
cp -L /usr/share/zoneinfo/UTC "$machine/usr/share/zoneinfo/UTC"
mkdir -p "$machine/usr/share/zoneinfo/Asia"
cp -L /usr/share/zoneinfo/Asia/Ho_Chi_Minh "$machine/usr/share/zoneinfo/Asia/Ho_Chi_Minh"
printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >"$machine/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$machine/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files\n' >"$machine/etc/nsswitch.conf"
printf '127.0.0.1 localhost\n' >"$machine/etc/hosts"
printf 'root:*:19000:0:99999:7:::\n' >"$machine/etc/shadow"; : >"$machine/etc/gshadow"
mkdir -p "$machine/etc/pam.d"; printf 'auth sufficient pam_rootok.so\naccount required pam_permit.so\nsession required pam_permit.so\n' >"$machine/etc/pam.d/runuser"
for pam in pam_rootok pam_permit; do
  library=$(find /lib/*-linux-gnu/security -name "$pam.so" | sed -n 1p)
  mkdir -p "$machine$(dirname "$library")"; cp -L "$library" "$machine$library"
done
mount -t proc proc "$machine/proc"
mount -t tmpfs -o mode=755 dev "$machine/dev"
mknod -m 666 "$machine/dev/null" c 1 3; mknod -m 666 "$machine/dev/urandom" c 1 9; mknod -m 666 "$machine/dev/random" c 1 8
mknod -m 666 "$machine/dev/zero" c 1 5; mkdir -m 1777 "$machine/dev/shm"
cp "$older" "$machine/srv/older.$kind"; cp "$newer" "$machine/srv/newer.$kind"
if [ "$kind" = deb ]; then
  for program in dpkg dpkg-deb dpkg-query dpkg-split ldconfig start-stop-daemon diff rmdir touch uname find; do put "$program"; done
  mkdir -p "$machine"/var/lib/dpkg/{info,updates,triggers,parts,alternatives} "$machine/etc/dpkg"
  dpkg-query -s libc6 tzdata passwd >"$machine/var/lib/dpkg/status" # what the package depends on
  touch "$machine/var/lib/dpkg/info/"{"libc6:$(dpkg --print-architecture)",tzdata,passwd}.list
fi

cat >"$machine/srv/inside.sh" <<'INSIDE'
set -euo pipefail
export PATH=/usr/local/bin:/usr/sbin:/usr/bin LC_ALL=C.UTF-8
people=$1 kind=$2
data=/var/lib/ansinh
say() { echo "== $*"; }
as() { runuser -u ansinh -- "$@"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

say "no network, no PostgreSQL"
if (exec 3<>/dev/tcp/198.51.100.1/80) 2>/dev/null; then fail "there is a network"; fi
! command -v postgres >/dev/null && ! ls /usr/lib/postgresql 2>/dev/null || fail "there is a PostgreSQL"

cd /srv
if [ "$kind" = deb ]; then
  older=older.deb newer=newer.deb
  install() { dpkg -i "$1"; }
  remove() { dpkg -r ansinh; }
else
  tar -xf older.gz; tar -xf newer.gz
  set -- $(ls -d ansinh-*-linux-* | sort -V)
  older=$1 newer=$2
  install() { "./$1/install.sh"; }
  remove() { "./$newer/install.sh" --remove; }
fi
say "install"; install "$older"
say "install again changes nothing"; install "$older" >/dev/null
first=$(ansinh version)

say "every library of the package is its own, but the C library's"
for file in /opt/ansinh/current/lib/postgresql/*/bin/*; do
  # $? of the loader: 127 when a library is missing
  LD_LIBRARY_PATH=/opt/ansinh/current/lib/ansinh "$file" --version >/dev/null || fail "$file does not run"
done

say "demo"; as ansinh demo --dir $data --people "$people" --no-serve --json >/tmp/summary.json 2>/tmp/demo.log || { cat /tmp/demo.log; fail demo; }
grep -q '"verified": true' /tmp/summary.json || fail "the ledger does not verify"
lines=$(as ansinh ledger verify --dir $data --json | sed -n 's/.*"lines": \([0-9]*\).*/\1/p')

say "upgrade"; install "$newer"
second=$(ansinh version)
[ "$first" != "$second" ] || fail "the version did not change: $second"
as ansinh db psql --dir $data -- -Atc 'SELECT max(version_id) FROM migration.version' | grep -x "${second##* }" >/dev/null || fail "the database did not roll forward"
as ansinh ledger verify --dir $data --json | grep "\"lines\": $lines" >/dev/null || fail "the ledger changed with the upgrade"
say "downgrade is refused"; if install "$older" >/tmp/down 2>&1; then fail "downgraded"; fi; cat /tmp/down
[ "$(ansinh version)" = "$second" ] || fail "a refused downgrade changed the version"
say "backup"; as ansinh backup --dir $data --to /var/backups/ansinh/; as ansinh backup verify /var/backups/ansinh/*.ansinh-backup
say "doctor"; as ansinh doctor --dir $data || fail "the doctor has something to mend"
say "remove leaves data"; remove
[ ! -e /usr/local/bin/ansinh ] && [ -f $data/pg/PG_VERSION ] && ls /var/backups/ansinh/*.ansinh-backup >/dev/null || fail "data is gone, or programs stayed"
[ -d $data/journal ] && [ -f $data/keys ] || fail "journal or keys are gone"
[ -f /etc/ansinh/ansinh.env ] || fail "the settings are gone"
if [ "$kind" = deb ]; then
  ! find /opt/ansinh -type f 2>/dev/null | grep . || fail "files of the package stayed"
  say "purge takes the settings and leaves the data"; dpkg -P ansinh
  [ ! -e /etc/ansinh ] && [ ! -e /opt/ansinh ] || fail "the settings stayed"
  [ -f $data/pg/PG_VERSION ] && [ -d $data/journal ] && [ -f $data/keys ] && ls /var/backups/ansinh/*.ansinh-backup >/dev/null || fail "the purge took data"
  say "install after a purge finds the data"; install "$newer"
  as ansinh ledger verify --dir $data --json | grep "\"lines\": $lines" >/dev/null || fail "the ledger changed"
  say "all good"; exit 0
fi
say "a damaged package is refused"; echo x >>"$older/tree/doc/NOTICE"; if "./$older/install.sh" >/dev/null 2>&1; then fail "a damaged package was installed"; fi
say "all good"
INSIDE
status=0
chroot "$machine" /usr/bin/env -i HOME=/srv ANSINH_DATABASE_URL= bash /srv/inside.sh "$people" "$kind" || status=$?
exit $status
