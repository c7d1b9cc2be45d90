package sheet_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"unicode/utf8"

	"ansinh/registry/sheet"
)

// small keeps a fuzzed file from costing more than a real one.
var small = sheet.Limits{BytesMax: 1 << 20, ExpandedMax: 8 << 20, MemoryMax: 4 << 10}

// sound reads a whole file and checks what must hold of any bytes: an error is a
// FileError; rows rise; a row ends in content; texts are UTF-8; kinds and texts
// agree; nothing is left running or open by a second walk that stops early.
func sound(t *testing.T, content []byte) {
	book, err := sheet.Open(bytes.NewReader(content), int64(len(content)), sheet.Options{Limits: small, Password: "x"})
	if err != nil {
		refusal(t, err)
		return
	}
	for i := range book.Sheets {
		soundSheet(t, book, i)
	}
	if err := book.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func refusal(t *testing.T, err error) {
	t.Helper()
	var known *sheet.FileError
	if !errors.As(err, &known) || known.Why == "" {
		t.Fatalf("error %v (%T) is no FileError", err, err)
	}
}

func soundSheet(t *testing.T, book *sheet.Book, i int) {
	rows, err := book.Rows(i)
	if err != nil {
		refusal(t, err)
		return
	}
	defer rows.Close()
	last := 0
	for {
		row, ok := rows.Next()
		if !ok {
			break
		}
		if row.No <= last || len(row.Cells) == 0 || row.Cells[len(row.Cells)-1].Kind == sheet.Empty {
			t.Fatalf("row %d after %d has %d cells", row.No, last, len(row.Cells))
		}
		last = row.No
		for _, cell := range row.Cells {
			if !utf8.ValidString(cell.Text) || !utf8.ValidString(cell.Font) || (cell.Kind == sheet.Empty) != (cell.Text == "") {
				t.Fatalf("row %d: %s cell %q in font %q", row.No, cell.Kind, cell.Text, cell.Font)
			}
		}
	}
	if err := rows.Err(); err != nil {
		if err == io.EOF {
			t.Fatal("the end is told as an error")
		}
		refusal(t, err)
	}
}

func FuzzSheetXML(f *testing.F) {
	f.Add(`<worksheet><cols><col min="2" max="3" hidden="1"/></cols><sheetData><row r="1" hidden="1"><c r="A1" t="s"><v>0</v></c><c s="1"><v>1E5</v></c><c t="inlineStr"><is><r><rPr><rFont val="x"/></rPr><t>a&#x41;</t></r></is></c></row></sheetData></worksheet>`,
		`<sst><si><t>a_x0041_</t></si><si><r><rPr><rFont val=".VnTime"/></rPr><t>b</t></r></si></sst>`,
		`<styleSheet><numFmts><numFmt numFmtId="164" formatCode="000;@"/></numFmts><fonts><font><name val="a"/></font></fonts><cellXfs><xf/><xf numFmtId="164" fontId="0"/></cellXfs></styleSheet>`)
	f.Add(row(`<c r="XFD1"/><c t="d"><v>1</v></c><!-- --><c><f>1</f><v><![CDATA[5]]></v></c>`), "<sst/>", "<styleSheet/>")
	f.Fuzz(func(t *testing.T, sheetXML, sharedXML, stylesXML string) {
		sound(t, byHand(t, sheetXML, part{"xl/sharedStrings.xml", sharedXML}, part{"xl/styles.xml", stylesXML}))
	})
}

func FuzzWorkbookParts(f *testing.F) {
	f.Add(`<workbook><workbookPr date1904="1"/><sheets><sheet name="a" id="r1"/></sheets></workbook>`, `<Relationships><Relationship Id="r1" Type="/worksheet" Target="a/../b.xml"/></Relationships>`)
	f.Fuzz(func(t *testing.T, workbook, relations string) {
		sound(t, archive(t, part{"xl/workbook.xml", workbook}, part{"xl/_rels/workbook.xml.rels", relations}, part{"xl/b.xml", row("<c><v>1</v></c>")}))
	})
}

func FuzzXLS(f *testing.F) {
	f.Add(read(f, "feature.xls"))
	f.Add(read(f, "1904.xls"))
	f.Fuzz(func(t *testing.T, content []byte) {
		const mark = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
		if len(content) > len(mark) {
			sound(t, append([]byte(mark), content[len(mark):]...))
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("STT;Họ tên\n1;\"a\"\"b\nc\";2\n"))
	f.Add([]byte("sep=|\na|b\r\n"))
	f.Add([]byte("\xFF\xFEa\x00;\x00b\x00\n\x00"))
	f.Add([]byte("a,b\nNguy\xEA\xDEn,Th\xF2\n"))
	f.Fuzz(sound)
}

// FuzzOpen: whatever a file begins with, it is sniffed and read, or refused, in
// memory that its size explains.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("<html>"))
	f.Add(features(f))
	f.Add(read(f, "agile.xlsx")[:2000])
	f.Fuzz(func(t *testing.T, content []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		sound(t, content)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 64<<20 {
			t.Fatalf("%d bytes cost %d MB", len(content), spent>>20)
		}
	})
}
