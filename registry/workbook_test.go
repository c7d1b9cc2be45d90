package registry_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/xuri/excelize/v2"

	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/internal/pgtest"
	"ansinh/registry"
)

var now = time.Date(2026, 1, 20, 2, 0, 0, 0, time.UTC)

// headings are those of the table tests, in the order of their rows.
var headings = []any{"STT", "Họ và tên", "Ngày, tháng, năm sinh", "Giới tính", "Số định danh cá nhân", "Số điện thoại",
	"Thôn/tổ dân phố", "Nhóm đối tượng", "Số, ngày quyết định", "Hình thức nhận", "Ngân hàng", "Số tài khoản", "Chủ tài khoản",
	"Người nhận thay", "Số tiền", "Ghi chú"}

// The places of cells in a row of the tests.
const (
	cName = iota + 1
	cBirth
	cSex
	cID
	cPhone
	cGroup
	cCategory
	cDecision
	cMethod
	cBank
	cAccount
	cHolder
	cPayee
	cAmount
	cNote
)

// mrsMau is a row without a fault.
func mrsMau() []any {
	return []any{1, "Nguyễn Thị Mẫu", "05/03/1936", "Nữ", "000136900001", "0000000001", "Thôn 1", "TET-HN-2026-01",
		"10/QĐ-UBND ngày 15/01/2025", "Tài khoản", "Ngân hàng Mẫu A", "0010000000001", "NGUYEN THI MAU", "", 2000000, ""}
}

// mrThu is another person without a fault, paid in cash.
func mrThu() []any {
	return []any{2, "Lê Văn Thử", 1954, "Nam", "000054900003", "", "Thôn 2", "TET-HN-2026-02", "", "Tiền mặt", "", "", "", "", 1000000, ""}
}

// with returns a row with one cell changed.
func with(row []any, cell int, value any) []any {
	row[cell] = value
	return row
}

// workbook writes titles, headings and rows, the first of them in row 5.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	return sheet(t, append([][]any{{"DANH SÁCH CHI TRẢ"}, {"DỮ LIỆU GIẢ LẬP"}, nil, headings}, rows...)...)
}

func sheet(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	file := excelize.NewFile()
	defer file.Close()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := file.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(t testing.TB, content []byte, demo bool) registry.List {
	t.Helper()
	list, err := registry.ReadList(t.Context(), bytes.NewReader(content), int64(len(content)), registry.ReadOptions{Demo: demo, Now: now})
	if err != nil {
		t.Fatalf("ReadList: %v", err)
	}
	return list
}

func testKeys(t testing.TB) *crypt.Keys {
	t.Helper()
	keys, err := crypt.DeriveKeys([]byte("registry test"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// prepared returns a database marked as demo or real, with units.
func prepared(t testing.TB, demo bool) *pgxpool.Pool {
	t.Helper()
	db := pgtest.DB(t)
	err := pgdb.InTx(t.Context(), db, func(ctx context.Context, tx pgx.Tx) error {
		return registry.Prepare(ctx, tx, demo, now)
	})
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	return db
}

func importList(t testing.TB, db *pgxpool.Pool, content []byte, change func(*registry.ImportOptions)) (registry.Result, error) {
	t.Helper()
	options := registry.ImportOptions{Programme: "TET-HN-2026", Unit: registry.Communes()[0].Key(), By: "tester", Now: now, Random: rand.Reader}
	if change != nil {
		change(&options)
	}
	return registry.ImportList(t.Context(), db, testKeys(t),
		registry.File{Name: "danh-sach.xlsx", Content: bytes.NewReader(content), Size: int64(len(content))}, options)
}

func acceptValid(o *registry.ImportOptions) { o.AcceptValid = true }

func count(t testing.TB, db *pgxpool.Pool, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
