#!/bin/sh
# What both packages do with a version that lies in its folder:
#   setup.sh setup /opt/ansinh/VERSION    user, folders, unit, switch, migrate
#   setup.sh stop /opt/ansinh/VERSION     before its files are replaced; setup starts again
#   setup.sh remove /opt/ansinh/VERSION   unit and links; never data
set -eu
target=${2:?usage: setup.sh setup|stop|remove FOLDER}
data=/var/lib/ansinh
stopped=/run/ansinh-stopped-for-upgrade
say() { echo "ansinh: $*"; }
fail() { echo "ansinh: $*" >&2; exit 1; }

systemd() { [ -d /run/systemd/system ]; }

# as_ansinh runs a command as the service's own user.
as_ansinh() {
  if command -v runuser >/dev/null 2>&1; then runuser -u ansinh -- "$@"; else setpriv --reuid=ansinh --regid=ansinh --init-groups "$@"; fi
}

# stop ends the service and remembers that it ran.
stop() {
  if systemd && systemctl is-active --quiet ansinh.service; then
    say "dừng dịch vụ, chờ việc đang làm xong / stopping the service, work under way ends first"
    : >"$stopped"
    systemctl stop ansinh.service
  fi
}

setup() {
  "$target/bin/ansinh" version >/dev/null || fail "chương trình không chạy trên máy này / the program does not run on this machine"
  LD_LIBRARY_PATH=$target/lib/ansinh "$target"/lib/postgresql/*/bin/postgres --version >/dev/null ||
    fail "PostgreSQL đi kèm cần thư viện C $(cat "$target/libexec/libc-min") trở lên / the PostgreSQL inside needs a C library of at least that version"

  getent group ansinh >/dev/null 2>&1 || grep -q '^ansinh:' /etc/group || groupadd --system ansinh
  id ansinh >/dev/null 2>&1 || useradd --system --gid ansinh --home-dir "$data" --no-create-home --shell /usr/sbin/nologin ansinh
  for folder in "$data" /var/backups/ansinh; do
    [ -d "$folder" ] || { mkdir -p "$folder" && chown ansinh:ansinh "$folder" && chmod 0750 "$folder"; }
  done
  mkdir -p /etc/ansinh /usr/local/bin
  [ -e /etc/ansinh/ansinh.env ] || { cp "$target/libexec/ansinh.env" /etc/ansinh/ansinh.env && chmod 0640 /etc/ansinh/ansinh.env && chgrp ansinh /etc/ansinh/ansinh.env; }

  stop
  ln -sfn "$target" /opt/ansinh/current.new
  mv -T /opt/ansinh/current.new /opt/ansinh/current
  ln -sfn /opt/ansinh/current/bin/ansinh /usr/local/bin/ansinh
  if [ -f "$data/pg/PG_VERSION" ]; then
    as_ansinh /opt/ansinh/current/bin/ansinh db migrate --dir "$data"
  fi
  if systemd; then
    for unit in "$target"/libexec/*.service "$target"/libexec/*.timer; do
      cp "$unit" /etc/systemd/system/
    done
    systemctl daemon-reload
    systemctl enable --quiet ansinh-backup.timer
    if [ -e "$stopped" ]; then systemctl start ansinh.service && rm -f "$stopped"; fi
  else
    say "máy không dùng systemd: tự chạy / no systemd here, start it yourself: ansinh serve --dir $data"
  fi
  # Earlier versions are kept for a look back, but for the two newest.
  for old in $(ls -d /opt/ansinh/[0-9]* 2>/dev/null | sort -V | head -n -2); do
    case $old in *.part) ;; "$target") ;; *) [ -e "/var/lib/dpkg/info/ansinh.list" ] || rm -rf "$old" ;; esac
  done
  say "$("$target/bin/ansinh" version) đã cài / installed. docs: $target/doc/docs/OPERATING.md"
}

remove() {
  if systemd; then
    systemctl disable --now --quiet ansinh.service ansinh-backup.timer 2>/dev/null || true
    rm -f /etc/systemd/system/ansinh.service /etc/systemd/system/ansinh-backup.service /etc/systemd/system/ansinh-backup.timer
    systemctl daemon-reload
  fi
  if [ -f "$data/pg/postmaster.pid" ]; then as_ansinh "$target/bin/ansinh" db stop --dir "$data"; fi
  rm -f /usr/local/bin/ansinh
  [ "$(readlink -f /opt/ansinh/current)" != "$target" ] || rm -f /opt/ansinh/current
}

case $1 in
  setup) setup ;;
  stop) stop ;;
  remove) remove ;;
  *) fail "usage: setup.sh setup|stop|remove FOLDER" ;;
esac
