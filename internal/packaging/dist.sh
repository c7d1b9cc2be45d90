#!/usr/bin/env bash
# Builds the offline package: dist.sh VERSION FOLDER. The program (static), the
# machine's PostgreSQL with every library it needs but the C library, documents,
# a systemd unit, install.sh and SHA256SUMS in one .tar.gz, and the same as a
# .deb. The same commit on the same Debian gives the same bytes: sorted names,
# one time for all files, no owner. GOFLAGS goes to the compiler as it is.
set -euo pipefail

version=${1:?usage: dist.sh VERSION FOLDER}
out=${2:?usage: dist.sh VERSION FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
architecture=$(dpkg --print-architecture)
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$repository" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH=$epoch LC_ALL=C TZ=UTC
umask 022

postgres=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
[ -n "$postgres" ] || { echo "No PostgreSQL to package: apt-get install postgresql" >&2; exit 1; }
bin=$(dirname "$postgres")
major=$(basename "$(dirname "$bin")")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=ansinh-$version-linux-$architecture
top=$work/$name
root=$top/tree
mkdir -p "$root"/{bin,lib/ansinh,libexec,doc/licences} "$root/lib/postgresql/$major"/{bin,lib} "$root/share/postgresql"

(cd "$repository" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$version" -o "$root/bin/ansinh" ./cmd/ansinh)

for program in postgres initdb pg_ctl pg_controldata pg_dump pg_restore pg_basebackup pg_verifybackup psql; do
  cp "$bin/$program" "$root/lib/postgresql/$major/bin/"
done
modules=$(dirname "$bin")/lib
for module in plpgsql dict_snowball libpqwalreceiver pgoutput amcheck pg_stat_statements; do
  cp "$modules/$module.so" "$root/lib/postgresql/$major/lib/"
done
cp "$modules"/*_and_*.so "$root/lib/postgresql/$major/lib/"
cp -r "/usr/share/postgresql/$major" "$root/share/postgresql/"
rm -rf "$root/share/postgresql/$major"/{man,contrib}
find "$root/share/postgresql/$major/extension" -type f ! -name 'plpgsql*' ! -name 'amcheck*' ! -name 'pg_stat_statements*' -delete

# Every library but those of the C library: those belong to the machine's own
# loader, so the machine must have at least this one's version (libc-min).
find "$root/lib/postgresql" -type f -exec ldd {} + 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u >"$work/libraries"
packages="postgresql-$major postgresql-client-$major"
while read -r library; do
  case $(basename "$library") in
    libc.so.* | libm.so.* | libdl.so.* | librt.so.* | libpthread.so.* | libresolv.so.* | ld-linux*) continue ;;
  esac
  cp -L "$library" "$root/lib/ansinh/"
  owner=$(dpkg -S "$library" 2>/dev/null || dpkg -S "$(readlink -f "$library")" 2>/dev/null || dpkg -S "/usr$library" 2>/dev/null || true)
  packages="$packages $(echo "$owner" | head -n 1 | cut -d : -f 1)"
done <"$work/libraries"
ldd --version 2>&1 | sed -nE '1s/.* ([0-9.]+)$/\1/p' >"$root/libexec/libc-min"

for package in $(echo "$packages" | tr ' ' '\n' | sort -u); do
  notice=/usr/share/doc/$package/copyright
  [ -f "$notice" ] && cp -L "$notice" "$root/doc/licences/$package"
done
cp "$repository"/{LICENSE,NOTICE,README.md} "$root/doc/"
cp -r "$repository/docs" "$root/doc/docs"
# Licences of the libraries compiled in.
(cd "$repository" && go list -deps -f '{{with .Module}}{{.Path}} {{.Dir}}{{end}}' ./cmd/ansinh | sort -u) | while read -r module folder; do
  [ -n "$folder" ] && [ "$module" != ansinh ] || continue
  for file in "$folder"/LICENSE* "$folder"/COPYING* "$folder"/LICENCE*; do
    [ -f "$file" ] && cat "$file" >>"$root/doc/licences/go-$(echo "$module" | tr / _)"
  done
done || true

cp "$here/setup.sh" "$root/libexec/setup.sh"
cp "$here"/*.service "$here"/*.timer "$here/ansinh.env" "$root/libexec/"
cp "$here/install.sh" "$top/install.sh"
echo "$version" >"$top/VERSION"
chmod -R u=rwX,go=rX "$top"
chmod 755 "$root/bin/ansinh" "$top/install.sh" "$root/libexec/setup.sh"
(cd "$top" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
find "$top" -exec touch -h -d "@$epoch" {} +

mkdir -p "$out"
tar -C "$work" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=gnu -cf - "$name" | gzip -n -6 >"$out/$name.tar.gz.part"
mv "$out/$name.tar.gz.part" "$out/$name.tar.gz"

# The same as a Debian package; the maintainer scripts call the same setup.sh.
deb=$work/deb
mkdir -p "$deb/DEBIAN" "$deb/opt/ansinh"
cp -r "$root" "$deb/opt/ansinh/$version"
cat >"$deb/DEBIAN/control" <<CONTROL
Package: ansinh
Version: $version
Architecture: $architecture
Maintainer: An Sinh
Depends: libc6 (>= $(cat "$root/libexec/libc-min")), tzdata, passwd
Section: admin
Priority: optional
Description: An Sinh, cashless social-welfare disbursement
 Lists, entitlements, approved payments in a double-entry ledger, banks,
 settlement, reconciliation, reports. Brings its own PostgreSQL server
 programs; data in /var/lib/ansinh is never removed by this package.
CONTROL
# $2 of preinst is the installed version; a refusal calls the old postinst, which
# starts the service again that the old prerm stopped.
script() { { printf '#!/bin/sh\nset -e\nversion=%s setup=/opt/ansinh/%s/libexec/setup.sh target=/opt/ansinh/%s\n' "$version" "$version" "$version"; cat; } >"$deb/DEBIAN/$1"; chmod 755 "$deb/DEBIAN/$1"; }
script preinst <<'PREINST'
if [ "$1" = upgrade ] && dpkg --compare-versions "$2" gt "$version"; then
  echo "ansinh: đang có bản mới hơn $2, không hạ cấp / the newer version $2 is installed; it is not downgraded" >&2
  exit 1
fi
PREINST
script prerm <<'PRERM'
case $1 in
  remove) "$setup" remove "$target" ;;
  upgrade) "$setup" stop "$target" ;;
esac
PRERM
script postinst <<'POSTINST'
case $1 in configure | abort-upgrade | abort-remove) "$setup" setup "$target" ;; esac
POSTINST
# Settings go with a purge, as Debian's policy wants; data, keys, journal and
# backups stay, and so does the user they belong to.
script postrm <<'POSTRM'
if [ "$1" = purge ]; then
  rm -f /etc/ansinh/ansinh.env
  for folder in /etc/ansinh /opt/ansinh /var/lib/ansinh /var/backups/ansinh; do
    [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
  done
fi
POSTRM
find "$deb" -exec touch -h -d "@$epoch" {} +
dpkg-deb --root-owner-group -Zgzip -z6 --build "$deb" "$out/ansinh_${version}_$architecture.deb" >/dev/null
(cd "$out" && sha256sum "$name.tar.gz" "ansinh_${version}_$architecture.deb" >"SHA256SUMS")
cat "$out/SHA256SUMS"
