#!/bin/sh
# Installs or upgrades An Sinh on this machine, without any network. As root:
#   ./install.sh            installs, or upgrades what is here
#   ./install.sh --remove   removes the programs; data and backups stay
# Doing it again changes nothing. An older version than the installed one is
# refused: the database only goes forward; restore a backup instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
say() { echo "ansinh: $*"; }
fail() { echo "ansinh: $*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || fail "cần quyền root / needs root: sudo ./install.sh"
if [ "${1:-}" = --remove ]; then
  [ -x /opt/ansinh/current/libexec/setup.sh ] || fail "chưa cài / not installed"
  installed=$(readlink -f /opt/ansinh/current)
  /opt/ansinh/current/libexec/setup.sh remove "$installed"
  rm -rf "$installed"
  say "đã gỡ chương trình; dữ liệu ở /var/lib/ansinh còn nguyên / the programs are removed; the data in /var/lib/ansinh stays"
  exit 0
fi
[ $# -eq 0 ] || fail "usage: ./install.sh [--remove]"

(cd "$here" && sha256sum --quiet -c SHA256SUMS) || fail "gói bị hỏng, chép lại / the package is damaged: copy it again"
[ -e /usr/share/zoneinfo/UTC ] || fail "thiếu dữ liệu múi giờ / time zones are missing: package tzdata"
version=$(cat "$here/VERSION")
if [ -e /opt/ansinh/current ]; then
  old=$(basename "$(readlink -f /opt/ansinh/current)")
  newest=$(printf '%s\n%s\n' "$old" "$version" | sort -V | tail -n 1)
  [ "$newest" = "$version" ] || fail "đang có bản mới hơn $old, không hạ cấp / the newer version $old is installed; it is not downgraded"
fi
target=/opt/ansinh/$version
if [ ! -e "$target/bin/ansinh" ]; then
  mkdir -p /opt/ansinh
  rm -rf "$target.part"
  cp -r "$here/tree" "$target.part"
  chown -R 0:0 "$target.part"
  rm -rf "$target"
  mv "$target.part" "$target"
fi
exec "$target/libexec/setup.sh" setup "$target"
