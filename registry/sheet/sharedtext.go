package sheet

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// sharedMax is how many shared texts a workbook may have: a hundred thousand
// rows of which every cell differs have two million.
const sharedMax = 4 << 20

// sharedTable holds the texts that cells of a workbook point at. Texts beyond
// the memory limit lie in a temporary file, in the order they came: a list's
// rows point at them in about the same order, so a window over the file serves.
type sharedTable struct {
	memoryMax int64
	memory    int64
	texts     []string // the first ones
	at        []int64  // where the others begin in the file
	written   int64
	fonts     map[int]string // of texts whose first run names one

	file   *os.File
	window []byte // of the file
	from   int64  // where the window begins
	known  *interner
}

func newSharedTable(memoryMax int64) *sharedTable {
	return &sharedTable{memoryMax: memoryMax, fonts: map[int]string{}, known: newInterner()}
}

// windowBytes is read at once.
const windowBytes = 64 << 10

// stringCost is what a string costs beside its bytes.
const stringCost = 16

// add appends the next text. font is "" if the cell's own font holds.
func (t *sharedTable) add(raw []byte, font, where string) error {
	n := t.len()
	if n >= sharedMax {
		return refuse(WhyLimit, where, nil, "shared texts")
	}
	if font != "" && len(t.fonts) < fontsMax {
		t.fonts[n] = font
	}
	if t.file == nil && t.memory+int64(len(raw))+stringCost <= t.memoryMax {
		t.memory += int64(len(raw)) + stringCost
		t.texts = append(t.texts, valid(string(raw)))
		return nil
	}
	return t.spill(raw)
}

func (t *sharedTable) len() int { return len(t.texts) + len(t.at) }

func (t *sharedTable) spill(raw []byte) error {
	if t.file == nil {
		file, err := os.CreateTemp("", "ansinh-list-*")
		if err != nil {
			return fmt.Errorf("keep the texts of a list: %w", err)
		}
		// Without a name it is gone when the process is, however it ends.
		if err := os.Remove(file.Name()); err != nil {
			file.Close()
			return fmt.Errorf("keep the texts of a list: %w", err)
		}
		t.file, t.window = file, make([]byte, 0, windowBytes)
	}
	if len(t.window)+len(raw)+binary.MaxVarintLen32 > windowBytes {
		if err := t.flush(); err != nil {
			return err
		}
	}
	t.at = append(t.at, t.written)
	before := len(t.window)
	t.window = binary.AppendUvarint(t.window, uint64(len(raw)))
	t.window = append(t.window, raw...)
	t.written += int64(len(t.window) - before)
	return nil
}

// flush writes the window out. Until done is called it holds what is not yet
// written.
func (t *sharedTable) flush() error {
	if _, err := t.file.Write(t.window); err != nil {
		return fmt.Errorf("keep the texts of a list: %w", err)
	}
	t.window = t.window[:0]
	return nil
}

// done ends adding.
func (t *sharedTable) done() error {
	if t.file == nil {
		return nil
	}
	t.from = t.written
	return t.flush()
}

// get returns text n, or false if there is none.
func (t *sharedTable) get(n int) (text, font string, ok bool, err error) {
	switch {
	case n < 0 || n >= t.len():
		return "", "", false, nil
	case n < len(t.texts):
		text = t.texts[n]
	default:
		if text, err = t.fromFile(t.at[n-len(t.texts)]); err != nil {
			return "", "", false, fmt.Errorf("read the texts of a list: %w", err)
		}
	}
	return text, t.fonts[n], true, nil
}

func (t *sharedTable) fromFile(at int64) (string, error) {
	raw, err := t.bytesAt(at, binary.MaxVarintLen32)
	if err != nil {
		return "", err
	}
	length, used := binary.Uvarint(raw)
	raw, err = t.bytesAt(at, used+int(length))
	if err != nil {
		return "", err
	}
	if len(raw) < used+int(length) {
		return "", io.ErrUnexpectedEOF
	}
	return t.known.text(raw[used : used+int(length)]), nil
}

// bytesAt returns n bytes of the file, fewer at its end.
func (t *sharedTable) bytesAt(at int64, n int) ([]byte, error) {
	n = int(min(int64(n), t.written-at))
	if at < t.from || at+int64(n) > t.from+int64(len(t.window)) {
		size := max(n, windowBytes)
		if cap(t.window) < size {
			t.window = make([]byte, size)
		}
		read, err := t.file.ReadAt(t.window[:size], at)
		if err != nil && err != io.EOF {
			return nil, err
		}
		t.window, t.from = t.window[:read], at
	}
	begin := at - t.from
	return t.window[begin:min(begin+int64(n), int64(len(t.window)))], nil
}

func (t *sharedTable) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}
