package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// record is one BIFF record as bytes.
func record(id int, data string) string {
	head := binary.LittleEndian.AppendUint16(nil, uint16(id))
	head = binary.LittleEndian.AppendUint16(head, uint16(len(data)))
	return string(head) + data
}

// A text of old Excel may be cut between any two letters, change its width
// there, and carry runs and reading aids that are cut as well.
func TestBIFFTextGoesOnInOtherRecords(t *testing.T) {
	t.Parallel()
	const rich = "\x03\x00\x0D\x02\x00\x04\x00\x00\x00" // 3 wide letters, runs and aids: 2 runs, 4 bytes
	const runs, aids = "\x00\x00\x05\x00\x01\x00\x06\x00", "abcd"
	tests := map[string]struct {
		stream string
		want   string
		font   int
	}{
		"in one piece":          {record(recSST, "\x03\x00\x00abc"), "abc", -1},
		"wide":                  {record(recSST, "\x03\x00\x01a\x00\xCA\x1E\x3D\xD8"), "aỊ\uFFFD", -1},
		"a pair of surrogates":  {record(recSST, "\x02\x00\x01\x3D\xD8\x00\xDE"), "😀", -1},
		"narrow, then wide":     {record(recSST, "\x03\x00\x00ab") + record(recContinue, "\x01\xCA\x1E"), "abỊ", -1},
		"wide, then narrow":     {record(recSST, "\x03\x00\x01a\x00") + record(recContinue, "\x00b\xE9"), "abé", -1},
		"cut before any letter": {record(recSST, "\x01\x00\x00") + record(recContinue, "\x00x"), "x", -1},
		"with runs and aids":    {record(recSST, rich+"a\x00b\x00c\x00"+runs+aids), "abc", 5},
		"cut within the runs":   {record(recSST, rich+"a\x00b\x00c\x00"+runs[:3]) + record(recContinue, runs[3:]+aids[:1]) + record(recContinue, aids[1:]), "abc", 5},
		"a first run not first": {record(recSST, "\x02\x00\x08\x01\x00ab\x01\x00\x05\x00"), "ab", -1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBIFF(strings.NewReader(tt.stream+record(recEOF, "")), "")
			if err := b.next(); err != nil {
				t.Fatal(err)
			}
			text, font, err := b.text(nil, 2)
			if err != nil || string(text) != tt.want || font != tt.font {
				t.Errorf("text = %q, font %d, error %v; want %q, font %d", text, font, err, tt.want, tt.font)
			}
			if err := b.next(); err != nil || b.id != recEOF || b.next() != io.EOF {
				t.Errorf("behind the text: record %x, error %v", b.id, err)
			}
		})
	}
	for name, stream := range map[string]string{
		"a text longer than its record": record(recSST, "\x09\x00\x00abc") + record(recEOF, ""),
		"half a letter":                 record(recSST, "\x02\x00\x01a\x00b"),
		"a record cut off":              record(recSST, "\x03\x00\x00abc")[:6],
	} {
		b := newBIFF(strings.NewReader(stream), "")
		err := b.next()
		if err == nil {
			_, _, err = b.text(nil, 2)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBIFFNumbersBecomeTheDigitsTyped(t *testing.T) {
	t.Parallel()
	for rk, want := range map[uint32]string{
		5<<2 | 2: "5", 0xFFFFFFFE: "-1", 12345<<2 | 3: "123.45", 0x40FE8480: "125000", 0x3FF00000: "1", 0x40240001: "0.1",
	} {
		if got, ok := rkDigits(rk); got != want || !ok {
			t.Errorf("rkDigits(%#x) = %q, %v; want %q", rk, got, ok, want)
		}
	}
	if got, ok := floatDigits([]byte("\x00\x00\x00\x00\x00\x00\x50\x45")); got != "7.737125245533627E+25" || !ok {
		t.Errorf("a number of 26 digits becomes %q, %v", got, ok)
	}
	if got, ok := floatDigits([]byte("\xff\xff\xff\xff\xff\xff\xff\x7f")); ok {
		t.Errorf("no number at all becomes %q", got)
	}
}

func TestReadFormatKnowsDatesAndZeros(t *testing.T) {
	t.Parallel()
	type known struct {
		date  bool
		zeros int
	}
	for code, want := range map[string]known{
		"General": {}, "0": {false, 1}, "000000000000": {false, 12}, "#,##0": {}, "@": {}, "": {},
		"dd/mm/yyyy": {date: true}, `"ngày" d "tháng" m`: {date: true}, `#,##0 "đồng"`: {}, `#,##0\ \d`: {},
		"[$-42A]dd mmmm yyyy": {date: true}, "[$₫-42A] #,##0": {}, "[h]:mm": {date: true}, `_-* #,##0 _d_-`: {}, "[Red]0.00": {},
		"h:mm": {date: true}, "[": {}, `"`: {}, `\`: {}, "0000;[Red]0000": {false, 4},
	} {
		date, zeros := readFormat(code)
		if diff := cmp.Diff(want, known{date, zeros}, cmp.AllowUnexported(known{})); diff != "" {
			t.Errorf("readFormat(%q) (-want +got):\n%s", code, diff)
		}
	}
}

func TestPlainNumberInventsNoDigit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"5": "5", "-5.50": "-5.50", "1E3": "1000", "1.2345E3": "1234.5", "7.9203123456E10": "79203123456", "2.0E6": "2000000",
		"4.07952E+14": "4.07952E+14", "7.92031E9": "7920310000", "7.92031E11": "7.92031E11", "1E400": "1E400", "0E0": "0", "79203123456.0": "79203123456", "-5.": "-5", "1.234567890123E15": "1.234567890123E15", "1.23456789012345E14": "123456789012345", "5E-1": "0.5", "5E-9": "5E-9",
	} {
		if got, ok := plainNumber(text); got != want || !ok {
			t.Errorf("plainNumber(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"", ".", "x", "1x", "E5", "1E", "1e5e5", "--1", "0x10", "1,5"} {
		if got, ok := plainNumber(text); ok || got != text {
			t.Errorf("plainNumber(%q) = %q, %v; want it left alone", text, got, ok)
		}
	}
}

// The scanner gives out the same whatever pieces the reader delivers.
func TestXMLScannerReadsInPieces(t *testing.T) {
	t.Parallel()
	const text = "<a b='&gt;' c=\">\">x&amp;y\r\nz<![CDATA[<&]]><d/></a>"
	all := func(r io.Reader) (out string) {
		s := newXMLScanner(r, "")
		for {
			kind, err := s.next()
			if err != nil {
				t.Fatal(err)
			}
			switch kind {
			case tokenOpen:
				out += "<" + string(s.name) + " " + s.get("b") + ">"
			case tokenClose:
				out += "</" + string(s.name) + ">"
			case tokenText:
				out += string(s.text)
			case tokenEnd:
				return out
			}
		}
	}
	want := "<a >>x&y\nz<&<d ></d></a>"
	for size := 1; size < len(text); size++ {
		if got := all(&pieces{bytes.NewReader([]byte(text)), size}); got != want {
			t.Fatalf("in pieces of %d: %q, want %q", size, got, want)
		}
	}
}

type pieces struct {
	reader io.Reader
	size   int
}

func (p *pieces) Read(b []byte) (int, error) { return p.reader.Read(b[:min(len(b), p.size)]) }

// bytesStream is records in memory, outside any compound file.
type bytesStream struct {
	*bytes.Reader
	all []byte
}

func (s bytesStream) from(offset int64) (io.Reader, error) {
	if offset < 0 || offset > int64(len(s.all)) {
		return nil, refuse(WhyDamaged, "", io.ErrUnexpectedEOF)
	}
	return bytes.NewReader(s.all[offset:]), nil
}

// FuzzBIFF: whatever the records of an .xls are, each row is whole and rows rise,
// or the file is refused.
func FuzzBIFF(f *testing.F) {
	for _, name := range []string{"feature.xls", "1904.xls", "sample-list.xls"} {
		content, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		streams, err := listStreams(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			f.Fatal(err)
		}
		records, err := streams["Workbook"].all(1 << 20)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(records)
	}
	f.Fuzz(func(t *testing.T, records []byte) {
		book, err := openXLS(bytesStream{bytes.NewReader(records), records}, Limits{MemoryMax: 1 << 10}.orDefault())
		if err != nil {
			wantFileError(t, err)
			return
		}
		defer book.Close()
		for i := range min(len(book.Sheets), 5) {
			rows, err := book.Rows(i)
			if err != nil {
				wantFileError(t, err)
				continue
			}
			last := 0
			for row, ok := rows.Next(); ok; row, ok = rows.Next() {
				if row.No <= last || row.No > xlsRowsMax || len(row.Cells) == 0 || row.Cells[len(row.Cells)-1].Kind == Empty {
					t.Fatalf("row %d after %d has %d cells", row.No, last, len(row.Cells))
				}
				last = row.No
			}
			if err := rows.Err(); err != nil {
				wantFileError(t, err)
			}
		}
	})
}

func wantFileError(t *testing.T, err error) {
	t.Helper()
	var known *FileError
	if !errors.As(err, &known) || known.Why == "" {
		t.Fatalf("error %v (%T) is no FileError", err, err)
	}
}
