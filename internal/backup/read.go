package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// manifestMax bounds what is read before anything is believed.
const manifestMax = 1 << 20

// ReadManifest reads what a backup says it holds, without checking the rest.
func ReadManifest(path string) (Manifest, error) {
	file, err := os.Open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer file.Close()
	m, _, err := openParts(file, path)
	return m, err
}

// openParts reads the manifest and leaves the archive at the dump.
func openParts(file io.Reader, path string) (Manifest, *tar.Reader, error) {
	in := tar.NewReader(file)
	header, err := in.Next()
	if err != nil || header.Name != manifestName {
		return Manifest{}, nil, damaged(path, err)
	}
	text, err := io.ReadAll(io.LimitReader(in, manifestMax))
	if err != nil {
		return Manifest{}, nil, damaged(path, err)
	}
	m, err := readManifest(text, path)
	if err != nil {
		return m, nil, err
	}
	header, err = in.Next()
	if err != nil || header.Name != dumpName || header.Size != m.DumpSize {
		return m, nil, damaged(path, err)
	}
	return m, in, nil
}

// extract writes the dump of the backup at path to target and requires its hash.
func extract(path, target string) (m Manifest, err error) {
	file, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer file.Close()
	m, in, err := openParts(file, path)
	if err != nil {
		return m, err
	}
	out, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return m, err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), in)
	if err := errors.Join(err, out.Close()); err != nil {
		return m, damaged(path, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != m.DumpSHA256 {
		return m, damaged(path, errors.New("the dump has another hash than the manifest says"))
	}
	return m, nil
}

// Checked is what Verify found.
type Checked struct {
	Manifest Manifest
	Lines    int64
	Vouchers int64
	Head     string
}

// Verify restores the backup into a server of its own in a temporary folder,
// walks the whole ledger there and compares head and counts with the manifest.
// Nothing of it stays.
func Verify(ctx context.Context, path, temporary string) (c Checked, err error) {
	dir, err := os.MkdirTemp(temporary, "ansinh-backup-verify-")
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { // the server's own user must pass
		return c, err
	}
	c.Manifest, err = load(ctx, path, dir, func(pool *pgxpool.Pool, _ string, m Manifest) error {
		var err error
		c.Vouchers, c.Lines, c.Head, err = compare(ctx, pool, m)
		return err
	})
	return c, err
}

// load restores the backup into a server inside dir, which must be empty, hands
// an open database to use, and stops the server.
func load(ctx context.Context, path, dir string, use func(*pgxpool.Pool, string, Manifest) error) (m Manifest, err error) {
	dump := filepath.Join(dir, dumpName)
	if m, err = extract(path, dump); err != nil {
		return m, err
	}
	server, err := pgdb.StartServer(ctx, dir, pgdb.ServerOptions{})
	if err != nil {
		return m, err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, server.Stop(ending))
	}()
	if err := pgdb.EnsureRoles(ctx, server.URL()); err != nil {
		return m, err
	}
	cmd, err := pgdb.ClientCommand(ctx, dir, "pg_restore", "--exit-on-error", "--jobs=2", "--no-password", "--dbname="+server.URL(), dump)
	if err != nil {
		return m, err
	}
	if err := runTool(cmd); err != nil {
		return m, err
	}
	if err := os.Remove(dump); err != nil {
		return m, err
	}
	pool, err := pgdb.Open(ctx, server.URL(), pgdb.Config{ConnectionsMax: 4, ApplicationName: "ansinh restore"})
	if err != nil {
		return m, err
	}
	defer pool.Close()
	return m, use(pool, server.URL(), m)
}

