package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"ansinh/registry/sheet"
)

// walk opens a file and returns the rows of one sheet as "5 hidden: A=text"…
func walk(t testing.TB, content []byte, number int, options sheet.Options) (lines []string, err error) {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader(content), int64(len(content)), options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	rows, err := book.Rows(number)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for {
		row, ok := rows.Next()
		if !ok {
			return lines, rows.Err()
		}
		line := fmt.Sprint(row.No)
		if row.Hidden {
			line += " hidden"
		}
		for i, cell := range row.Cells {
			if cell.Kind == sheet.Empty {
				continue
			}
			line += fmt.Sprintf(" %s=%s:%s", sheet.ColumnLetters(i), cell.Kind, cell.Text)
			if cell.Font != "" && cell.Font != "Calibri" {
				line += "<" + cell.Font + ">"
			}
			if rows.Hides(i) {
				line += "(hidden)"
			}
		}
		lines = append(lines, line)
	}
}

func wantRows(t *testing.T, got []string, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func written(t testing.TB, file *excelize.File, options ...excelize.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, file.Write(&out, options...), file.Close())
	return out.Bytes()
}

// features is a workbook with one of everything a list's cells can be. The test
// data feature.xls is LibreOffice's copy of it: soffice --convert-to xls.
func features(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	style := func(s excelize.Style) int {
		id, err := f.NewStyle(&s)
		must(t, err)
		return id
	}
	zeros, words := "000000000000", `"ngày" dd/mm/yyyy`
	abc := style(excelize.Style{Font: &excelize.Font{Family: ".VnTime"}})
	date, own := style(excelize.Style{NumFmt: 14}), style(excelize.Style{CustomNumFmt: &words})
	id := style(excelize.Style{CustomNumFmt: &zeros})
	const s = "Danh sách"
	_, errHidden := f.NewSheet("Ẩn")
	must(t, f.SetSheetName("Sheet1", s), errHidden, f.SetSheetVisible("Ẩn", false),
		f.SetCellValue(s, "A1", "DANH SÁCH"), f.MergeCell(s, "A1", "D1"),
		f.SetCellValue(s, "A3", 1), f.SetCellValue(s, "B3", "NguyÔn ThÞ MÉu"), f.SetCellStyle(s, "B3", "B3", abc),
		f.SetCellValue(s, "C3", 13214), f.SetCellStyle(s, "C3", "C3", date),
		f.SetCellValue(s, "D3", 13215), f.SetCellStyle(s, "D3", "D3", own),
		f.SetCellValue(s, "E3", 36900001), f.SetCellStyle(s, "E3", "E3", id),
		f.SetCellRichText(s, "F3", []excelize.RichTextRun{{Text: "TrÇn", Font: &excelize.Font{Family: ".VnArial", Size: 12}}, {Text: " Văn", Font: &excelize.Font{Family: "Arial", Size: 12}}}),
		f.SetCellValue(s, "A4", 2000000), f.SetCellDefault(s, "B4", "-1.5"), f.SetCellValue(s, "C4", true), f.SetCellValue(s, "D4", "=x & <y>\n\"z\""),
		f.SetCellFormula(s, "E4", "A4*2"), f.SetCellFormula(s, "F4", `"chữ "&A3`), f.SetCellFormula(s, "G4", "1/0"), f.SetCellFormula(s, "H4", "A4>1"),
		f.SetCellValue(s, "A6", "ẩn"), f.SetRowVisible(s, 6, false), f.SetColVisible(s, "D", false),
		f.SetCellValue(s, "A7", "079203123456"), f.SetCellDefault(s, "B7", "79203123456"), f.SetCellDefault(s, "C7", "0.1"), f.SetCellValue(s, "D7", 123456789012345),
		f.SetCellValue("Ẩn", "A1", "x"))
	return written(t, f)
}

