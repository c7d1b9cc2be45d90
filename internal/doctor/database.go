package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/payout"
)

// database looks inside. Without one there is one finding with the reason.
func (o Options) database(ctx context.Context) []Finding {
	failed := func(err error) []Finding {
		return []Finding{mend("database", fmt.Sprintf("không vào được cơ sở dữ liệu / the database cannot be reached: %v", err),
			"làm theo lời nhắn; xem pg-start.log trong thư mục dữ liệu / do what the message says; see pg-start.log in the data folder")}
	}
	if o.DatabaseErr != nil {
		return failed(o.DatabaseErr)
	}
	if missing, err := pgdb.MissingRoles(ctx, o.URL); err != nil {
		return failed(err)
	} else if len(missing) > 0 {
		return []Finding{mend("roles", "thiếu vai trò của cơ sở dữ liệu / the database lacks roles of An Sinh",
			"quản trị máy chủ chạy / the server's administrator runs:\n"+strings.Join(missing, "\n"))}
	}
	owner, err := pgdb.OpenOwner(ctx, o.URL, pgdb.Config{ConnectionsMax: 2, ApplicationName: "ansinh doctor"})
	if err != nil {
		return failed(err)
	}
	defer owner.Close()
	list := []Finding{good("roles", "ansinh_owner, ansinh_engine, ansinh_reader"), o.serverClock(ctx, owner)}
	for _, look := range []func(context.Context, pgdb.Querier) (Finding, error){
		settings, locale, schema, guards, o.newestVoucher, channels,
	} {
		f, err := look(ctx, owner)
		if err != nil {
			return append(list, failed(err)...)
		}
		list = append(list, f)
		if f.Check == "schema" && f.State == Mend {
			return list // the tables of the rest may be missing
		}
	}
	return list
}

const sqlSettings = `
SELECT name, setting FROM pg_catalog.pg_settings
 WHERE name IN ('server_version_num', 'fsync', 'full_page_writes', 'data_checksums', 'server_version')
 ORDER BY name`

const versionMin = 150_000

func settings(ctx context.Context, db pgdb.Querier) (Finding, error) {
	rows, _ := db.Query(ctx, sqlSettings)
	set := map[string]string{}
	var name, value string
	if _, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error { set[name] = value; return nil }); err != nil {
		return Finding{}, fmt.Errorf("settings: %w", err)
	}
	if n, _ := strconv.Atoi(set["server_version_num"]); n < versionMin {
		return mend("server", "PostgreSQL "+set["server_version"]+" quá cũ / is too old", "cần PostgreSQL 15 trở lên / PostgreSQL 15 or newer is needed"), nil
	}
	for _, name := range []string{"fsync", "full_page_writes"} {
		if set[name] != "on" {
			return mend("server", name+" đang tắt / is off", "bật lại trong postgresql.conf: mất điện sẽ mất tiền trên sổ / switch it on: a power cut would lose money from the books"), nil
		}
	}
	if set["data_checksums"] != "on" {
		return note("server", "không có data checksums / no data checksums", "pg_checksums --enable khi máy chủ dừng / while the server is stopped"), nil
	}
	return good("server", "PostgreSQL %s", set["server_version"]), nil
}

const sqlLocale = `
SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype
  FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()`

func locale(ctx context.Context, db pgdb.Querier) (Finding, error) {
	var encoding, collate, ctype string
	if err := db.QueryRow(ctx, sqlLocale).Scan(&encoding, &collate, &ctype); err != nil {
		return Finding{}, fmt.Errorf("locale: %w", err)
	}
	what := encoding + " " + collate + " " + ctype
	switch {
	case encoding != "UTF8":
		return mend("locale", what, "tạo cơ sở dữ liệu mới với ENCODING 'UTF8' / make a new database with ENCODING 'UTF8'"), nil
	case collate != "C" && collate != "C.UTF-8" && collate != "POSIX":
		return mend("locale", what, "tạo cơ sở dữ liệu mới với LC_COLLATE 'C': mã băm phải giống nhau trên mọi máy / make a new database with LC_COLLATE 'C': digests must agree on every machine"), nil
	}
	return good("locale", "%s", what), nil
}

