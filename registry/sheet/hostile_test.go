package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ansinh/registry/sheet"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	must(t, err)
	return content
}

// patched replaces the first occurrence of old.
func patched(t testing.TB, content []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(content, []byte(old)) {
		t.Fatalf("nothing to patch: %q", old)
	}
	return bytes.Replace(content, []byte(old), []byte(new), 1)
}

// row is a sheet of one row.
func row(cells string) string {
	return `<worksheet><sheetData><row r="5">` + cells + `</row></sheetData></worksheet>`
}

// biffBOF is how the stream of an .xls begins, up to its version.
const biffBOF = "\x09\x08\x10\x00\x00\x06"

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	xls := read(t, "feature.xls")
	filePass := bytes.Clone(xls)
	at := bytes.Index(filePass, []byte(biffBOF)) + 20 // the record behind the first
	copy(filePass[at:], "\x2F\x00")
	loop := bytes.Clone(xls)
	binary.LittleEndian.PutUint32(loop[64:], 1<<31) // small sectors
	many := func(n int) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for i := range n {
			_, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i)})
			must(t, err)
		}
		must(t, w.Close())
		return out.Bytes()
	}
	tests := map[string]struct {
		content []byte
		options sheet.Options
		why     sheet.Why
		where   string
	}{
		"nothing":                         {nil, sheet.Options{}, sheet.WhyEmpty, ""},
		"a file beyond the limit":         {xls, sheet.Options{Limits: sheet.Limits{BytesMax: 1000}}, sheet.WhyLarge, ""},
		"a picture":                       {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), sheet.Options{}, sheet.WhyUnknown, ""},
		"a PDF":                           {[]byte("%PDF-1.4\n%\xff"), sheet.Options{}, sheet.WhyFormat, ""},
		"a page named .xls":               {[]byte("\r\n<HTML><body><table><tr><td>1</td></tr></table>"), sheet.Options{}, sheet.WhyFormat, ""},
		"the XML of Excel 2003":           {[]byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`), sheet.Options{}, sheet.WhyFormat, ""},
		"an OpenDocument":                 {archive(t, part{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, part{"content.xml", "<x/>"}), sheet.Options{}, sheet.WhyFormat, ""},
		"a binary workbook":               {archive(t, part{"xl/workbook.bin", "x"}), sheet.Options{}, sheet.WhyFormat, ""},
		"a letter":                        {archive(t, part{"word/document.xml", "<x/>"}), sheet.Options{}, sheet.WhyFormat, ""},
		"an archive of something":         {archive(t, part{"a", "x"}), sheet.Options{}, sheet.WhyUnknown, ""},
		"Excel 95":                        {patched(t, xls, biffBOF, "\x09\x08\x10\x00\x00\x05"), sheet.Options{}, sheet.WhyFormat, ""},
		"Excel 5, by its stream":          {patched(t, patched(t, xls, "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00", "B\x00o\x00o\x00k\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "\x12\x00\x02", "\x0a\x00\x02"), sheet.Options{}, sheet.WhyFormat, ""},
		"Excel 4":                         {[]byte("\x09\x04\x06\x00\x00\x00\x10\x00\x00\x00"), sheet.Options{}, sheet.WhyFormat, ""},
		"an .xls under a password":        {filePass, sheet.Options{}, sheet.WhyEncryptedXLS, ""},
		"an .xls with tables without end": {loop, sheet.Options{}, sheet.WhyDamaged, ""},
		"half a workbook":                 {features(t)[:3000], sheet.Options{}, sheet.WhyDamaged, ""},
		"an archive of many":              {many(20_000), sheet.Options{}, sheet.WhyLimit, ""},
		"an archive of very many":         {many(80_000), sheet.Options{}, sheet.WhyLimit, ""},
		"an archive that unpacks beyond":  {byHand(t, row(strings.Repeat("<c><v>1</v></c>", 1000))), sheet.Options{Limits: sheet.Limits{ExpandedMax: 5000}}, sheet.WhyExpands, "xl/worksheets/sheet1.xml"},
		"a document type":                 {byHand(t, `<!DOCTYPE x [<!ENTITY a "b">]>`+row("<c t='str'><v>&a;</v></c>")), sheet.Options{}, sheet.WhyDamaged, "Tờ 1"},
		"an entity nobody declared":       {byHand(t, row("<c t='str'><v>&lol;</v></c>")), sheet.Options{}, sheet.WhyDamaged, "Tờ 1"},
		"a tag without end":               {byHand(t, `<worksheet><sheetData><row a="`+strings.Repeat("x", 2<<20)), sheet.Options{}, sheet.WhyLimit, "Tờ 1"},
		"very deep elements":              {byHand(t, row(strings.Repeat("<a>", 200))), sheet.Options{}, sheet.WhyLimit, "Tờ 1"},
		"a cell of a book's length":       {byHand(t, row("<c t='str'><v>"+strings.Repeat("x", 200_000)+"</v></c>")), sheet.Options{}, sheet.WhyLimit, "Tờ 1"},
		"a cell far to the right":         {byHand(t, row(`<c r="XFD5"><v>1</v></c>`)), sheet.Options{}, sheet.WhyLimit, "Tờ 1!XFD5"},
		"a cell beyond every sheet":       {byHand(t, row(`<c r="AAAA5"><v>1</v></c>`)), sheet.Options{}, sheet.WhyDamaged, "Tờ 1!5"},
		"a cell nowhere":                  {byHand(t, row(`<c r="5"><v>1</v></c>`)), sheet.Options{}, sheet.WhyDamaged, "Tờ 1!5"},
		"a text that is not shared":       {byHand(t, row(`<c t="s"><v>7</v></c>`), part{"xl/sharedStrings.xml", "<sst><si><t>a</t></si></sst>"}), sheet.Options{}, sheet.WhyDamaged, "Tờ 1!5"},
		"rows out of order":               {byHand(t, `<worksheet><sheetData><row r="5"><c><v>1</v></c></row><row r="5"/></sheetData></worksheet>`), sheet.Options{}, sheet.WhyDamaged, "Tờ 1!5"},
		"a row beyond every sheet":        {byHand(t, `<worksheet><sheetData><row r="1048577"/></sheetData></worksheet>`), sheet.Options{}, sheet.WhyDamaged, "Tờ 1!0"},
		"a sheet cut off":                 {byHand(t, `<worksheet><sheetData><row r="1"><c><v>1</v></c></row>`), sheet.Options{}, sheet.WhyDamaged, "Tờ 1"},
		"a sheet without rows":            {byHand(t, `<worksheet/>`), sheet.Options{}, sheet.WhyDamaged, "Tờ 1"},
		"a workbook without sheets":       {byHand(t, "", part{"xl/workbook.xml", "<workbook/>"}), sheet.Options{}, sheet.WhyDamaged, "xl/workbook.xml"},
		"a text without columns":          {[]byte("Kính gửi các đồng chí\nxin gửi danh sách\n"), sheet.Options{}, sheet.WhyText, ""},
		"a line of 19 MB":                 {[]byte("a,b\nc,d\n" + strings.Repeat("x", 19<<20)), sheet.Options{}, sheet.WhyLimit, "CSV!3"},
		"a quote that never ends":         {[]byte("a,b\nc,\"" + strings.Repeat("x\n", 1<<20)), sheet.Options{}, sheet.WhyLimit, "CSV!2"},
		"a row of very many columns":      {[]byte("a,b\n" + strings.Repeat(",", 2000) + "x\n"), sheet.Options{}, sheet.WhyLimit, "CSV!2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := walk(t, tt.content, 0, tt.options)
			var got *sheet.FileError
			if !errors.As(err, &got) || got.Why != tt.why || got.Where != tt.where {
				t.Errorf("error %v, want %s at %q", err, tt.why, tt.where)
			}
		})
	}
}