func TestOpenXLSXTellsCellsAsStored(t *testing.T) {
	t.Parallel()
	content := features(t)
	got, err := walk(t, content, 0, sheet.Options{})
	wantRows(t, got, err,
		"1 A=text:DANH SÁCH",
		"3 A=number:1 B=text:NguyÔn ThÞ MÉu<.VnTime> C=date:13214 D=date:13215(hidden) E=number:000036900001 F=text:TrÇn Văn<.VnArial>",
		"4 A=number:2000000 B=number:-1.5 C=bool:TRUE D=text:=x & <y>\n\"z\"(hidden)",
		"6 hidden A=text:ẩn",
		"7 A=text:079203123456 B=number:79203123456 C=number:0.1 D=number:123456789012345(hidden)")
}

func TestOpenXLSTellsTheSameAsXLSX(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/feature.xls")
	must(t, err)
	got, err := walk(t, content, 0, sheet.Options{})
	wantRows(t, got, err,
		"1 A=text:DANH SÁCH",
		"3 A=number:1 B=text:NguyÔn ThÞ MÉu<.VnTime> C=date:13214 D=date:13215(hidden) E=number:000036900001 F=text:TrÇn Văn<.VnArial>",
		"4 A=number:2000000 B=number:-1.5 C=bool:TRUE D=text:=x & <y>\n\"z\"(hidden) E=number:4000000 F=text:chữ 1 G=error:#DIV/0! H=bool:TRUE",
		"6 hidden A=text:ẩn",
		"7 A=text:079203123456 B=number:79203123456 C=number:0.1 D=number:123456789012345(hidden)")
}

func TestOpenListsSheets(t *testing.T) {
	t.Parallel()
	xls, err := os.ReadFile("testdata/feature.xls")
	must(t, err)
	for name, content := range map[string][]byte{"xlsx": features(t), "xls": xls} {
		book, err := sheet.Open(bytes.NewReader(content), int64(len(content)), sheet.Options{})
		must(t, err)
		want := []sheet.Sheet{{Name: "Danh sách"}, {Name: "Ẩn", Hidden: true}}
		if diff := cmp.Diff(want, book.Sheets); diff != "" || string(book.Format) != name || book.Date1904 {
			t.Errorf("%s: format %s, 1904 %v, sheets (-want +got):\n%s", name, book.Format, book.Date1904, diff)
		}
		must(t, book.Close())
	}
}

func TestOpenSeesTheYears1904(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	yes := true
	must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}), f.SetCellValue("Sheet1", "A1", time.Date(1936, 3, 5, 0, 0, 0, 0, time.UTC)))
	content := written(t, f)
	xls, err := os.ReadFile("testdata/1904.xls")
	must(t, err)
	// Excel of 2010 and later says more of the workbook in an element of the same name.
	later := byHand(t, `<worksheet><sheetData><row><c s="0"><v>11752</v></c></row></sheetData></worksheet>`,
		part{"xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`},
		part{"xl/workbook.xml", `<workbook><workbookPr date1904="1"/><sheets><sheet name="a" id="rId1"/></sheets>` +
			`<extLst><ext uri="{79F54976-1DA5-4618-B147-4CDE4B953A38}"><x14:workbookPr defaultImageDpi="32767"/></ext></extLst></workbook>`})
	for name, content := range map[string][]byte{"xlsx": content, "xls": xls, "xlsx with an extension": later} {
		book, err := sheet.Open(bytes.NewReader(content), int64(len(content)), sheet.Options{})
		must(t, err)
		if !book.Date1904 {
			t.Errorf("%s: serials are said to count from 1900", name)
		}
		got, err := walk(t, content, 0, sheet.Options{})
		wantRows(t, got, err, "1 A=date:11752")
	}
}

