package registry

import (
	"crypto/sha256"
	"sync"
)

// Files remembers who stood on the lists of one command, so that a person on
// two of them is named before either is taken. It keeps digests, not ids. The
// zero Files is ready; it may be used from several goroutines, and then which of
// two lists is the second depends on which was read first.
type Files struct {
	mutex sync.Mutex
	names []string
	seen  map[[16]byte]filePlace
}

type filePlace struct{ file, row int32 }

// Check refuses the rows of a list whose person and category stood in another
// file before.
func (f *Files) Check(name string, list *List) {
	if f == nil {
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.seen == nil {
		f.seen = make(map[[16]byte]filePlace)
	}
	f.names = append(f.names, name)
	here := int32(len(f.names) - 1)
	for i := range list.Lines {
		line := &list.Lines[i]
		if line.ID == "" || line.Change == ChangeRemoved { // who left one commune may stand on another's list
			continue
		}
		digest := sha256.Sum256([]byte(line.ID.Reveal() + "|" + line.Category))
		key := [16]byte(digest[:16])
		earlier, twice := f.seen[key]
		switch {
		case !twice:
			f.seen[key] = filePlace{here, int32(line.Row)}
		case earlier.file != here:
			line.Refused = true
			list.Findings = append(list.Findings, list.about(PersonFile, *line, ColID, []any{f.names[earlier.file], earlier.row}))
		}
	}
	list.sortFindings()
}