func TestOpenAsksForThePassword(t *testing.T) {
	t.Parallel()
	standard := written(t, func() *excelize.File {
		f := excelize.NewFile()
		must(t, f.SetCellValue("Sheet1", "B2", "Lê Văn Thử"))
		return f
	}(), excelize.Options{Password: "mật khẩu 1"})
	spins := patched(t, read(t, "agile.xlsx"), `spinCount="100000" `, `spinCount="9999999"`)
	tests := map[string]struct {
		content  []byte
		password string
		why      sheet.Why
		want     string
	}{
		"no password":                 {standard, "", sheet.WhyPassword, ""},
		"a wrong one":                 {standard, "mat khau 1", sheet.WhyPasswordWrong, ""},
		"the right one":               {standard, "mật khẩu 1", "", "2 B=text:Lê Văn Thử"},
		"no password, agile":          {read(t, "agile.xlsx"), "", sheet.WhyPassword, ""},
		"a wrong one, agile":          {read(t, "agile.xlsx"), "mat khau 1", sheet.WhyPasswordWrong, ""},
		"the right one, agile":        {read(t, "agile.xlsx"), "mật khẩu 1", "", "3 A=number:2 B=text:Lê Văn Thử"},
		"a hash turned without limit": {spins, "mật khẩu 1", sheet.WhyLimit, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := walk(t, tt.content, 0, sheet.Options{Password: tt.password})
			if tt.why != "" {
				if !errors.Is(err, &sheet.FileError{Why: tt.why}) {
					t.Errorf("error %v, want %s", err, tt.why)
				}
				return
			}
			if err != nil || len(got) == 0 || got[len(got)-1] != tt.want {
				t.Errorf("rows %q, error %v; want %q last", got, err, tt.want)
			}
		})
	}
}

// A file with any bytes changed or missing is read or refused as one; nothing
// else happens to whoever reads it.
func TestOpenOfSpoiltFilesRefusesOrReads(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"feature.xls", "sample-list.csv"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoil(t, read(t, name), 300)
		})
	}
	t.Run("xlsx", func(t *testing.T) {
		t.Parallel()
		spoil(t, features(t), 300)
	})
	t.Run("agile.xlsx", func(t *testing.T) {
		t.Parallel()
		spoil(t, read(t, "agile.xlsx"), 5) // each turns the hash 100,000 times
	})
}

func spoil(t *testing.T, content []byte, times int) {
	rng := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range times {
		bad := bytes.Clone(content)
		for range 1 + rng.IntN(4) {
			bad[rng.IntN(len(bad))] = byte(rng.Uint32())
		}
		if rng.IntN(4) == 0 {
			bad = bad[:rng.IntN(len(bad))]
		}
		_, err := walk(t, bad, 0, sheet.Options{Password: "x", Limits: sheet.Limits{ExpandedMax: 16 << 20}})
		var known *sheet.FileError
		if err != nil && !errors.As(err, &known) {
			t.Fatalf("error %v is no FileError", err)
		}
		if err != nil {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no spoilt file was refused: nothing was tested")
	}
}
