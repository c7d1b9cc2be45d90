package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// locked puts a password on a workbook.
func locked(t *testing.T, from, to string) {
	t.Helper()
	plain, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := excelize.Encrypt(plain, &excelize.Options{Password: "bí mật"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, closed, 0o600); err != nil {
		t.Fatal(err)
	}
}

// boxOf is a folder with these lists, the third under a password, and with what
// else lies in such folders.
func boxOf(t *testing.T, files []string) string {
	t.Helper()
	box := t.TempDir()
	for i, file := range files {
		to := filepath.Join(box, filepath.Base(file))
		if i == 2 {
			locked(t, file, to)
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"00000-hong.xlsx": "PK\x03\x04", "~$00004-tet.xlsx": "x", "doc.txt": "x", "secret": "bí mật\n"} {
		if err := os.WriteFile(filepath.Join(box, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return box
}

// A folder of lists is one command; what is wrong with one stops no other.
func TestListsComeByTheFolder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if r := ansinh(t, "demo", "--dir", dir, "--people", "300", "--until", "import"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	files, err := filepath.Glob(filepath.Join(dir, "lists", "*.xlsx"))
	if err != nil || len(files) < 20 {
		t.Fatalf("lists: %d, %v", len(files), err)
	}
	box := boxOf(t, files[:6])
	everySheetIsAList(t, dir)

	type sum struct {
		Lists []struct {
			File  string `json:"file"`
			Error string `json:"error"`
			Table []struct {
				Code string `json:"code"`
			} `json:"table"`
		} `json:"lists"`
		Files, Passed, Failed, Taken, Refused int
	}
	parse := func(r result) (s sum) {
		if err := json.NewDecoder(bytes.NewReader([]byte(r.stdout))).Decode(&s); err != nil {
			t.Fatalf("%v in\n%s%s", err, r.stdout, r.stderr)
		}
		return s
	}
	checked := parse(ansinh(t, "list", "check", "--dir", dir, "--json", box))
	var codes []string
	for _, list := range checked.Lists {
		if len(list.Table) > 0 && strings.HasPrefix(list.Table[0].Code, "LIST-FILE") {
			codes = append(codes, list.File+" "+list.Table[0].Code)
		}
	}
	want := []string{"00000-hong.xlsx LIST-FILE-UNKNOWN", filepath.Base(files[2]) + " LIST-FILE-PASSWORD"}
	if !slices.Equal(codes, want) || checked.Files != 7 || checked.Failed < 2 {
		t.Errorf("check: %d files, %d failed, %v; want 7 and %v", checked.Files, checked.Failed, codes, want)
	}

	args := []string{"list", "import", "--dir", dir, "--programme", "TET26", "--by", "van-thu", "--accept-valid"}
	r := ansinh(t, append(args, "--json", box)...)
	if got := parse(r); r.code != 1 || got.Files != 7 || got.Taken != 5 || got.Refused != 2 {
		t.Errorf("import: exit %d, %d files, %d taken, %d refused; want 1, 7, 5, 2\n%s", r.code, got.Files, got.Taken, got.Refused, r.stdout)
	}
	one := filepath.Join(box, filepath.Base(files[2]))
	for _, step := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--password-file", filepath.Join(box, "doc.txt"), one}, 1, "LIST-FILE-PASSWORD-WRONG"},
		{[]string{"--password-file", filepath.Join(box, "secret"), one}, 0, "rows taken"},
		{[]string{"--password-file", filepath.Join(box, "secret"), box}, 1, "7 lists: 6 taken, 1 refused"},
		{[]string{"--sheet", "a", "--all-sheets", one}, 2, "exclude"},
		{[]string{filepath.Join(box, "nowhere.xlsx")}, 1, "no such file"},
		{nil, 2, "FOLDER"},
	} {
		r := ansinh(t, append(slices.Clone(args), step.args...)...)
		if r.code != step.code || !strings.Contains(r.stdout+r.stderr, step.says) {
			t.Errorf("import %v: exit %d, want %d and %q in\n%s%s", step.args, r.code, step.code, step.says, r.stdout, r.stderr)
		}
	}
}

// everySheetIsAList: with --all-sheets every row is told its sheet.
func everySheetIsAList(t *testing.T, dir string) {
	t.Helper()
	file := excelize.NewFile()
	defer file.Close()
	head := []any{"Họ và tên", "Năm sinh", "CCCD", "Nhóm đối tượng", "Hình thức nhận"}
	_, err := file.NewSheet("Thôn 2")
	for sheet, row := range map[string][]any{"Sheet1": {"Lê Văn Thử", 1954, "000054900003", "TET-HN-2026-02", "Tiền mặt"}, "Thôn 2": {"Nguyễn Thị Mẫu", 1936, "000136900001", "x", "Tiền mặt"}} {
		if err != nil {
			t.Fatal(err)
		}
		err = file.SetSheetRow(sheet, "A1", &head)
		if err == nil {
			err = file.SetSheetRow(sheet, "A2", &row)
		}
	}
	path := filepath.Join(t.TempDir(), "00004-hai-thon.xlsx")
	if err == nil {
		err = file.SaveAs(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"check", path}, 1, "LIST-SHEETS-MANY"},
		{[]string{"check", "--all-sheets", path}, 1, "[Thôn 2] D2       LIST-CATEGORY-UNKNOWN"},
		{[]string{"check", "--sheet", "sheet1", path}, 0, "1 dòng, 1 hợp lệ"},
	} {
		r := ansinh(t, append([]string{"list", step.args[0], "--dir", dir}, step.args[1:]...)...)
		if r.code != step.code || !strings.Contains(r.stdout+r.stderr, step.says) {
			t.Errorf("list %v: exit %d, want %d and %q in\n%s%s", step.args, r.code, step.code, step.says, r.stdout, r.stderr)
		}
	}
}