// The same list in three formats is the same list.
func TestOpenReadsOneListInThreeFormats(t *testing.T) {
	t.Parallel()
	texts := func(name string) (out [][]string) {
		content, err := os.ReadFile(name)
		must(t, err)
		book, err := sheet.Open(bytes.NewReader(content), int64(len(content)), sheet.Options{})
		must(t, err)
		defer book.Close()
		rows, err := book.Rows(0)
		must(t, err)
		for {
			row, ok := rows.Next()
			if !ok {
				break
			}
			line := []string{fmt.Sprint(row.No)}
			for _, cell := range row.Cells {
				line = append(line, cell.Text)
			}
			out = append(out, line)
		}
		must(t, rows.Err())
		return out
	}
	want := texts("../testdata/sample-list.xlsx")
	if len(want) < 50 {
		t.Fatalf("the sample has %d rows", len(want))
	}
	if diff := cmp.Diff(want, texts("testdata/sample-list.xls")); diff != "" {
		t.Errorf("xls (-xlsx +xls):\n%s", diff)
	}
	csv := texts("testdata/sample-list.csv")
	if len(csv) != len(want) {
		t.Fatalf("csv has %d rows, xlsx %d", len(csv), len(want))
	}
	for i := range want {
		if got, of := strings.ReplaceAll(csv[i][min(5, len(csv[i])-1)], ",", ""), want[i][min(5, len(want[i])-1)]; got != of && i > 8 {
			t.Errorf("row %s: csv has %q, xlsx %q", want[i][0], got, of)
		}
	}
}

// part is one file of a workbook made by hand.
type part struct{ name, text string }

