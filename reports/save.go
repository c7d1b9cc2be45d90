package reports

import (
	"archive/zip"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/xuri/excelize/v2"
)

// save writes the file under a temporary name beside its own, moves it there
// when it is whole, and returns its SHA-256.
//
// excelize writes streamed sheets in the order of a Go map, which differs from
// run to run; the parts are therefore put in order of name before they are
// hashed. They are copied as they are, not compressed again.
func (b *workbook) save(path string) (digest string, err error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	loose, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(loose.Name()) //nolint:errcheck // a leftover temporary file harms nobody
	defer loose.Close()           //nolint:errcheck // only read from here on
	// Without a writer of ours excelize holds the whole archive in memory.
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(loose) })
	if err := b.file.Write(io.Discard); err != nil {
		return fail(err)
	}
	out, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(out.Name()) //nolint:errcheck // gone already when all went well
	hash := sha256.New()
	err = inOrder(io.MultiWriter(out, hash), loose)
	err = errors.Join(err, out.Chmod(0o644), out.Sync(), out.Close())
	if err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		return fail(err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}

// inOrder copies a zip archive with its parts in order of name.
func inOrder(out io.Writer, in *os.File) error {
	size, err := in.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(in, size)
	if err != nil {
		return err
	}
	slices.SortFunc(archive.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	w := zip.NewWriter(out)
	for _, part := range archive.File {
		if err := w.Copy(part); err != nil {
			return err
		}
	}
	return w.Close()
}
