package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// Kinds of files a bank or provider makes.
const (
	fileStatement      = "camt.053"
	fileNotification   = "camt.054"
	fileStatus         = "pain.002"
	fileSheetResult    = "sheet-result"
	fileProviderResult = "provider-result"
	fileWithdrawals    = "withdrawals"
)

// file is something the bank made for the customer. Its bytes never change.
type file struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Account  string `json:"account,omitempty"`
	Date     string `json:"date"`
	Sequence int    `json:"sequence,omitempty"`
	SHA256   string `json:"sha256"`
	Bytes    int    `json:"bytes"`
	Of       string `json:"of,omitempty"`     // receipt, message or list it is about
	Faulty   bool   `json:"faulty,omitempty"` // planted: does not add up
	Corrects string `json:"corrects,omitempty"`
	From     int    `json:"from,omitempty"` // entries of the account, from–to
	To       int    `json:"to,omitempty"`
	Made     string `json:"made"`   // the bank's day on which it was made
	Offset   int64  `json:"offset"` // where its bytes begin in files.bin
	Opening  int64  `json:"opening,omitempty"`
	Closing  int64  `json:"closing,omitempty"`

	place     int // of delivery; a correction has the place of what it corrects
	content   []byte
	corrected bool
	tries     int
	outcome   string // "", taken, refused
	status    int
}

func (f *file) contentType() string {
	switch f.Kind {
	case fileSheetResult:
		return typeXLSX
	case fileProviderResult, fileWithdrawals:
		return typeCSV
	default:
		return typeXML
	}
}

func (b *bank) nextFileID() string { return fmt.Sprintf("%s-%06d", b.id, len(b.files)+1) }

// makeFile keeps the bytes in files.bin and writes the file into the book; the
// bytes become durable before the book does (see [bookLog.write]).
func (b *bank) makeFile(job *work, f file, suffix string, content []byte) {
	f.ID = b.nextFileID()
	f.Name = f.ID + "-" + suffix
	f.SHA256, f.Bytes, f.Made = hexDigest(content), len(content), b.today()
	f.Offset = b.log.store(content)
	job.put(&event{Kind: evFile, File: &f})
	if b.log.file == nil {
		b.fileByID[f.ID].content = content
	}
}

func (b *bank) contentOf(f *file) ([]byte, error) {
	if f.content != nil {
		return f.content, nil
	}
	content := make([]byte, f.Bytes)
	if _, err := b.log.archive.ReadAt(content, f.Offset); err != nil {
		return nil, fmt.Errorf("read file %s of bank %s: %w", f.ID, b.id, err)
	}
	return content, nil
}

func (b *bank) applyFile(e *event) error {
	if e.Kind == evFile {
		f := *e.File
		b.archived = f.Offset + int64(f.Bytes)
		f.place = len(b.files)
		if old := b.fileByID[f.Corrects]; old != nil {
			old.corrected = true
			f.place = old.place
		}
		b.files = append(b.files, &f)
		b.fileByID[f.ID] = &f
		b.applyMade(&f)
		return nil
	}
	f := b.fileByID[e.ID]
	if f == nil {
		return fmt.Errorf("no file %q", e.ID)
	}
	if e.Kind == evSending {
		f.tries = e.N
		return nil
	}
	f.outcome, f.status = e.Text, e.N
	return nil
}

// applyMade moves what a new file has told the customer.
func (b *bank) applyMade(f *file) {
	switch f.Kind {
	case fileStatement:
		if acct := b.accounts[f.Account]; acct != nil && f.Corrects == "" {
			acct.stated, acct.statedTo, acct.sequence = f.Closing, f.To, f.Sequence
			if f.To >= f.From {
				b.statements++
			}
		}
	case fileStatus, fileSheetResult:
		for _, m := range b.messages {
			if m.key == f.Of || m.receipt == f.Of {
				m.news = false
			}
		}
	case fileProviderResult:
		if l := b.listByID[f.Of]; l != nil {
			l.sequence, l.news = f.Sequence, false
		}
	}
}

// getStatements is GET /v1/statements?since=.
func (b *bank) getStatements(r *request) reply {
	since := r.URL.Query().Get("since")
	if since != "" && !isDate(since) {
		return errorReply(http.StatusBadRequest, "since is not a date YYYY-MM-DD")
	}
	return b.locked(func(*work) reply {
		type item struct {
			ID       string `json:"id"`
			Kind     string `json:"kind"`
			Name     string `json:"name"`
			Account  string `json:"account"`
			Date     string `json:"date"`
			Made     string `json:"made"`
			Sequence int    `json:"sequence"`
			SHA256   string `json:"sha256"`
			Bytes    int    `json:"bytes"`
		}
		files := []item{}
		for _, f := range b.files {
			if f.Made < since {
				continue
			}
			x := item{f.ID, f.Kind, f.Name, f.Account, f.Date, f.Made, 0, f.SHA256, f.Bytes}
			if f.Kind == fileStatement {
				x.Sequence = f.Sequence
			}
			files = append(files, x)
		}
		return jsonReply(http.StatusOK, map[string]any{"as_of": b.world.now().UTC().Format(time.RFC3339), "files": files})
	})
}

// getStatement is GET /v1/statements/{id}.
func (b *bank) getStatement(r *request) reply {
	return b.locked(func(*work) reply {
		f := b.fileByID[r.PathValue("id")]
		if f == nil {
			return errorReply(http.StatusNotFound, "unknown file")
		}
		content, err := b.contentOf(f)
		if err != nil {
			return unavailable()
		}
		return reply{status: http.StatusOK, kind: f.contentType(), body: content}
	})
}