// archive zips parts.
func archive(t testing.TB, parts ...part) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range parts {
		file, err := w.Create(p.name)
		must(t, err)
		_, err = file.Write([]byte(p.text))
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

// byHand is a workbook with one sheet of this XML, and more parts that replace
// those of the same name.
func byHand(t testing.TB, sheetXML string, more ...part) []byte {
	t.Helper()
	const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	parts := append(more,
		part{"xl/workbook.xml", `<workbook xmlns:r="` + rel + `"><sheets><sheet name="Tờ 1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		part{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="` + rel + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + rel + `/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="rId3" Type="` + rel + `/styles" Target="styles.xml"/></Relationships>`},
		part{"xl/worksheets/sheet1.xml", sheetXML})
	seen := map[string]bool{}
	var kept []part
	for _, p := range parts {
		if !seen[p.name] {
			kept = append(kept, p)
		}
		seen[p.name] = true
	}
	return archive(t, kept...)
}

func TestOpenXLSXOfOtherPrograms(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content []byte
		want    []string
	}{
		"cells without references": {byHand(t, `<worksheet><sheetData><row><c><v>1</v></c><c t="inlineStr"><is><t>a</t></is></c></row><row r="5"><c/><c t="str"><v>b</v></c></row></sheetData></worksheet>`),
			[]string{"1 A=number:1 B=text:a", "5 B=text:b"}},
		"cells out of order": {byHand(t, `<worksheet><sheetData><row r="2"><c r="C2"><v>3</v></c><c r="A2"><v>1</v></c><c><v>2</v></c></row></sheetData></worksheet>`),
			[]string{"2 A=number:1 B=number:2 C=number:3"}},
		"prefixes and comments": {byHand(t, "<?xml version=\"1.0\"?>\n<!-- > --><x:worksheet xmlns:x=\"urn:x\"><x:sheetData><x:row x:r='1' ht='>'><x:c r='A1' t='inlineStr'><x:is><x:t xml:space=\"preserve\"> &lt;a&gt; &amp;&#225;&#x1EA1; <![CDATA[<b>&amp;]]>\r\n_x000D__x00E1_</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>"),
			[]string{"1 A=text: <a> &áạ <b>&amp;\n\rá"}},
		"the strict form": {byHand(t, `<worksheet><sheetData><row r="1"><c r="A1" t="d"><v>1936-03-05T00:00:00</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="e"><v>#N/A</v></c></row></sheetData></worksheet>`),
			[]string{"1 A=text:1936-03-05 B=bool:FALSE C=error:#N/A"}},
		"numbers with an exponent": {byHand(t, `<worksheet><sheetData><row r="1"><c><v>7.9203123456E10</v></c><c><v>2.0E6</v></c><c><v>4.07952E+14</v></c><c><v>1.5E-3</v></c><c><v>-1E3</v></c><c><v>x</v></c></row></sheetData></worksheet>`),
			[]string{"1 A=number:79203123456 B=number:2000000 C=number:4.07952E+14 D=number:1.5E-3 E=number:-1000 F=text:x"}},
		"an attribute with a reference": {byHand(t, `<worksheet><sheetData><row r="1" spans="1:2" hidden="true"><c r="a1"><f>&quot;&gt;&quot;</f><v> 5 </v></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells></worksheet>`),
			[]string{"1 hidden A=number:5"}},
		"shared texts with runs, aids and fonts": {byHand(t, `<worksheet><sheetData><row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s" s="1"><v>2</v></c></row></sheetData></worksheet>`,
			part{"xl/sharedStrings.xml", `<sst><si><r><rPr><rFont val=".VnTime"/></rPr><t>a</t></r><r><rPr><rFont val="Arial"/></rPr><t>b</t></r></si><si><t>c</t><rPh sb="0" eb="1"><t>no</t></rPh></si><si><r><t>d</t></r><r><rPr><rFont val="Arial"/></rPr><t>e</t></r></si></sst>`},
			part{"xl/styles.xml", `<styleSheet><fonts><font><name val="Calibri"/></font><font><name val="VNI-Times"/></font></fonts><cellStyleXfs><xf fontId="1"/></cellStyleXfs><cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="0" fontId="1"/></cellXfs></styleSheet>`}),
			[]string{"1 A=text:ab<.VnTime> B=text:c C=text:de<VNI-Times>"}},
		"names in other letters and turned strokes": {archive(t,
			part{`XL\Workbook.xml`, `<workbook><sheets><sheet name="a" sheetId="1" id="r1"/></sheets></workbook>`},
			part{`xl/_rels/workbook.xml.rels`, `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="Worksheets\Sheet1.xml"/></Relationships>`},
			part{`xl/worksheets/sheet1.xml`, `<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`}), []string{"1 A=number:1"}},
		"UTF-16": {byHand(t, utf16LE(`<?xml version="1.0" encoding="UTF-16"?><worksheet><sheetData><row><c t="str"><v>Hà Nội</v></c></row></sheetData></worksheet>`)),
			[]string{"1 A=text:Hà Nội"}},
		// Excel leaves s="0" out: a book whose own font is .VnTime says it nowhere else.
		"cells in the font of the book": {byHand(t, row(`<c t="str"><v>NguyÔn</v></c><c s="1" t="str"><v>Lª</v></c><c><v>13214</v></c><c s="1"><v>2</v></c>`),
			part{"xl/styles.xml", `<styleSheet><fonts><font><name val=".VnTime"/></font><font><name val="Arial"/></font></fonts><cellXfs><xf numFmtId="14" fontId="0"/><xf numFmtId="0" fontId="1"/></cellXfs></styleSheet>`}),
			[]string{"5 A=text:NguyÔn<.VnTime> B=text:Lª<Arial> C=date:13214<.VnTime> D=number:2<Arial>"}},
		"an empty sheet": {byHand(t, `<worksheet><sheetData/></worksheet>`), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := walk(t, tt.content, 0, sheet.Options{})
			wantRows(t, got, err, tt.want...)
		})
	}
}

func utf16LE(text string) string {
	out := []byte{0xFF, 0xFE}
	for _, r := range text {
		out = append(out, byte(r), byte(r>>8))
	}
	return string(out)
}

// Texts that lie in a file read as those in memory, whatever order asks for them.
func TestOpenSpillsSharedTexts(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	const rows = 3000
	for i := range rows {
		must(t, f.SetCellValue("Sheet1", fmt.Sprintf("A%d", i+1), fmt.Sprintf("%d %s", i, strings.Repeat("dài ", i%90))),
			f.SetCellValue("Sheet1", fmt.Sprintf("B%d", rows-i), fmt.Sprintf("ngược %d", i)))
	}
	content := written(t, f)
	want, err := walk(t, content, 0, sheet.Options{})
	must(t, err)
	got, err := walk(t, content, 0, sheet.Options{Limits: sheet.Limits{MemoryMax: 10_000}})
	wantRows(t, got, err, want...)
	if len(got) != rows {
		t.Errorf("%d rows, want %d", len(got), rows)
	}
}
