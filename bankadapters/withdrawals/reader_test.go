package withdrawals

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
)

// sealed adds the trailer to lines.
func sealed(rows string, lines ...string) string {
	body := strings.Join(lines, "\n") + "\n"
	sum := sha256.Sum256([]byte(body))
	return body + "T," + rows + "," + hex.EncodeToString(sum[:]) + "\n"
}

const (
	head = `H,1,A,2026-02-17,all,2026-02-10,2026-02-17,2026-02-17T16:59:59Z,2,"all accounts, own books"`
	with = "W,E1,2026-02-11T03:00:00Z,cash,2026-02-10/2026-02-17,2026-02-17T16:59:59Z"
	none = "W,E2,,,2026-02-10/2026-02-17,2026-02-17T16:59:59Z"
)

func read(text string) (h bankadapters.Head, all []bankadapters.Entry, err error) {
	err = NewReader(strings.NewReader(text)).Read(
		func(got bankadapters.Head) error { h = got; return nil },
		func(e bankadapters.Entry) error { all = append(all, e); return nil })
	return h, all, err
}

func TestReader(t *testing.T) {
	t.Parallel()
	h, got, err := read(sealed("2", head, with, none))
	if err != nil {
		t.Fatal(err)
	}
	complete := time.Date(2026, 2, 17, 16, 59, 59, 0, time.UTC)
	from, to := calendar.Must(2026, 2, 10), calendar.Must(2026, 2, 17)
	want := []bankadapters.Entry{
		{Position: 1, EndToEnd: "E1", EventTime: time.Date(2026, 2, 11, 3, 0, 0, 0, time.UTC), EventKind: "cash", From: from, To: to, CompleteUpTo: complete, LineNumber: 2},
		{Position: 2, EndToEnd: "E2", From: from, To: to, CompleteUpTo: complete, LineNumber: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if h.Owner != "A" || h.Coverage != "all" || h.Text != "all accounts, own books" || h.CompleteUpTo != complete || h.From != from || h.To != to {
		t.Errorf("head %+v", h)
	}
}

func TestReaderRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text, code string
		line       int
	}{
		"a sixth field, such as an amount": {sealed("1", strings.Replace(head, ",2,", ",1,", 1), with+",500000"), bankadapters.CodeSyntax, 2},
		"an event after what is known":     {sealed("2", head, strings.Replace(with, "2026-02-11T", "2026-02-18T", 1), none), bankadapters.CodeDate, 2},
		"a kind nobody agreed":             {sealed("2", head, strings.Replace(with, "cash", "debit", 1), none), bankadapters.CodeValue, 2},
		"an event without its kind":        {sealed("2", head, strings.Replace(with, "cash", "", 1), none), bankadapters.CodeMissing, 2},
		"a row left out":                   {sealed("2", head, with), bankadapters.CodeCount, 3},
		"another digest":                   {strings.Replace(sealed("2", head, with, none), "E1", "E9", 1), bankadapters.CodeDigest, 4},
		"no trailer":                       {head + "\n" + with + "\n" + none + "\n", bankadapters.CodeTruncated, 3},
		"a cut line":                       {head + "\n" + with[:20], bankadapters.CodeTruncated, 2},
		"a line after the trailer":         {sealed("2", head, with, none) + "W\n", bankadapters.CodeSyntax, 5},
		"a byte-order mark":                {"\ufeff" + sealed("2", head, with, none), bankadapters.CodeEncoding, 1},
		"an empty file":                    {"", bankadapters.CodeTruncated, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(tt.text)
			var bad *bankadapters.FileError
			if !errors.As(err, &bad) || bad.Code != tt.code || bad.Line != tt.line {
				t.Errorf("error = %v, want %s on line %d", err, tt.code, tt.line)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add(sealed("2", head, with, none))
	f.Fuzz(func(t *testing.T, in string) {
		h, all, err := read(in)
		if err == nil {
			if len(all) != h.Count {
				t.Fatalf("%d rows, declared %d", len(all), h.Count)
			}
			return
		}
		var bad *bankadapters.FileError
		if !errors.As(err, &bad) || bad.Line < 1 || bad.Line > strings.Count(in, "\n")+1 {
			t.Fatalf("error %v names no line", err)
		}
	})
}
