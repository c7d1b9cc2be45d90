package sandbox

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// This file reads and writes just enough of .xlsx for a portal: the first
// worksheet as text by row and column. It is the bank's own reader on purpose;
// the engine writes its workbooks with other code.

const (
	workbookPartBytesMax = 256 << 20
	sheetColumnsMax      = 64
	sheetRowsMax         = rowsMax + 100
)

var errNotWorkbook = errors.New("not an .xlsx workbook")

// readWorkbook returns the first worksheet; row and column 0 are row 1 and A.
func readWorkbook(body []byte) ([][]string, error) {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, errNotWorkbook
	}
	parts := map[string]*zip.File{}
	for _, f := range z.File {
		parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	sheet, err := firstSheet(parts)
	if err != nil {
		return nil, err
	}
	var shared []string
	if f := parts["xl/sharedStrings.xml"]; f != nil {
		if shared, err = readShared(f); err != nil {
			return nil, err
		}
	}
	return readSheet(sheet, shared)
}

func readPart(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, workbookPartBytesMax))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return data, nil
}

// firstSheet follows the workbook's relations to its first worksheet.
func firstSheet(parts map[string]*zip.File) (*zip.File, error) {
	book, rels := parts["xl/workbook.xml"], parts["xl/_rels/workbook.xml.rels"]
	if book == nil || rels == nil {
		return nil, errNotWorkbook
	}
	data, err := readPart(book)
	if err != nil {
		return nil, err
	}
	var w struct {
		Sheets []struct {
			RID string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := xml.Unmarshal(data, &w); err != nil || len(w.Sheets) == 0 {
		return nil, errNotWorkbook
	}
	if data, err = readPart(rels); err != nil {
		return nil, err
	}
	var r struct {
		Relations []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := xml.Unmarshal(data, &r); err != nil {
		return nil, errNotWorkbook
	}
	for _, rel := range r.Relations {
		if rel.ID != w.Sheets[0].RID {
			continue
		}
		target := strings.TrimPrefix(rel.Target, "/")
		if !strings.HasPrefix(target, "xl/") {
			target = path.Join("xl", target)
		}
		if f := parts[target]; f != nil {
			return f, nil
		}
	}
	return nil, errNotWorkbook
}

type richText struct {
	Text string   `xml:"t"`
	Runs []string `xml:"r>t"`
}

func (t richText) String() string { return t.Text + strings.Join(t.Runs, "") }

func readShared(f *zip.File) ([]string, error) {
	data, err := readPart(f)
	if err != nil {
		return nil, err
	}
	var s struct {
		Items []richText `xml:"si"`
	}
	if err := xml.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	out := make([]string, len(s.Items))
	for i, x := range s.Items {
		out[i] = x.String()
	}
	return out, nil
}

type sheetCell struct {
	Ref    string   `xml:"r,attr"`
	Type   string   `xml:"t,attr"`
	Value  string   `xml:"v"`
	Inline richText `xml:"is"`
}

func (c sheetCell) text(shared []string) (string, error) {
	switch c.Type {
	case "s":
		i, err := strconv.Atoi(c.Value)
		if err != nil || i < 0 || i >= len(shared) {
			return "", fmt.Errorf("cell %s names no text", c.Ref)
		}
		return strings.TrimSpace(shared[i]), nil
	case "inlineStr":
		return strings.TrimSpace(c.Inline.String()), nil
	default:
		return strings.TrimSpace(c.Value), nil
	}
}

func readSheet(f *zip.File, shared []string) ([][]string, error) {
	data, err := readPart(f)
	if err != nil {
		return nil, err
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	var rows [][]string
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		var row struct {
			Number int         `xml:"r,attr"`
			Cells  []sheetCell `xml:"c"`
		}
		if err := dec.DecodeElement(&row, &start); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if row.Number == 0 {
			row.Number = len(rows) + 1
		}
		if row.Number <= len(rows) || row.Number > sheetRowsMax {
			return nil, fmt.Errorf("row %d is out of order or above %d", row.Number, sheetRowsMax)
		}
		for len(rows) < row.Number {
			rows = append(rows, nil)
		}
		if rows[row.Number-1], err = cellsOf(row.Cells, shared); err != nil {
			return nil, err
		}
	}
}

func cellsOf(cells []sheetCell, shared []string) ([]string, error) {
	var out []string
	for i, c := range cells {
		column := i
		if c.Ref != "" {
			column = columnOf(c.Ref)
		}
		if column < 0 || column >= sheetColumnsMax {
			continue
		}
		for len(out) <= column {
			out = append(out, "")
		}
		text, err := c.text(shared)
		if err != nil {
			return nil, err
		}
		out[column] = text
	}
	return out, nil
}

// columnOf turns "C12" into 2.
func columnOf(ref string) int {
	n := 0
	for i := range len(ref) {
		if ref[i] < 'A' || ref[i] > 'Z' || n > 1000 {
			break
		}
		n = n*26 + int(ref[i]-'A') + 1
	}
	return n - 1
}

func columnName(i int) string {
	if i >= 26 {
		return columnName(i/26-1) + columnName(i%26)
	}
	return string(rune('A' + i))
}

// number is a cell written as a number; everything else is text.
type number int64

// workbookParts are the fixed parts of the smallest workbook that
// spreadsheet programs open.
var workbookParts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="KET QUA" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

// writeWorkbook writes one worksheet; the same rows give the same bytes.
func writeWorkbook(rows [][]any) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	var sheet bytes.Buffer
	sheet.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for i, row := range rows {
		fmt.Fprintf(&sheet, `<row r="%d">`, i+1)
		for j, v := range row {
			switch v := v.(type) {
			case number:
				fmt.Fprintf(&sheet, `<c r="%s%d"><v>%d</v></c>`, columnName(j), i+1, v)
			case string:
				fmt.Fprintf(&sheet, `<c r="%s%d" t="inlineStr"><is><t xml:space="preserve">`, columnName(j), i+1)
				_ = xml.EscapeText(&sheet, []byte(v)) // a bytes.Buffer takes everything
				sheet.WriteString(`</t></is></c>`)
			}
		}
		sheet.WriteString(`</row>`)
	}
	sheet.WriteString(`</sheetData></worksheet>`)
	parts := append(workbookParts[:len(workbookParts):len(workbookParts)], struct{ name, text string }{"xl/worksheets/sheet1.xml", sheet.String()})
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+p.text)
		}
		if err != nil {
			return nil, fmt.Errorf("write workbook: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return out.Bytes(), nil
}