func schema(ctx context.Context, db pgdb.Querier) (Finding, error) {
	applied, err := pgdb.AppliedMigrations(ctx, db)
	known := pgdb.MigrationNumbers()
	migrate := "ansinh db migrate"
	if pgdb.State(err) == pgdb.UndefinedTable {
		return mend("schema", "chưa có lược đồ / there is no schema yet", migrate), nil
	}
	if err != nil {
		return Finding{}, err
	}
	for _, n := range applied {
		if !slices.Contains(known, n) {
			return mend("schema", fmt.Sprintf("lược đồ %d mới hơn chương trình này / schema %d is newer than this program", n, n), "cài phiên bản mới / install the newer version"), nil
		}
	}
	for _, n := range known {
		if !slices.Contains(applied, n) {
			return mend("schema", fmt.Sprintf("thiếu bước nâng cấp %d / migration %d is missing", n, n), migrate), nil
		}
	}
	return good("schema", "%d", known[len(known)-1]), nil
}

// sqlUnguarded finds tables of the ledger that accept a change, and guards of any
// table that are switched off.
const sqlUnguarded = `
SELECT n.nspname || '.' || c.relname
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = 'ledger' AND c.relkind IN ('r', 'p')
   AND (SELECT coalesce(bit_or(t.tgtype::integer), 0) FROM pg_catalog.pg_trigger AS t
         WHERE t.tgrelid = c.oid AND t.tgenabled IN ('O', 'A')
           AND t.tgfoid = 'guard.refuse_change'::regproc) & (2 + 8 + 16 + 32) <> 2 + 8 + 16 + 32
UNION
SELECT t.tgrelid::regclass::text FROM pg_catalog.pg_trigger AS t
 WHERE t.tgfoid = 'guard.refuse_change'::regproc AND t.tgenabled NOT IN ('O', 'A')
 ORDER BY 1`

func guards(ctx context.Context, db pgdb.Querier) (Finding, error) {
	rows, _ := db.Query(ctx, sqlUnguarded)
	open, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return Finding{}, fmt.Errorf("guards: %w", err)
	}
	if len(open) > 0 {
		return mend("guards", fmt.Sprintf("%d bảng sửa được / tables accept changes: %s", len(open), strings.Join(open[:min(3, len(open))], ", ")),
			"chạy `ansinh ledger verify`, tìm ai đã tắt bảo vệ, gọi kiểm toán / run `ansinh ledger verify`, find who switched the guard off, call the auditor"), nil
	}
	return good("guards", "mọi bảng sổ chỉ thêm được / every table of record is append-only"), nil
}

const sqlNewestVoucher = `SELECT coalesce((SELECT v.posted_at FROM ledger.voucher AS v ORDER BY v.id DESC LIMIT 1), '-infinity'::timestamptz) > @now`

// newestVoucher finds a clock that was set back: the books are then ahead of it.
func (o Options) newestVoucher(ctx context.Context, db pgdb.Querier) (Finding, error) {
	var ahead bool
	if err := db.QueryRow(ctx, sqlNewestVoucher, pgx.NamedArgs{"now": o.Now().Add(time.Minute)}).Scan(&ahead); err != nil {
		return Finding{}, fmt.Errorf("newest voucher: %w", err)
	}
	if ahead {
		return mend("order of time", "chứng từ mới nhất ở tương lai: đồng hồ bị lùi / the newest voucher lies in the future: the clock was set back",
			"chỉnh đúng giờ trước khi chi / set the clock right before anything is paid"), nil
	}
	return good("order of time", "không có chứng từ ở tương lai / no voucher lies in the future"), nil
}

func channels(ctx context.Context, db pgdb.Querier) (Finding, error) {
	why, err := payout.Stopped(ctx, db)
	if err != nil {
		return Finding{}, err
	}
	if why != "" {
		return note("dispatch", "dừng chi mọi nơi / all payments are stopped: "+why, "ansinh dispatch show; ansinh dispatch lift"), nil
	}
	states, err := payout.ChannelStates(ctx, db)
	if err != nil {
		return Finding{}, err
	}
	var closed []string
	for _, s := range states {
		if s.State != "open" {
			closed = append(closed, string(s.Channel)+" "+s.State)
		}
	}
	if len(closed) > 0 {
		return note("dispatch", strings.Join(closed, ", "), "ansinh dispatch show"), nil
	}
	return good("dispatch", "%d kênh mở / channels open", len(states)), nil
}
