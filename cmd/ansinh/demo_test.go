package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/bankadapters/sandbox"
	"ansinh/web/browser"
)

// kills is how many seeded moments the interruption test tries: two at a time,
// each about ten seconds on an idle machine.
var kills = flag.Int("kills", 20, "how many seeded moments of dispatch the demo is killed at")

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "ansinh-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "ansinh")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	browser.Close()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a leftover in the temporary folder harms nobody
	}
	os.Exit(code)
}

// result is what one call of the program left.
type result struct {
	code           int
	stdout, stderr string
}

func ansinh(t *testing.T, args ...string) result {
	t.Helper()
	cmd := command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // Run returns it bare
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "ANSINH_DATABASE_URL=", "ANSINH_KEYS=", "ANSINH_JOURNAL=")
	return cmd
}

// folder is a data folder that the server's own user can reach; its server is
// stopped at the end.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ansinh-demo-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		path, err := binary()
		if err != nil {
			return
		}
		if out, err := exec.Command(path, "db", "stop", "--dir", dir).CombinedOutput(); err != nil {
			t.Errorf("stop the server: %v\n%s", err, out)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// summary is the JSON of the demo as a script reads it.
type summary struct {
	Payments   int64  `json:"payments"`
	People     int64  `json:"people"`
	Total      string `json:"total_vnd"`
	Paid       int64  `json:"paid"`
	Rejected   int64  `json:"rejected"`
	Returned   int64  `json:"returned"`
	InDoubt    int64  `json:"in_doubt"`
	AtProvider int64  `json:"at_provider"`
	Unsent     int64  `json:"unsent"`
	Owed       string `json:"owed_vnd"`
	ByChannel  []struct {
		Channel string `json:"channel"`
		Paid    int64  `json:"paid"`
	} `json:"by_channel"`
	Breaks map[string]int64 `json:"breaks"`
	Ledger struct {
		Lines    int64  `json:"lines"`
		Vouchers int64  `json:"vouchers"`
		Head     string `json:"head"`
		Verified bool   `json:"verified"`
		TiesOK   bool   `json:"ties_ok"`
	} `json:"ledger"`
	Banks []struct {
		Bank          string `json:"bank"`
		Paid          int64  `json:"paid"`
		PaidVND       string `json:"paid_vnd"`
		BookCredited  int64  `json:"book_credited"`
		BookVND       string `json:"book_credited_vnd"`
		DoubleCredits int64  `json:"double_credits"`
	} `json:"banks"`
	Workbook string `json:"workbook"`
}

// readSummary requires that the demo ended well and agrees with itself.
func readSummary(t *testing.T, r result) summary {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", r.code, r.stdout, r.stderr)
	}
	var s summary
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		t.Fatalf("summary: %v\n%s", err, r.stdout)
	}
	if sum := s.Paid + s.Rejected + s.Returned + s.InDoubt + s.AtProvider + s.Unsent; sum != s.Payments || s.Paid == 0 {
		t.Errorf("the states add up to %d of %d payments", sum, s.Payments)
	}
	if !s.Ledger.Verified || !s.Ledger.TiesOK {
		t.Errorf("ledger: %+v", s.Ledger)
	}
	for _, b := range s.Banks {
		if b.Paid != b.BookCredited-b.DoubleCredits {
			t.Errorf("bank %s: %d paid, its book credited %d, of them %d doubled by itself", b.Bank, b.Paid, b.BookCredited, b.DoubleCredits)
		}
	}
	return s
}

// wantNobodyTwice reads the banks' own books: whoever was credited, was so once,
// but for what the bank doubled by itself.
func wantNobodyTwice(t *testing.T, dir string) {
	t.Helper()
	for _, bank := range []string{"A", "B", "C", "D", "E", "P1", "P2"} {
		book, err := sandbox.ReadBook(dir, bank)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, p := range book.Payments {
			if p.State == sandbox.StateCredited && !p.Doubled {
				// The first thirteen characters name batch and payment: attempts share them.
				seen[p.EndToEndID[:13]]++
			}
		}
		for id, n := range seen {
			if n > 1 {
				t.Errorf("bank %s credited payment %s %d times", bank, id, n)
			}
		}
	}
}

func TestSameSeedSameBooks(t *testing.T) {
	t.Parallel()
	args := []string{"demo", "--people", "150", "--seed", "7", "--no-serve", "--json", "--workers"}
	one := readSummary(t, ansinh(t, append(args, "1", "--dir", folder(t))...))
	two := readSummary(t, ansinh(t, append(args, "1", "--dir", folder(t))...))
	two.Workbook = one.Workbook // another folder
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("two runs of one goroutine (-first +second):\n%s", diff)
	}
	dir := folder(t)
	river := readSummary(t, ansinh(t, append(args, "3", "--dir", dir)...))
	river.Workbook, river.Ledger.Head = one.Workbook, one.Ledger.Head // vouchers of several workers come in any order
	if diff := cmp.Diff(one, river); diff != "" {
		t.Errorf("one goroutine and River differ in more than the head (-one +River):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "reports")); err != nil {
		t.Error(err)
	}
	wantNobodyTwice(t, dir)
}

