package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/richardlehane/mscfb"
	"github.com/xuri/excelize/v2"
)

// compoundHeader is the length of the part of a compound file that counts its
// tables.
const compoundHeader = 512

// openCompound opens what old Office programs and all encrypted workbooks share:
// a file with a file system inside.
func openCompound(r io.ReaderAt, size int64, limits Limits, password string) (*Book, error) {
	if err := checkCompound(r, size); err != nil {
		return nil, err
	}
	streams, err := listStreams(r, size)
	if err != nil {
		return nil, err
	}
	switch {
	case streams["EncryptedPackage"] != nil && streams["EncryptionInfo"] != nil:
		return openEncrypted(r, size, streams["EncryptionInfo"], limits, password)
	case streams["Workbook"] != nil:
		return openXLS(streams["Workbook"], limits)
	case streams["Book"] != nil:
		return nil, refuse(WhyFormat, "", nil, oldExcel)
	case streams["WordDocument"] != nil:
		return nil, refuse(WhyFormat, "", nil, "Word .doc")
	default:
		return nil, refuse(WhyUnknown, "", nil)
	}
}

// checkCompound compares what the header counts with the size of the file: the
// library makes its tables as large as the header says.
func checkCompound(r io.ReaderAt, size int64) error {
	head := make([]byte, compoundHeader)
	if size < compoundHeader {
		return refuse(WhyDamaged, "", io.ErrUnexpectedEOF)
	}
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return fmt.Errorf("read list: %w", err)
	}
	sectors := size/compoundHeader + 1
	// Sectors of the directory, of the allocation table, of its small brother, and of its index.
	for _, at := range []int{40, 44, 64, 72} {
		if int64(binary.LittleEndian.Uint32(head[at:])) > sectors {
			return refuse(WhyDamaged, "", errors.New("tables larger than the file"))
		}
	}
	return nil
}

// listStreams returns the streams at the top of a compound file.
func listStreams(r io.ReaderAt, size int64) (streams map[string]*stream, err error) {
	defer guard(&err)
	file, err := mscfb.New(r)
	if err != nil {
		return nil, refuse(WhyDamaged, "", err)
	}
	streams = map[string]*stream{}
	for _, entry := range file.File {
		if len(entry.Path) > 0 || entry.FileInfo().IsDir() || streams[entry.Name] != nil {
			continue
		}
		if entry.Size < 0 || entry.Size > size {
			return nil, refuse(WhyDamaged, entry.Name, errors.New("a stream larger than its file"))
		}
		streams[entry.Name] = &stream{file: entry}
	}
	return streams, nil
}

// guard turns a panic of the libraries about what stands in a file into a
// damaged file: whatever an officer hands in must not stop the others' work.
func guard(err *error) {
	if trouble := recover(); trouble != nil {
		*err = refuse(WhyDamaged, "", fmt.Errorf("%v", trouble))
	}
}

// stream is a stream of a compound file.
type stream struct{ file *mscfb.File }

func (s *stream) Read(p []byte) (n int, err error) {
	defer guard(&err)
	return s.file.Read(p)
}

// from returns a reader from an offset on.
func (s *stream) from(offset int64) (_ io.Reader, err error) {
	defer guard(&err)
	if offset < 0 || offset >= s.file.Size {
		return nil, refuse(WhyDamaged, "", errors.New("a sheet beyond the end of the file"))
	}
	if _, err := s.file.Seek(offset, io.SeekStart); err != nil {
		return nil, refuse(WhyDamaged, "", err)
	}
	return s, nil
}

// all reads a stream whole, at most max bytes.
func (s *stream) all(max int64) ([]byte, error) {
	if s.file.Size > max {
		return nil, refuse(WhyDamaged, s.file.Name, errors.New("larger than any"))
	}
	content, err := io.ReadAll(s)
	if err != nil {
		return nil, refuse(WhyDamaged, s.file.Name, err)
	}
	return content, nil
}

// The limits of how a password may be hashed. Excel turns it 100,000 times.
const (
	spinsMax       = 1_000_000
	encryptionInfo = 64 << 10
)

var spinCount = regexp.MustCompile(`spinCount="([0-9]+)"`)

// openEncrypted unlocks a workbook in memory and opens what comes out. The
// library does not say that a password is wrong: what it unlocks with one is noise.
func openEncrypted(r io.ReaderAt, size int64, info *stream, limits Limits, password string) (*Book, error) {
	if password == "" {
		return nil, refuse(WhyPassword, "", nil)
	}
	described, err := info.all(encryptionInfo)
	if err != nil {
		return nil, err
	}
	for _, found := range spinCount.FindAllSubmatch(described, -1) {
		if n, err := strconv.Atoi(string(found[1])); err != nil || n > spinsMax {
			return nil, refuse(WhyLimit, "EncryptionInfo", nil, "spins")
		}
	}
	content, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	plain, err := decrypt(content, password)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(plain, []byte("PK")) {
		return nil, refuse(WhyPasswordWrong, "", nil)
	}
	return openXLSX(bytes.NewReader(plain), int64(len(plain)), limits)
}

func decrypt(content []byte, password string) (plain []byte, err error) {
	defer guard(&err)
	plain, err = excelize.Decrypt(content, &excelize.Options{Password: password})
	if err != nil {
		return nil, refuse(WhyDamaged, "EncryptionInfo", err)
	}
	return plain, nil
}
