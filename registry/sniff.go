package registry

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits bound what one file may cost. The zero Limits are [DefaultLimits].
type Limits struct {
	BytesMax    int64 // of the file
	ExpandedMax int64 // of everything inside it, unpacked
	RowsMax     int   // rows of people
}

// DefaultLimits fit the largest commune many times over.
var DefaultLimits = Limits{BytesMax: 64 << 20, ExpandedMax: 1 << 30, RowsMax: 100_000}

func (l Limits) orDefault() Limits {
	if l.BytesMax == 0 {
		l.BytesMax = DefaultLimits.BytesMax
	}
	if l.ExpandedMax == 0 {
		l.ExpandedMax = DefaultLimits.ExpandedMax
	}
	if l.RowsMax == 0 {
		l.RowsMax = DefaultLimits.RowsMax
	}
	return l
}

const megabyte = 1 << 20

// sniff decides by content what a file is, never by its name. It returns nil
// for an .xlsx that may be opened within the limits, else a *FileError that says
// what to do.
func sniff(r io.ReaderAt, size int64, limits Limits) error {
	if size == 0 {
		return fileError(FileEmpty, nil)
	}
	if size > limits.BytesMax {
		return fileError(FileLarge, nil, (size+megabyte-1)/megabyte, limits.BytesMax/megabyte)
	}
	head := make([]byte, min(size, 64<<10))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return fmt.Errorf("read list: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK")):
		return sniffZip(r, size, limits)
	case bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return sniffCompound(r, size)
	case looksLikeText(head):
		return fileError(FileText, nil)
	default:
		return fileError(FileUnknown, nil)
	}
}

// sniffZip adds up what the archive says it holds. An archive that lies is
// stopped by the reader: archive/zip gives no byte beyond the size declared.
func sniffZip(r io.ReaderAt, size int64, limits Limits) error {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return fileError(FileUnknown, err)
	}
	var expanded uint64
	workbook := false
	for _, file := range archive.File {
		if file.UncompressedSize64 > uint64(limits.ExpandedMax) {
			return fileError(FileExpands, nil)
		}
		expanded += file.UncompressedSize64
		workbook = workbook || file.Name == "xl/workbook.xml"
	}
	switch {
	case expanded > uint64(limits.ExpandedMax):
		return fileError(FileExpands, nil)
	case !workbook:
		return fileError(FileUnknown, nil)
	}
	return nil
}

// sniffCompound tells an encrypted .xlsx from an old .xls: both are compound
// files, whose directory names its streams in UTF-16.
func sniffCompound(r io.ReaderAt, size int64) error {
	content, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	holds := func(stream string) bool { return bytes.Contains(content, utf16Bytes(stream)) }
	switch {
	case holds("EncryptedPackage"):
		return fileError(FilePassword, nil)
	case holds("Workbook"), holds("Book"):
		return fileError(FileXLS, nil)
	default:
		return fileError(FileUnknown, nil)
	}
}

func utf16Bytes(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

// looksLikeText holds for any text encoding, Vietnamese ones included: no
// control characters but white space. UTF-16 text is recognised by its mark.
func looksLikeText(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF}) {
		return true
	}
	for _, b := range head {
		if b < utf8.RuneSelf && b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' {
			return false
		}
	}
	return true
}
