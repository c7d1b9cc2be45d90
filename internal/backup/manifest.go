package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// formatNow is the form of the file this program writes.
const formatNow = 1

// Manifest says what a backup holds. It is the first part of the file.
type Manifest struct {
	Format       int       `json:"format"`
	Installation string    `json:"installation"`
	Epoch        int       `json:"epoch"`
	Demo         bool      `json:"demo"`
	TakenAt      time.Time `json:"taken_at"`
	Head         string    `json:"ledger_head"`
	Vouchers     int64     `json:"vouchers"`
	Lines        int64     `json:"lines"`
	Migrations   []int64   `json:"migrations"`
	Program      string    `json:"program"`    // version of ansinh
	PostgreSQL   string    `json:"postgresql"` // version of the server
	DatabaseSize int64     `json:"database_bytes"`
	DumpSize     int64     `json:"dump_bytes"`
	DumpSHA256   string    `json:"dump_sha256"`
}

const sqlCounts = `
SELECT (SELECT count(*) FROM ledger.voucher), (SELECT coalesce(sum(lines), 0)::bigint FROM ledger.voucher),
       pg_catalog.current_setting('server_version'), pg_catalog.pg_database_size(pg_catalog.current_database()),
       coalesce((SELECT demo FROM registry.setting), false)`

// describe reads the manifest inside the snapshot that is dumped.
func describe(ctx context.Context, tx pgx.Tx) (Manifest, error) {
	m := Manifest{Format: formatNow}
	origin, err := payout.ReadOrigin(ctx, tx)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, errs.Coded(errs.NotFound, "BACKUP-NOTHING",
			"Cơ sở dữ liệu này chưa được cài đặt, chưa có gì để sao lưu. / This database is not set up yet; there is nothing to back up.", err)
	}
	if err != nil {
		return m, err
	}
	m.Installation, m.Epoch = origin.Installation, origin.Epoch
	head, err := ledger.ReadHead(ctx, tx)
	if err != nil {
		return m, err
	}
	m.Head = head.String()
	if m.Migrations, err = pgdb.AppliedMigrations(ctx, tx); err != nil {
		return m, err
	}
	if err := tx.QueryRow(ctx, sqlCounts).Scan(&m.Vouchers, &m.Lines, &m.PostgreSQL, &m.DatabaseSize, &m.Demo); err != nil {
		return m, fmt.Errorf("count what is backed up: %w", err)
	}
	return m, nil
}

// readManifest refuses what this program does not understand.
func readManifest(text []byte, path string) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil || m.Format < 1 {
		return m, damaged(path, fmt.Errorf("manifest: %w", err))
	}
	if m.Format > formatNow {
		return m, errs.Coded(errs.Conflict, "BACKUP-NEWER", fmt.Sprintf("Bản sao lưu %s do phiên bản %s mới hơn tạo ra: hãy cài phiên bản đó trước. / "+
			"The backup %s was made by the newer version %s: install that first.", path, m.Program, path, m.Program), nil)
	}
	known := map[int64]bool{}
	for _, n := range pgdb.MigrationNumbers() {
		known[n] = true
	}
	for _, n := range m.Migrations {
		if !known[n] {
			return m, errs.Coded(errs.Conflict, "BACKUP-NEWER", fmt.Sprintf("Bản sao lưu %s do phiên bản %s mới hơn tạo ra: hãy cài phiên bản đó trước. / "+
				"The backup %s was made by the newer version %s: install that first.", path, m.Program, path, m.Program), fmt.Errorf("migration %d", n))
		}
	}
	return m, nil
}

// damaged is a file that is no backup or not whole.
func damaged(path string, cause error) error {
	return errs.Coded(errs.Invalid, "BACKUP-DAMAGED", fmt.Sprintf("Tệp %s không phải bản sao lưu hoặc đã hỏng: lấy bản khác. / "+
		"%s is no backup, or it is damaged: take another one.", path, path), cause)
}