// compare verifies the restored ledger and requires the head and the counts of
// the manifest.
func compare(ctx context.Context, pool *pgxpool.Pool, m Manifest) (vouchers, lines int64, head string, err error) {
	anchor, err := ledger.ParseHead(m.Head)
	if err != nil {
		return 0, 0, "", err
	}
	options := ledger.VerifyOptions{}
	if anchor.ChainNo > 0 {
		options.Anchor = &anchor
	}
	report, err := ledger.Verify(ctx, pool, options)
	if err != nil {
		return 0, 0, "", err
	}
	ties, err := ledger.CheckTies(ctx, pool)
	if err != nil {
		return 0, 0, "", err
	}
	vouchers, lines, head = report.Vouchers, report.Lines, report.Head.String()
	why := report.Err()
	if len(ties) > 0 {
		why = errors.Join(why, ties[0])
	}
	if head != m.Head || vouchers != m.Vouchers || lines != m.Lines {
		why = errors.Join(why, fmt.Errorf("it holds %d vouchers and %d lines up to %s; the manifest says %d, %d, %s",
			vouchers, lines, head, m.Vouchers, m.Lines, m.Head))
	}
	if why != nil {
		return vouchers, lines, head, errs.Coded(errs.Conflict, "BACKUP-LEDGER",
			"Sổ trong bản sao lưu không khớp với bản kê của nó: không dùng bản này. / The ledger in the backup is not what its manifest says: do not use it.", why)
	}
	return vouchers, lines, head, nil
}

// RestoreOptions says what is restored where. Journal holds the surviving send
// journals, which are copied; "" only with JournalLost.
type RestoreOptions struct {
	File        string
	Dir         string // must not exist, or be empty
	Journal     string
	JournalLost bool
	Keys        string                // keys file to copy; "" = the operator brings it
	Clock       string                // a demo's clock to copy; "" = none
	Anchor      func() *ledger.Anchor // newest head kept elsewhere; may return nil
	Now         func() time.Time      // called after Clock was copied
}

// Restore puts a backup into a new folder: a server of its own, the schema of
// this program, every channel closed, a new epoch. It works beside the target
// and renames at the end, so a restore that was interrupted leaves no folder
// that could be taken for a whole one.
func Restore(ctx context.Context, o RestoreOptions) (m Manifest, r *payout.Restored, err error) {
	if err := mustBeEmpty(o.Dir); err != nil {
		return m, nil, err
	}
	work := filepath.Clean(o.Dir) + ".restoring"
	if err := os.RemoveAll(work); err != nil { // of a restore that was interrupted
		return m, nil, err
	}
	if err := os.MkdirAll(work, 0o711); err != nil {
		return m, nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(work) // ours, and never used
		}
	}()
	m, err = load(ctx, o.File, work, func(pool *pgxpool.Pool, url string, m Manifest) error {
		if _, _, _, err := compare(ctx, pool, m); err != nil {
			return err
		}
		if err := pgdb.Migrate(ctx, url); err != nil {
			return err
		}
		if err := takeOver(o, work); err != nil {
			return err
		}
		witness := payout.Witness{Journal: filepath.Join(work, "journal")}
		if o.Anchor != nil {
			if a := o.Anchor(); a != nil && a.Installation == m.Installation {
				witness.Anchor, witness.Epoch = &a.Head, a.Epoch
			}
		}
		r, err = payout.MarkRestored(ctx, pool, witness, o.Now())
		return err
	})
	if err != nil {
		return m, nil, err
	}
	if err := os.Remove(o.Dir); err != nil && !errors.Is(err, os.ErrNotExist) { // empty, as was checked
		return m, nil, err
	}
	return m, r, os.Rename(work, o.Dir)
}

func mustBeEmpty(dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(list) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return errs.Coded(errs.Conflict, "BACKUP-TARGET", fmt.Sprintf("Thư mục %s không trống: chọn --dir mới, dữ liệu cũ không bị thay. / "+
		"%s is not empty: choose a new --dir; nothing is replaced.", dir, dir), nil)
}

// takeOver copies what survived outside the database into the new folder.
func takeOver(o RestoreOptions, work string) error {
	folder := filepath.Join(work, "journal")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if o.Journal != "" && !o.JournalLost {
		files, err := filepath.Glob(filepath.Join(o.Journal, "*.sent.jsonl"))
		if err != nil {
			return err
		}
		for _, path := range files {
			if err := copyFile(path, filepath.Join(folder, filepath.Base(path)), 0o600); err != nil {
				return err
			}
		}
	}
	for source, name := range map[string]string{o.Keys: "keys", o.Clock: "clock"} {
		if source == "" {
			continue
		}
		if err := copyFile(source, filepath.Join(work, name), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
