#!/usr/bin/env bash
# Proves that the units work under a systemd that really runs: systemd-test.sh
# OLD.deb NEWER.deb [PEOPLE]. It boots this Debian's systemd as process 1 of name
# spaces of its own, without any network, on a copy of this machine's root that
# forgets everything at the end. Inside: installs, runs the demo, starts the
# service, makes a backup beside it, kills the program, upgrades while it works, is
# refused the downgrade, stops, removes. Needs root and a kernel that mounts
# overlay and cgroup2 in a name space; many containers forbid that.
set -euo pipefail

older=$(readlink -f "${1:?usage: systemd-test.sh OLD.deb NEWER.deb [PEOPLE]}")
newer=$(readlink -f "${2:?usage: systemd-test.sh OLD.deb NEWER.deb [PEOPLE]}")
people=${3:-60}

if [ "${ANSINH_INSIDE:-}" = "" ]; then
  said=$(mktemp -d)
  trap 'rm -rf "$said"' EXIT
  env -i ANSINH_INSIDE="$said" PATH="$PATH" TMPDIR="${TMPDIR:-/tmp}" unshare --net --mount --pid --ipc --uts --cgroup --fork --propagation private \
    "$0" "$older" "$newer" "$people" >"$said/console" 2>&1 || true # process 1 ends by switching its machine off
  cat "$said/out" 2>/dev/null || cat "$said/console"
  [ -e "$said/good" ]
  exit
fi

work=$(mktemp -d)
mount -t tmpfs none "$work"
mkdir "$work"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
machine=$work/root
mount -t proc proc "$machine/proc"
mount -t sysfs sysfs "$machine/sys"
mount -t tmpfs -o mode=755 cgroup "$machine/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$machine/sys/fs/cgroup"
mount -t tmpfs -o mode=755 dev "$machine/dev"
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$machine/dev/${device%:*}" c 1 "${device#*:}"; done
mknod -m 666 "$machine/dev/tty" c 5 0
mkdir -m 1777 "$machine/dev/shm"
mkdir "$machine/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$machine/dev/pts"
ln -s pts/ptmx "$machine/dev/ptmx"
ln -s /proc/self/fd "$machine/dev/fd"
mount -t tmpfs -o mode=755 run "$machine/run"
mount -t tmpfs -o mode=1777 tmp "$machine/tmp"
mkdir -p "$machine/srv/said"
mount --bind "$ANSINH_INSIDE" "$machine/srv/said"
cp "$older" "$machine/srv/older.deb"
cp "$newer" "$machine/srv/newer.deb"
ip link set lo up
# Nothing of this machine's own services, and nothing of an An Sinh that it has.
rm -rf "$machine"/etc/systemd/system/*.wants "$machine"/{var/lib,var/backups,etc,opt}/ansinh
: >"$machine/etc/machine-id"

cat >"$machine/srv/inside.sh" <<'INSIDE'
set -euo pipefail
export PATH=/usr/local/bin:/usr/sbin:/usr/bin LC_ALL=C.UTF-8
people=$1 data=/var/lib/ansinh
say() { echo "== $*"; }
fail() { echo "FAILED: $*"; journalctl --no-pager -n 40 -u 'ansinh*'; exit 1; }
as() { runuser -u ansinh -- "$@"; }
database() { head -n 1 "$data/pg/postmaster.pid"; }
program() { systemctl show -P MainPID ansinh.service; }
# until CONDITION… looks for five minutes: only a fault takes that long.
until_true() { for _ in $(seq 3000); do "$@" 2>/dev/null && return; sleep 0.1; done; fail "$* never came true"; }
answers() { systemctl is-active --quiet ansinh.service && (exec 3<>/dev/tcp/127.0.0.1/8080); }

say "install, demo"; dpkg -i /srv/older.deb
systemctl is-enabled --quiet ansinh-backup.timer || fail "no backup every night"
as ansinh demo --dir $data --people "$people" --no-serve --json >/tmp/demo.json
say "the service starts, and its database runs inside the sandbox"; systemctl start ansinh.service; until_true answers
grep -Eq '^NoNewPrivs:\s1$' "/proc/$(database)/status" && grep -Eq '^Seccomp:\s2$' "/proc/$(database)/status" || fail "the database is outside the sandbox"
[ "$(stat -c %U "/proc/$(database)")" = ansinh ] || fail "the database runs as another user"

say "a backup beside it takes nothing away"; first=$(database); systemctl start ansinh-backup.service
ls /var/backups/ansinh/*.ansinh-backup >/dev/null && [ "$(database)" = "$first" ] && answers || fail "the backup"

say "the program is killed: systemd starts it again on the same database"
killed=$(program); kill -9 "$killed"; restarted() { [ "$(program)" != 0 ] && [ "$(program)" != "$killed" ] && answers; }; until_true restarted
[ "$(database)" = "$first" ] || fail "the database was killed with the program"

say "the backup starts the database, the service comes to it: it stays when the backup ends"
systemctl stop ansinh.service; [ ! -e $data/pg/postmaster.pid ] || fail "the database is still there"
rm /var/backups/ansinh/* # the demo's clock stands, so the next one has the same name
systemctl start --no-block ansinh-backup.service; until_true test -s $data/pg/postmaster.pid
systemctl start ansinh.service; until_true answers
over() { [ "$(systemctl show -P ActiveState ansinh-backup.service)" = inactive ]; }; until_true over
as ansinh ledger verify --dir $data >/dev/null && answers || fail "the database went with the backup"

say "upgrade while it works"; before=$(program); dpkg -i /srv/newer.deb; until_true answers
[ "$(program)" != "$before" ] && [ "$(readlink "/proc/$(program)/exe")" = /opt/ansinh/0.1.2/bin/ansinh ] || fail "the old program still runs"
say "a refused downgrade leaves it at work"; ! dpkg -i /srv/older.deb || fail "downgraded"; until_true answers
as ansinh ledger verify --dir $data

say "stop ends the database cleanly"; systemctl stop ansinh.service
[ ! -e $data/pg/postmaster.pid ] && [ "$(systemctl show -P Result ansinh.service)" = success ] || fail "stopped badly: $(systemctl show -P Result ansinh.service)"
LD_LIBRARY_PATH=/opt/ansinh/current/lib/ansinh /opt/ansinh/current/lib/postgresql/*/bin/pg_controldata $data/pg | grep 'state.*shut down$' || fail "the database was killed"
say "remove, with the service at work"; systemctl start ansinh.service; until_true answers; dpkg -r ansinh
[ ! -e /etc/systemd/system/ansinh.service ] && [ ! -e $data/pg/postmaster.pid ] && [ -f $data/keys ] || fail "removed badly"
say "all good"; : >/srv/said/good
INSIDE
cat >"$machine/etc/systemd/system/check.service" <<CHECK
[Unit]
DefaultDependencies=no
After=dbus.socket systemd-journald.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/bash /srv/inside.sh $people
StandardOutput=append:/srv/said/out
StandardError=append:/srv/said/out
ExecStopPost=/bin/systemctl --force --force poweroff
CHECK
printf '[Unit]\nRequires=dbus.socket systemd-journald.service check.service\n' >"$machine/etc/systemd/system/check.target"
# The sandbox of a service needs a root that is a mount, which a chroot is not.
cd "$machine"
pivot_root . .
umount -l .
exec env -i container=ansinh PATH=/usr/sbin:/usr/bin chroot . /lib/systemd/systemd --unit=check.target --log-target=journal </dev/null