// TestKilledDemoResumes kills the demo with SIGKILL at seeded moments of its
// dispatch, perhaps several times, and lets it go on. The moments are spread by
// how many events the banks' books hold, so that they do not depend on how fast
// the machine is.
func TestKilledDemoResumes(t *testing.T) {
	t.Parallel()
	for i := range *kills {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			dir := folder(t)
			if r := ansinh(t, "demo", "--dir", dir, "--people", "500", "--seed", fmt.Sprint(100+i), "--until", "dispatch"); r.code != 0 {
				t.Fatalf("prepare: %d\n%s", r.code, r.stderr)
			}
			struck := 0
			for n := range 1 + rng.IntN(3) {
				if killAt(t, dir, int64(2_000+rng.IntN(60_000*(n+1)))) {
					struck++
				}
			}
			if struck == 0 {
				t.Error("it ended before it could be killed: this run showed nothing")
			}
			t.Logf("killed %d times", struck)
			s := readSummary(t, ansinh(t, "demo", "--dir", dir, "--resume", "--no-serve", "--json"))
			if s.InDoubt+s.AtProvider+s.Unsent > 0 {
				t.Errorf("left over: %+v", s)
			}
			wantNobodyTwice(t, dir)
		})
	}
}

// killAt resumes the demo and kills it once the banks' books have grown by so
// many bytes. It says no if the demo ended before that.
func killAt(t *testing.T, dir string, growth int64) bool {
	t.Helper()
	cmd := command(t, "demo", "--dir", dir, "--resume", "--workers", "2", "--no-serve", "--json")
	target := booksSize(t, dir) + growth
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return false
		case <-look.C:
			if booksSize(t, dir) >= target {
				_ = cmd.Process.Kill() // it may just have ended
				<-ended
				return true
			}
		}
	}
}

func booksSize(t *testing.T, dir string) (sum int64) {
	t.Helper()
	books, err := filepath.Glob(filepath.Join(dir, "sandbox", "*", "book.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range books {
		if info, err := os.Stat(path); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// TestThreeWorkersShareABatch runs three processes on one released batch and
// kills one of them in the middle.
func TestThreeWorkersShareABatch(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if r := ansinh(t, "demo", "--dir", dir, "--people", "500", "--seed", "5", "--until", "dispatch"); r.code != 0 {
		t.Fatalf("prepare: %d\n%s", r.code, r.stderr)
	}
	if r := ansinh(t, "batch", "release", "--dir", dir, "--batch", "13001", "--by", "ke-toan-truong"); r.code != 0 {
		t.Fatalf("release: %s", r.stderr)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	banks := start(ctx, t, "sandbox", "--dir", dir, "--seed", "5", "--faults=false")
	waitLine(t, banks, "control")
	var workers []*process
	for range 3 {
		workers = append(workers, start(ctx, t, "work", "--dir", dir, "--every", "100ms"))
	}
	before := booksSize(t, dir)
	for _, w := range workers {
		waitLine(t, w, "working as")
	}
	for booksSize(t, dir) < before+1_000 {
		time.Sleep(time.Millisecond) //nolint:forbidigo // another process writes the file
	}
	workers[1].kill()
	cancel()
	for _, p := range append(workers, banks) {
		p.wait()
	}
	s := readSummary(t, ansinh(t, "demo", "--dir", dir, "--resume", "--no-serve", "--json"))
	if s.InDoubt+s.AtProvider+s.Unsent > 0 {
		t.Errorf("left over: %+v", s)
	}
	wantNobodyTwice(t, dir)
}

// A process died after the journal said that a workbook for a portal would be laid
// out, and before it was: without it no clerk can ever upload anything.
func TestWorkbookThatDiedWithItsSenderIsLaidOutAgain(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if r := ansinh(t, "demo", "--dir", dir, "--people", "300", "--seed", "5", "--until", "dispatch"); r.code != 0 {
		t.Fatalf("prepare: %d\n%s", r.code, r.stderr)
	}
	cmd := command(t, "demo", "--dir", dir, "--resume", "--workers", "2", "--no-serve", "--json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var laid []string
	for len(laid) == 0 {
		time.Sleep(time.Millisecond) //nolint:forbidigo // another process writes the file
		var err error
		if laid, err = filepath.Glob(filepath.Join(dir, "outbox", "D", "*.xlsx")); err != nil {
			t.Fatal(err)
		}
		if t.Context().Err() != nil {
			t.Fatal("no workbook for bank D was laid out")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its end is what was wanted
	for _, path := range laid {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	r := ansinh(t, "db", "psql", "--dir", dir, "--", "-c",
		"UPDATE payout.submission SET code = '', answer_text = '', answered_at = NULL WHERE channel = 'D' AND state = 'unknown'")
	if r.code != 0 {
		t.Fatalf("forget the answer: %s%s", r.stdout, r.stderr)
	}
	s := readSummary(t, ansinh(t, "demo", "--dir", dir, "--resume", "--no-serve", "--json"))
	if s.InDoubt+s.AtProvider+s.Unsent > 0 {
		t.Errorf("left over: %+v", s)
	}
	if again, err := filepath.Glob(laid[0]); err != nil || len(again) != 1 {
		t.Errorf("the workbook is not there again: %v, %v", again, err)
	}
	wantNobodyTwice(t, dir)
}

// process is a program that runs beside the test.
type process struct {
	cmd   *exec.Cmd
	lines chan string
	ended chan struct{}
}

func start(ctx context.Context, t *testing.T, args ...string) *process {
	t.Helper()
	cmd := command(t, args...)
	p := &process{cmd: cmd, lines: make(chan string, 1000), ended: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		for text := bufio.NewScanner(out); text.Scan(); {
			p.lines <- text.Text()
		}
		close(p.lines)
		_ = cmd.Wait() // its end is what was wanted
	}()
	context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(os.Interrupt) })
	return p
}

func (p *process) kill() { _ = p.cmd.Process.Kill() }
func (p *process) wait() { <-p.ended }

// waitLine returns the first line of the program that holds word.
func waitLine(t *testing.T, p *process, word string) string {
	t.Helper()
	for line := range p.lines {
		if strings.Contains(line, word) {
			return line
		}
	}
	t.Fatalf("%v ended before it said %q", p.cmd.Args, word)
	return ""
}
