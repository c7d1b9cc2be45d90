package sheet_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/registry/sheet"
)

// Files that other programs wrote, read by us and by somebody else's reader. What
// our own hands wrote proves only that we agree with ourselves.
//
// The files that excelize ships with its tests (Excel wrote most) are read by
// every run. Any other folder is held against excelize, and its .xls against what
// LibreOffice makes of them, by
//
//	go test ./registry/sheet -run OtherReaders -args -workbooks=DIR
//
// It prints the place and both values of each difference: the files themselves.
var workbooks = flag.String("workbooks", "", "folder of workbooks to read besides those excelize ships; their cells show in failures")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}

// told is what a reader tells of a file: sheets by name, then under "B5" what a cell
// holds, under "B5 font" its font, under "5 hidden" that the row is.
type told map[string]map[string]string

// tellOurs walks every sheet with our reader.
func tellOurs(content []byte, options sheet.Options) (_ told, err error) {
	book, err := sheet.Open(bytes.NewReader(content), int64(len(content)), options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	all := told{}
	if book.Date1904 {
		all["1904"] = map[string]string{}
	}
	for i, s := range book.Sheets {
		cells := map[string]string{}
		all[fmt.Sprintf("%s hidden:%t", s.Name, s.Hidden)] = cells
		rows, err := book.Rows(i)
		if err != nil {
			return nil, err
		}
		for {
			row, ok := rows.Next()
			if !ok {
				break
			}
			for column, c := range row.Cells {
				switch {
				case c.Kind == sheet.Empty:
					continue
				case c.Kind == sheet.Bool:
					c.Text = map[string]string{"TRUE": "1", "FALSE": "0"}[c.Text]
				case c.Kind == sheet.Number || c.Kind == sheet.Date:
					c.Text = number(c.Text)
				}
				at := fmt.Sprintf("%s%d", sheet.ColumnLetters(column), row.No)
				cells[at], cells[at+" font"] = c.Text, c.Font
				if row.Hidden {
					cells[fmt.Sprintf("%d hidden", row.No)] = "yes"
				}
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// number writes numbers that mean the same the same way, other text as it is. What
// stands behind the fifteenth digit is a program's rounding.
func number(text string) string {
	if n, ok := new(big.Float).SetPrec(200).SetString(strings.TrimSpace(text)); ok && !strings.ContainsAny(text, "_xXbBoOI") {
		return n.Text('g', 15)
	}
	return text
}

// tellExcelize walks every worksheet with excelize, values as stored.
func tellExcelize(t *testing.T, content []byte, password string) (told, error) {
	file, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{RawCellValue: true, Password: password})
	if err != nil {
		return nil, err
	}
	defer file.Close()
	all, fonts := told{}, map[int]string{}
	if props, err := file.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		all["1904"] = map[string]string{}
	}
	for _, name := range file.GetSheetList() {
		rows, err := file.Rows(name)
		if err != nil { // a chart
			t.Logf("excelize: %v", err)
			continue
		}
		visible, err := file.GetSheetVisible(name)
		must(t, err)
		cells := map[string]string{}
		all[fmt.Sprintf("%s hidden:%t", name, !visible)] = cells
		for no := 1; rows.Next(); no++ {
			columns, err := rows.Columns(excelize.Options{RawCellValue: true})
			must(t, err)
			for column, text := range columns {
				if text == "" {
					continue
				}
				at := fmt.Sprintf("%s%d", sheet.ColumnLetters(column), no)
				kind, err := file.GetCellType(name, at)
				must(t, err)
				if kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber {
					text = number(text)
				}
				cells[at], cells[at+" font"] = text, fontOf(file, name, at, fonts)
				if rows.GetRowOpts().Hidden {
					cells[fmt.Sprintf("%d hidden", no)] = "yes"
				}
			}
		}
		must(t, rows.Close())
	}
	return all, nil
}

// fontOf is the font of a cell's style, "" where the style leaves it open.
func fontOf(file *excelize.File, name, at string, known map[int]string) string {
	id, err := file.GetCellStyle(name, at)
	if err != nil {
		return err.Error()
	}
	if font, ok := known[id]; ok {
		return font
	}
	style, err := file.GetStyle(id)
	switch {
	case err != nil:
		known[id] = "" // a book without styles
	case style.Font != nil:
		known[id] = style.Font.Family
	default:
		known[id] = ""
	}
	return known[id]
}

// differ lists where two readers tell something else: "Sheet1!B5: ours | theirs".
func differ(ours, theirs told) (lines []string) {
	for name := range ours {
		if theirs[name] == nil {
			lines = append(lines, name+": ours alone")
			continue
		}
		for at, text := range ours[name] {
			other := theirs[name][at]
			if other != text && (other != "" || !strings.HasSuffix(at, " font")) {
				lines = append(lines, fmt.Sprintf("%s!%s: %q | %q", name, at, text, other))
			}
		}
		for at, other := range theirs[name] {
			if _, both := ours[name][at]; !both {
				lines = append(lines, fmt.Sprintf("%s!%s: nothing | %q", name, at, other))
			}
		}
	}
	for name := range theirs {
		if ours[name] == nil {
			lines = append(lines, name+": theirs alone")
		}
	}
	slices.Sort(lines)
	return lines
}

// shipped is where a module of go.sum lies, with the files of its tests.
func shipped(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).CombinedOutput()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", module, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestCellsAreWhatExcelizeReadsInItsOwnFiles(t *testing.T) {
	t.Parallel()
	// What differs, and why we read it so.
	known := map[string][]string{"Book1.xlsx": {
		`Sheet2 hidden:false!C7 font: "微軟正黑體" | "微软雅黑"`,   // a text in several fonts has its first one
		`Sheet2 hidden:false!E1 font: "Calibri" | "微软雅黑"`, // a cell that names no style has the book's, not its column's
	}}
	refused := map[string]sheet.Why{"BadWorkbook.xlsx": sheet.WhyDamaged} // it names no sheet
	passwords := map[string]string{"encryptAES.xlsx": "password", "encryptSHA1.xlsx": "password"}
	folder := shipped(t, "github.com/xuri/excelize/v2")
	files, err := filepath.Glob(filepath.Join(folder, "test", "*.xls*"))
	must(t, err)
	if len(files) < 8 {
		t.Fatalf("%d workbooks in %s: they have moved", len(files), folder)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(path)
			must(t, err)
			theirs, err := tellExcelize(t, content, passwords[name])
			must(t, err)
			ours, err := tellOurs(content, sheet.Options{Password: passwords[name]})
			if why := refused[name]; why != "" && errors.Is(err, &sheet.FileError{Why: why}) {
				return
			}
			must(t, err)
			if len(ours) == 0 {
				t.Error("no sheet was read")
			}
			if diff := cmp.Diff(known[name], differ(ours, theirs)); diff != "" {
				t.Errorf("cells, ours | excelize's (-known +found):\n%s", diff)
			}
		})
	}
}

