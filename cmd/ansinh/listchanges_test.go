package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// edited writes cells of a list's sheet and saves it under another name.
func edited(t *testing.T, from, to string, cells map[string]any) {
	t.Helper()
	file, err := excelize.OpenFile(from)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for cell, value := range cells {
		if err := file.SetCellValue("Danh sách", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.SaveAs(to); err != nil {
		t.Fatal(err)
	}
}

// steps makes a folder with programmes and no list, and a function that runs a
// command on it, which wants an exit code and a text.
func steps(t *testing.T) func(code int, says string, args ...string) result {
	t.Helper()
	dir := folder(t)
	if r := ansinh(t, "demo", "--dir", dir, "--people", "300", "--until", "lists"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	return func(code int, says string, args ...string) result {
		t.Helper()
		r := ansinh(t, append([]string{args[0], args[1], "--dir", dir}, args[2:]...)...)
		if r.code != code || !strings.Contains(r.stdout+r.stderr, says) {
			t.Errorf("%v: exit %d, want %d and %q in\n%s%s", args, r.code, code, says, r.stdout, r.stderr)
		}
		return r
	}
}

// A month's changes, by the commands an officer types: template, check, mend the
// annotated copy, import, paper, plan; and the next month.
func TestAMonthsChangesByCommands(t *testing.T) {
	t.Parallel()
	step, box := steps(t), t.TempDir()
	at := func(name string) string { return filepath.Join(box, name) }
	template := []string{"list", "template", "--unit", "00004", "--programme", "HTXH26", "-o"}
	filled := append(slices.Clone(template), at("t.xlsx"), "--people-of", "HTXH26", "--by", "can-bo-lap")
	check := []string{"list", "check", "--programme", "HTXH26", "--month", "2026-02"}
	take := []string{"list", "import", "--programme", "HTXH26", "--by", "can-bo-lap"}
	changes := []string{"list", "changes", "--by", "can-bo-lap", "-o", at("tg.xlsx")}
	plan := []string{"batch", "plan", "--programme", "HTXH26", "--name", "Hưu trí xã hội", "--count", "9", "--total", "9000000", "--decision", "1/QĐ",
		"--decided", "2026-01-20", "--by", "can-bo-lap", "--month"}
	january := monthList(t, 4)
	step(0, "4 rows taken", append(take, "--month", "2026-01", january)...)
	step(2, "--people-of with --whole", append(template, at("t.xlsx"), "--whole")...)
	step(1, "LIST-TEMPLATE-MONTH", append(filled, "--month", "2026-01")...)
	step(1, "PAYOUT-MONTH-ONCE", "list", "template", "--unit", "00004", "--month", "2026-02", "-o", at("t.xlsx"))
	step(0, "4 người", append(filled, "--whole")...)
	if rows := rowsOf(t, at("t.xlsx")); rows[1][0] != "DANH SÁCH NGƯỜI HƯỞNG THÁNG 02/2026" || slices.Contains(rows[4], "Tăng / Giảm / Đổi") {
		t.Errorf("the whole template begins %v", rows[:5])
	}
	step(0, "4 người", filled...)
	if rows := rowsOf(t, at("t.xlsx")); rows[1][0] != "DANH SÁCH TĂNG, GIẢM NGƯỜI HƯỞNG THÁNG 02/2026" || !slices.Contains(rows[4], "Tăng / Giảm / Đổi") || len(rows) != 9 {
		t.Errorf("the template begins %v and has %d rows", rows[:5], len(rows))
	}

	february := at("00004-02.xlsx")
	edited(t, at("t.xlsx"), february, map[string]any{"S6": "Giảm", "H7": "Tổ 9", "L8": "Tại nhà", "B10": "Vũ Văn Năm", "C10": 1940, "E10": "000040000077", "J10": "HTXH-75",
		"L10": "Tiền mặt", "S10": "Tăng"})
	found := step(1, "LIST-CHANGE-HELD", append(check, february)...).stdout
	for _, says := range []string{"K6       LIST-CHANGE-REASON", "H7       LIST-CHANGE-IGNORED", "S8       LIST-CHANGE-UNMARKED"} {
		if !strings.Contains(found, says) {
			t.Errorf("the check does not say %q:\n%s", says, found)
		}
	}
	step(0, "add --programme and --month", "list", "check", "--no-copy", at("t.xlsx"))
	mended := at("00004-sua.xlsx")
	edited(t, at("00004-02-đã-kiểm.xlsx"), mended, map[string]any{"R6": "chuyển đi", "S8": "Đổi"})
	step(0, "if taken, against 01/2026: before 4, added 1, removed 1, changed 1, after 4", append(check, mended)...)
	step(2, "ending in .xlsx", append(take, "--month", "2026-02", "--changes-out", at("tg.ods"), mended)...)

	r := step(0, "", append(take, "--month", "2026-02", "--changes-out", at("tg.xlsx"), "--json", mended)...)
	var taken struct {
		List    int64
		Carried int
		Changes struct{ Before, Added, Removed, Changed, After int }
		File    struct{ Path, SHA256 string } `json:"changes_file"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &taken); err != nil {
		t.Fatalf("%v in %s", err, r.stdout)
	}
	if got := fmt.Sprint(taken.Changes, taken.Carried); got != "{4 1 1 1 4} 2" || taken.File.Path != at("tg.xlsx") {
		t.Errorf("taken: %s, paper %+v", got, taken.File)
	}
	number := fmt.Sprint(taken.List)
	step(0, "ansinh list changes --by can-bo-lap --role maker", append(take, "--month", "2026-02", mended)...)
	step(0, "added 1, removed 1, changed 1", append(changes, number)...)
	step(0, taken.File.Path, append(append(slices.Clone(changes), "--json", "--role", "department"), number)...)
	step(1, "LIST-CHANGES-LIST", append(changes, "9999")...)
	step(0, "danh sách tăng, giảm", append(take, "--month", "2026-02", "--changes-out", at("tg")+"/", mended)...)
	if _, err := os.Stat(at("tg/00004-tang-giam-" + number + ".xlsx")); err != nil {
		t.Error(err)
	}
	step(0, "4 khoản, 2.600.000 đồng", append(plan, "2026-02")...)
	step(0, "4", "db", "psql", "--", "-Atc", "SELECT count(*) FROM audit.record WHERE act = 'list.changes'")
}

// rowsOf are the cells of a list's sheet.
func rowsOf(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := file.GetRows("Danh sách")
	if err != nil || len(rows) < 5 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	return rows
}
