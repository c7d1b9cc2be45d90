package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Source is a running database to back up.
type Source struct {
	URL     string
	Dir     string // data folder whose own server it is, "" for a server elsewhere
	Program string // version of this program
	Now     time.Time
}

const (
	manifestName = "manifest.json"
	dumpName     = "database.dump"
)

// Suffix is how the files of backups end.
const Suffix = ".ansinh-backup"

// Write makes a backup at target, a file that does not exist yet or a folder
// that gets a file named after installation and time, and returns its path and
// manifest. Everybody may go on working: manifest and dump see one snapshot. The
// file is there whole or not at all.
func Write(ctx context.Context, s Source, target string) (path string, m Manifest, err error) {
	owner, err := pgdb.OpenOwner(ctx, s.URL, pgdb.Config{ConnectionsMax: 2, ApplicationName: "ansinh backup"})
	if err != nil {
		return "", m, err
	}
	defer owner.Close()
	if err := sealFirst(ctx, s); err != nil {
		return "", m, err
	}
	tx, err := owner.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return "", m, fmt.Errorf("backup: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it only read
	if m, err = describe(ctx, tx); err != nil {
		return "", m, err
	}
	m.TakenAt, m.Program = s.Now.UTC().Truncate(time.Second), s.Program
	if path, err = pathFor(target, m); err != nil {
		return "", m, err
	}
	dump := path + ".dump.part"
	defer os.Remove(dump) //nolint:errcheck // gone or left for the next run to replace
	if err := dumpTo(ctx, tx, s, dump); err != nil {
		return "", m, err
	}
	return path, m, pack(path, dump, &m)
}

// sealFirst puts what is committed into the chain, so that the manifest's head
// covers it.
func sealFirst(ctx context.Context, s Source) error {
	pool, err := pgdb.Open(ctx, s.URL, pgdb.Config{ConnectionsMax: 1, ApplicationName: "ansinh backup"})
	if err != nil {
		return err
	}
	defer pool.Close()
	return sealAll(ctx, pool, s.Now)
}

func sealAll(ctx context.Context, pool *pgxpool.Pool, now time.Time) error {
	for {
		n, _, err := ledger.Seal(ctx, pool, now)
		if n == 0 || err != nil {
			return err
		}
	}
}

func pathFor(target string, m Manifest) (string, error) {
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		target = filepath.Join(target, "ansinh-"+m.Installation+"-"+m.TakenAt.Format("20060102T150405Z")+Suffix)
	} else if strings.HasSuffix(target, string(filepath.Separator)) {
		if err := os.MkdirAll(target, 0o700); err != nil {
			return "", err
		}
		return pathFor(filepath.Clean(target), m)
	}
	if _, err := os.Stat(target); !errors.Is(err, os.ErrNotExist) {
		return "", errors.Join(err, fmt.Errorf("%s is there already: a backup never replaces one", target))
	}
	return target, nil
}

// dumpTo lets pg_dump copy exactly what tx sees.
func dumpTo(ctx context.Context, tx pgx.Tx, s Source, path string) error {
	var snapshot string
	if err := tx.QueryRow(ctx, `SELECT pg_catalog.pg_export_snapshot()`).Scan(&snapshot); err != nil {
		return fmt.Errorf("export the snapshot: %w", err)
	}
	cmd, err := pgdb.ClientCommand(ctx, s.Dir, "pg_dump", "--format=custom", "--compress=1", "--no-password",
		"--snapshot="+snapshot, "--file="+path, "--dbname="+s.URL)
	if err != nil {
		return err
	}
	return runTool(cmd)
}

// runTool runs one of PostgreSQL's programs; its words are the error's.
func runTool(cmd *exec.Cmd) error {
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w; it said:\n%s", filepath.Base(cmd.Path), err, strings.TrimSpace(string(said)))
	}
	return nil
}

// pack writes manifest and dump into one file and flushes it.
func pack(path, dump string, m *Manifest) (err error) {
	source, err := os.Open(dump)
	if err != nil {
		return err
	}
	defer source.Close()
	sum := sha256.New()
	if m.DumpSize, err = io.Copy(sum, source); err != nil {
		return err
	}
	m.DumpSHA256 = hex.EncodeToString(sum.Sum(nil))
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if _, err := source.Seek(0, io.SeekStart); err != nil {
		return err
	}
	part := path + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part) // half a backup helps nobody
		}
	}()
	out := tar.NewWriter(file)
	err = errors.Join(
		put(out, manifestName, int64(len(text)), m.TakenAt, strings.NewReader(string(text))),
		put(out, dumpName, m.DumpSize, m.TakenAt, source),
		out.Close(), file.Sync(), file.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func put(out *tar.Writer, name string, size int64, at time.Time, content io.Reader) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: at, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := io.Copy(out, content)
	return err
}
