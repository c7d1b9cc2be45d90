package banktest_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ansinh/bankadapters"
	"ansinh/bankadapters/banktest"
	"ansinh/bankadapters/cashlist"
	"ansinh/bankadapters/iso20022"
	"ansinh/bankadapters/sandbox"
	"ansinh/bankadapters/sheet"
	"ansinh/internal/calendar"
)

// TestSandbox certifies every demo profile against its bank over real sockets.
func TestSandbox(t *testing.T) {
	t.Parallel()
	for _, p := range bankadapters.DemoProfiles() {
		t.Run(string(p.Key), func(t *testing.T) {
			t.Parallel()
			banktest.Run(t, func(t *testing.T) banktest.Subject { return open(t, p) })
		})
	}
}

// clock is the one clock of engine and sandbox.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = to
}

const payingAccount = "1900001"

func open(t *testing.T, p bankadapters.Profile) banktest.Subject {
	t.Helper()
	dir := t.TempDir()
	c := &clock{at: time.Date(2026, 2, 10, 1, 0, 0, 0, time.UTC)}
	config := sandbox.Config{Dir: dir, Seed: 1, Now: c.now}
	if p.Rail != bankadapters.RailList {
		config.Accounts = []sandbox.Account{{Bank: string(p.Key), Number: payingAccount, Name: "UBND PHUONG MAU"}}
	}
	world, err := sandbox.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	if p.Rail != bankadapters.RailList {
		if err := world.Fund(string(p.Key), payingAccount, 1_000_000_000, "DRAW1"); err != nil {
			t.Fatal(err)
		}
	}
	points, err := world.Serve(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	s := banktest.Subject{
		Profile: p, Paying: bankadapters.Party{Name: "UBND PHUONG MAU", Account: payingAccount, BIN: p.BIN},
		Now: c.now, Advance: func(d time.Duration) { c.move(c.now().Add(d)) },
		CloseDay: func() error {
			today := calendar.DateOf(c.now())
			err := world.CloseDay(string(p.Key), today.String())
			c.move(today.AddDays(1).At(8, 0).UTC())
			return err
		},
		Credits: func(id bankadapters.EndToEndID) int { return credits(t, world, p, id) },
	}
	connect(t, &s, dir, endpoint(t, points, p.Key))
	return s
}

func endpoint(t *testing.T, points sandbox.Endpoints, key bankadapters.Key) sandbox.Endpoint {
	t.Helper()
	for _, e := range points.Banks {
		if e.ID == string(key) {
			return e
		}
	}
	t.Fatalf("the sandbox has no bank %s", key)
	return sandbox.Endpoint{}
}

// connect builds the adapter of the profile's rail.
func connect(t *testing.T, s *banktest.Subject, dir string, e sandbox.Endpoint) {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(dir, "sandbox", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(pem)
	text, err := os.ReadFile(filepath.Join(dir, "sandbox", e.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	var key []byte
	if _, err := fmt.Sscanf(string(text), "%x", &key); err != nil {
		t.Fatal(err)
	}
	var serial atomic.Int64
	line := func(address string, ca *x509.CertPool) *bankadapters.Line {
		got, err := bankadapters.NewLine(bankadapters.LineConfig{
			BaseURL: address, CA: ca, KeyID: e.KeyID, Key: key, Now: s.Now,
			Nonce: func() string { return fmt.Sprintf("nonce-%020d", serial.Add(1)) },
		}, s.Profile)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	switch s.Profile.Rail {
	case bankadapters.RailISO20022:
		s.At = func(a string, ca *x509.CertPool) bankadapters.Bank { return iso20022.NewClient(line(a, ca), s.Profile) }
		s.Bank = s.At(e.URL, ca)
	case bankadapters.RailList:
		s.At = func(a string, ca *x509.CertPool) bankadapters.Bank { return cashlist.NewClient(line(a, ca), s.Profile) }
		s.Bank = s.At(e.URL, ca)
	case bankadapters.RailSheet:
		s.Bank = sheet.NewClient(line(e.URL, ca), s.Profile)
		s.Send = clerk(sheet.NewPortal(line(e.URL, ca)), s.Profile)
	}
}

// clerk uploads a template as a person would and says what he learned.
func clerk(portal *sheet.Portal, p bankadapters.Profile) func(context.Context, bankadapters.Submission) (bankadapters.Answer, error) {
	return func(ctx context.Context, s bankadapters.Submission) (bankadapters.Answer, error) {
		var workbook bytes.Buffer
		if err := (sheet.Template{Notice: "DỮ LIỆU GIẢ LẬP"}).WriteSubmission(&workbook, s); err != nil {
			return bankadapters.Answer{Outcome: bankadapters.NotSent}, err
		}
		receipt, err := portal.Upload(ctx, workbook.Bytes())
		var refused *sheet.RefusedError
		switch {
		case errors.As(err, &refused) && p.Final(refused.Code):
			return bankadapters.Answer{Outcome: bankadapters.Refused, Code: refused.Code}, nil
		case err != nil:
			return bankadapters.Answer{}, err
		case receipt.Rows != s.Count || receipt.Total != s.Total:
			return bankadapters.Answer{}, fmt.Errorf("the receipt is for %d rows of %s đồng", receipt.Rows, receipt.Total)
		}
		return bankadapters.Answer{Outcome: bankadapters.Accepted}, nil
	}
}

// credits asks the bank's own book.
func credits(t *testing.T, world *sandbox.World, p bankadapters.Profile, id bankadapters.EndToEndID) int {
	t.Helper()
	book, err := world.Book(string(p.Key))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, x := range book.Payments {
		if x.EndToEndID == string(id) && x.State == sandbox.StateCredited {
			n++
		}
	}
	return n
}
