package timeliness_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ansinh/bankadapters"
	"ansinh/bankadapters/withdrawals"
	"ansinh/timeliness"
)

// wire is a file as a bank writes it, with the right trailer.
func wire(owner string) string {
	body := fmt.Sprintf("H,1,%s,2026-02-08,all,2026-02-01,2026-02-07,2026-02-07T23:59:59+07:00,2,mọi tài khoản\n", owner) +
		fmt.Sprintf("W,%s,2026-02-03T09:00:00+07:00,spend,2026-02-01/2026-02-07,2026-02-07T23:59:59+07:00\n", row(1, 1, due, due, due.Start()).Reference) +
		fmt.Sprintf("W,%s,,,2026-02-01/2026-02-07,2026-02-07T23:59:59+07:00\n", row(2, 1, due, due, due.Start()).Reference)
	return body + fmt.Sprintf("T,2,%x\n", sha256.Sum256([]byte(body)))
}

func TestAFileOffTheWire(t *testing.T) {
	t.Parallel()
	w := five(t)
	offer := func(text string) (timeliness.Receipt, error) {
		return timeliness.TakeFile(t.Context(), w.db, origin, timeliness.File{Channel: "A", Name: "withdrawals.csv", SHA256: sha256.Sum256([]byte(text)),
			Reader: timeliness.FromBank("A", withdrawals.NewReader(strings.NewReader(text))), TakenBy: "A-1", Now: noon(due.AddDays(8))})
	}
	for name, text := range map[string]string{
		"another bank's":  wire("B"),
		"cut off":         wire("A")[:200],
		"a wrong trailer": strings.Replace(wire("A"), "T,2,", "T,3,", 1),
	} {
		var bad *bankadapters.FileError
		if _, err := offer(text); !errors.As(err, &bad) {
			t.Errorf("%s file: error = %v, want a *FileError", name, err)
		}
	}
	receipt, err := offer(wire("A"))
	if err != nil || receipt.Covered != 2 || receipt.Events != 1 || len(receipt.SetAside) != 0 {
		t.Errorf("receipt = %+v, %v; want two covered, one event", receipt, err)
	}
}
