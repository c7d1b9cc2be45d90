package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// sniffBytes is how much of a file its format shows by.
const sniffBytes = 64 << 10

// Open finds out what a file is and opens it. It never asks for its name.
//
// The error is a *FileError unless the disk failed; WhyPassword asks for
// Options.Password. Close the book to free its temporary files.
func Open(r io.ReaderAt, size int64, options Options) (*Book, error) {
	limits := options.Limits.orDefault()
	if size == 0 {
		return nil, refuse(WhyEmpty, "", nil)
	}
	if size > limits.BytesMax {
		const megabyte = 1 << 20
		return nil, refuse(WhyLarge, "", nil, (size+megabyte-1)/megabyte, max(1, limits.BytesMax/megabyte))
	}
	head := make([]byte, min(size, sniffBytes))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read list: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return openXLSX(r, size, limits)
	case bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}):
		return openCompound(r, size, limits, options.Password)
	case bytes.HasPrefix(head, []byte("%PDF")):
		return nil, refuse(WhyFormat, "", nil, "PDF")
	case isOldBIFF(head):
		return nil, refuse(WhyFormat, "", nil, oldExcel)
	case looksLikeText(head):
		if name := markup(head); name != "" {
			return nil, refuse(WhyFormat, "", nil, name)
		}
		return openCSV(r, size)
	default:
		return nil, refuse(WhyUnknown, "", nil)
	}
}

// oldExcel names what BIFF wrote before 1997.
const oldExcel = "Excel 5.0/95"

// isOldBIFF holds for a bare BIFF2 to BIFF4 stream: it begins with BOF.
func isOldBIFF(head []byte) bool {
	return len(head) > 4 && head[0] == 0x09 && (head[1] == 0x00 || head[1] == 0x02 || head[1] == 0x04) && head[2] <= 0x10 && head[3] == 0
}

// markup names the text formats that programs call .xls: a page of a web system,
// the XML of Excel 2003.
func markup(head []byte) string {
	text := strings.ToLower(strings.TrimLeft(strings.TrimPrefix(string(head[:min(len(head), 2048)]), "\uFEFF"), " \t\r\n"))
	switch {
	case strings.HasPrefix(text, "<?xml") && strings.Contains(text, "urn:schemas-microsoft-com:office:spreadsheet"):
		return "XML Spreadsheet 2003"
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<table"), strings.HasPrefix(text, "<meta"):
		return "HTML"
	case strings.HasPrefix(text, "mime-version:"):
		return "MHTML"
	case strings.HasPrefix(text, "<?xml"):
		return "XML"
	case strings.HasPrefix(text, `{\rtf`):
		return "RTF"
	default:
		return ""
	}
}

// looksLikeText holds for any text encoding, Vietnamese ones included: no
// control characters but white space. UTF-16 text is recognised by its mark.
func looksLikeText(head []byte) bool {
	if isUTF16(head) {
		return true
	}
	for _, b := range head {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' {
			return false
		}
	}
	return true
}

func isUTF16(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF})
}
