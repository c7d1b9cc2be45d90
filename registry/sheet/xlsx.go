package sheet

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// The limits of what a workbook consists of. A list is far below all of them.
const (
	entriesMax   = 10_000
	directoryMax = 4 << 20 // bytes of the archive's directory
	sheetsMax    = 1_000
)

// xlsx is a workbook of the present format: an archive of XML parts.
type xlsx struct {
	parts  map[string]*zip.File // by lower-case name
	limits Limits
	sheets []xlsxSheet // in the book's order
	styles styles
	shared *sharedTable
	known  *interner
}

// xlsxSheet is where a sheet is, and what people call it.
type xlsxSheet struct{ part, name string }

// openXLSX opens an archive whose size the limits allow.
func openXLSX(r io.ReaderAt, size int64, limits Limits) (*Book, error) {
	if err := checkDirectory(r, size); err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, refuse(WhyDamaged, "", err)
	}
	x := &xlsx{parts: map[string]*zip.File{}, limits: limits, known: newInterner()}
	if err := x.index(archive); err != nil {
		return nil, err
	}
	main, err := x.mainPart()
	if err != nil {
		return nil, err
	}
	book := &Book{Format: XLSX, source: x}
	if err := x.readWorkbook(book, main); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return book, nil
}

// checkDirectory looks at the archive's directory before it is read: a hundred
// million empty entries would fit into a file of the size we take.
func checkDirectory(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 22+65535))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return fmt.Errorf("read list: %w", err)
	}
	at := strings.LastIndex(string(tail), "PK\x05\x06")
	if at < 0 || len(tail)-at < 22 {
		return refuse(WhyDamaged, "", io.ErrUnexpectedEOF)
	}
	begin := int64(binary.LittleEndian.Uint32(tail[at+16:]))
	const elsewhere = 0xFFFFFFFF // in a record for archives of more than 65,535 files
	if begin > size && begin != elsewhere {
		return refuse(WhyDamaged, "", io.ErrUnexpectedEOF)
	}
	if begin == elsewhere || size-begin > directoryMax {
		return refuse(WhyLimit, "", nil, "entries")
	}
	return nil
}

// index finds the parts and adds up what they say they unpack to. An archive
// that lies is stopped by archive/zip: it gives no byte beyond the size declared.
func (x *xlsx) index(archive *zip.Reader) error {
	if len(archive.File) > entriesMax {
		return refuse(WhyLimit, "", nil, "entries")
	}
	var expanded uint64
	for _, file := range archive.File {
		if file.UncompressedSize64 > uint64(x.limits.ExpandedMax) {
			return refuse(WhyExpands, file.Name, nil)
		}
		expanded += file.UncompressedSize64
		name := partName("", file.Name)
		if _, twice := x.parts[name]; !twice {
			x.parts[name] = file
		}
	}
	if expanded > uint64(x.limits.ExpandedMax) {
		return refuse(WhyExpands, "", nil)
	}
	return nil
}

// partName resolves a target as it stands in the relations of a part in folder.
func partName(folder, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = folder + "/" + target
	}
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+target), "/"))
}

// mainPart finds the workbook, or says what else the archive is.
func (x *xlsx) mainPart() (string, error) {
	relations, err := x.relations("_rels/.rels", "")
	if err != nil {
		return "", err
	}
	for _, r := range relations {
		if strings.HasSuffix(r.kind, "/officeDocument") && strings.HasSuffix(r.part, ".xml") && strings.Contains(r.part, "workbook") {
			return r.part, nil
		}
	}
	switch {
	case x.parts["xl/workbook.xml"] != nil:
		return "xl/workbook.xml", nil
	case x.parts["xl/workbook.bin"] != nil:
		return "", refuse(WhyFormat, "", nil, "Excel .xlsb")
	case x.parts["word/document.xml"] != nil:
		return "", refuse(WhyFormat, "", nil, "Word .docx")
	case x.parts["content.xml"] != nil:
		return "", refuse(WhyFormat, "", nil, "OpenDocument .ods")
	default:
		return "", refuse(WhyUnknown, "", nil)
	}
}

// relation is how one part names another.
type relation struct{ id, kind, part string }

// relations reads a part of relations; an absent one is empty.
func (x *xlsx) relations(name, folder string) ([]relation, error) {
	if x.parts[name] == nil {
		return nil, nil
	}
	var all []relation
	err := x.walk(name, func(s *xmlScanner) error {
		if string(s.name) == "Relationship" && s.get("TargetMode") != "External" {
			all = append(all, relation{id: s.get("Id"), kind: s.get("Type"), part: partName(folder, s.get("Target"))})
		}
		if len(all) > entriesMax {
			return refuse(WhyLimit, name, nil, "relations")
		}
		return nil
	})
	return all, err
}

// part opens a part for reading.
func (x *xlsx) part(name string) (io.ReadCloser, error) {
	file := x.parts[name]
	if file == nil {
		return nil, refuse(WhyDamaged, name, errors.New("the part is missing"))
	}
	reader, err := file.Open()
	if err != nil {
		return nil, refuse(WhyDamaged, name, err)
	}
	return reader, nil
}

// walk calls visit on each opening tag of a part but those of its extensions, which
// repeat names: <x14:workbookPr> says nothing of the year dates count from.
func (x *xlsx) walk(name string, visit func(*xmlScanner) error) error {
	reader, err := x.part(name)
	if err != nil {
		return err
	}
	defer reader.Close()
	s := newXMLScanner(reader, name)
	for {
		kind, err := s.next()
		if err != nil || kind == tokenEnd {
			return err
		}
		switch {
		case kind != tokenOpen:
		case string(s.name) == "extLst":
			err = s.skip()
		default:
			err = visit(s)
		}
		if err != nil {
			return err
		}
	}
}

// readWorkbook reads the workbook's own part and the two that all sheets share.
func (x *xlsx) readWorkbook(book *Book, main string) error {
	folder, file := path.Split(main)
	relations, err := x.relations(folder+"_rels/"+file+".rels", strings.TrimSuffix(folder, "/"))
	if err != nil {
		return err
	}
	byID := make(map[string]relation, len(relations))
	for _, r := range relations {
		byID[r.id] = r
	}
	if err := x.walk(main, func(s *xmlScanner) error { return x.readSheetName(book, s, byID) }); err != nil {
		return err
	}
	if len(x.sheets) == 0 {
		return refuse(WhyDamaged, main, errors.New("the workbook has no sheet"))
	}
	for _, r := range relations {
		switch {
		case x.parts[r.part] == nil:
		case strings.HasSuffix(r.kind, "/styles"):
			err = x.readStyles(r.part)
		case strings.HasSuffix(r.kind, "/sharedStrings") && x.shared == nil:
			err = x.readShared(r.part)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *xlsx) readSheetName(book *Book, s *xmlScanner, byID map[string]relation) error {
	switch string(s.name) {
	case "workbookPr":
		book.Date1904 = s.is("date1904")
	case "sheet":
		r, ok := byID[s.get("id")]
		if !ok || !strings.HasSuffix(r.kind, "/worksheet") { // a chart, a macro sheet
			return nil
		}
		if len(x.sheets) == sheetsMax {
			return refuse(WhyLimit, s.where, nil, "sheets")
		}
		name, state := valid(s.get("name")), s.get("state")
		x.sheets = append(x.sheets, xlsxSheet{part: r.part, name: name})
		book.Sheets = append(book.Sheets, Sheet{Name: name, Hidden: state == "hidden" || state == "veryHidden"})
	}
	return nil
}

func (x *xlsx) close() error {
	if x.shared == nil {
		return nil
	}
	return x.shared.close()
}
