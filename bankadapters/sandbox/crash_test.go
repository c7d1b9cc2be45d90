package sandbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ansinh/bankadapters/sandbox"
)

// Wherever a write of the book is cut, a message is in it whole or not at all.
func TestTornBookHasWholeMessagesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, sandbox.Config{Seed: 5, Dir: dir})
	c.fund("A", 1_000_000)
	for m := range 3 {
		c.post("A", fmt.Sprintf("M%d", m), pays(fmt.Sprintf("P%d", m), 1000, 2000, 3000))
	}
	if err := c.world.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "sandbox", "A", "book.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut <= len(whole); cut += 1 + cut%97 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := sandbox.ReadBook(dir, "A")
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", cut, len(whole), err)
		}
		if n := b.Summary.Credited; n%3 != 0 || b.Summary.Waiting != 0 {
			t.Fatalf("cut at %d of %d: %+v", cut, len(whole), b.Summary)
		}
	}
}

func TestChangedBookIsNotOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "sandbox", "A", "book.jsonl")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := `{"seq":1,"at":"2026-02-10T02:00:00Z","kind":"paid","order":7,"end":true}` + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if w, err := sandbox.Open(sandbox.Config{Seed: 1, Dir: dir}); err == nil {
		t.Error("a book that pays an order nobody gave was opened", w.Close())
	}
}

func TestBooksAreOpenOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, sandbox.Config{Seed: 1, Dir: dir})
	if w, err := sandbox.Open(sandbox.Config{Seed: 1, Dir: dir}); err == nil {
		t.Error("two worlds write the same books", w.Close())
	}
}

func TestCustomersAtOnceKeepTheBookWhole(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Dir: t.TempDir()})
	c.fund("E", 1_000_000)
	var all sync.WaitGroup
	for m := range 8 {
		id := fmt.Sprintf("M%d", m)
		r := c.request("E", "POST", "/v1/messages", pain001(id, bins["E"], payingAccount, pays(id, 1000, 2000)))
		all.Go(func() {
			res, err := c.world.Transport("E").RoundTrip(r)
			if err != nil || res.StatusCode != 202 {
				t.Errorf("%s: %v %v", id, res, err)
			}
		})
	}
	all.Wait()
	if b := c.book("E"); b.Summary.Credited != 16 || b.Accounts[0].Balance != 1_000_000-8*3000 {
		t.Errorf("%+v %+v", b.Summary, b.Accounts)
	}
}