func TestCellsOfAnXLSAreWhatLibreOfficeReads(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"testdata/sample-list.xls", filepath.Join(shipped(t, "github.com/richardlehane/mscfb"), "test", "test.xls")} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(path)
			must(t, err)
			ours, err := tellOurs(content, sheet.Options{})
			must(t, err)
			theirs, err := tellExcelize(t, converted(t, path), "")
			must(t, err)
			if diff := differ(ours, theirs); len(diff) > 0 || len(ours) == 0 {
				t.Errorf("%d sheets, cells, ours | LibreOffice's:\n%s", len(ours), strings.Join(diff, "\n"))
			}
		})
	}
}

func TestCellsAreWhatOtherReadersReadInAFolder(t *testing.T) {
	t.Parallel()
	if *workbooks == "" {
		return
	}
	must(t, filepath.WalkDir(*workbooks, func(path string, entry fs.DirEntry, err error) error {
		kind := strings.ToLower(filepath.Ext(path))
		if err != nil || entry.IsDir() || !slices.Contains([]string{".xlsx", ".xlsm", ".xltx", ".xls"}, kind) {
			return err
		}
		t.Run(path, func(t *testing.T) {
			content, err := os.ReadFile(path)
			must(t, err)
			ours, refused := tellOurs(content, sheet.Options{})
			if kind == ".xls" {
				content = converted(t, path)
			}
			theirs, err := tellExcelize(t, content, "")
			if refused != nil || err != nil {
				t.Logf("ours: %v; theirs: %v", refused, err)
			}
			if refused != nil && err == nil {
				t.Errorf("refused, and read by others: %v", refused)
			} else if refused == nil {
				cells := 0
				for _, s := range ours {
					cells += len(s)
				}
				differences := differ(ours, theirs)
				t.Logf("%d sheets, %d cells, %d differences", len(ours), cells, len(differences))
				if len(differences) > 0 {
					t.Errorf("ours | theirs:\n%s", strings.Join(differences[:min(len(differences), 40)], "\n"))
				}
			}
		})
		return nil
	}))
}

// converted is what LibreOffice makes of a file as .xlsx.
func converted(t *testing.T, path string) []byte {
	t.Helper()
	folder := t.TempDir()
	command := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+folder+"/profile", "--headless", "--convert-to", "xlsx", "--outdir", folder, path)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	content, err := os.ReadFile(filepath.Join(folder, strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))+".xlsx"))
	must(t, err)
	return content
}
