package main_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// desk is a data folder and the program's commands on it.
type desk struct {
	t   *testing.T
	dir string
}

// newDesk is a desk whose database server stays up between the commands: the test
// counts as one of the folder's users, and the last user stops the server.
func newDesk(t *testing.T) desk {
	t.Helper()
	d := desk{t, folder(t)}
	users, err := os.OpenFile(filepath.Join(d.dir, "users.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { users.Close() })
	if err := syscall.Flock(int(users.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	return d
}

// run calls a command on the folder.
func (d desk) run(args ...string) result {
	d.t.Helper()
	return ansinh(d.t, append(args, "--dir", d.dir)...)
}

// ok requires that the command ends well, and returns what it printed.
func (d desk) ok(args ...string) string {
	d.t.Helper()
	r := d.run(args...)
	if r.code != 0 {
		d.t.Fatalf("ansinh %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// refused requires exit code 1 with the error code on standard error.
func (d desk) refused(code string, args ...string) {
	d.t.Helper()
	if r := d.run(args...); r.code != 1 || !strings.Contains(r.stderr, code) {
		d.t.Errorf("ansinh %s: exit code %d, %q; want 1 and %s", strings.Join(args, " "), r.code, r.stderr, code)
	}
}

// json reads what a command prints into a new T.
func jsonOf[T any](d desk, args ...string) (got T) {
	d.t.Helper()
	text := d.ok(args...)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		d.t.Fatalf("ansinh %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	return got
}

// shownBatch is what `batch show --json` says, as a script reads it.
type shownBatch struct {
	Batch struct {
		Paused bool
		PayAt  string `json:"pay_at"`
		Total  string `json:"declared_total"`
		Digest string
	} `json:"batch"`
	Summary struct{ Payments, Paid, Ended, Unsent int64 } `json:"summary"`
	Tallies []shownTally                                  `json:"tallies"`
	Waits   []struct{ Channel, Reason, Sentence string }  `json:"waits"`
}

type shownTally struct {
	Channel, State string
	Payments       int64
}

// shownPayment is what `payment show --json` says.
type shownPayment struct {
	Amount   string
	Channel  string
	State    string
	Attempts []struct {
		ID, Channel, Message string
	}
	Lines []struct{ Seq int }
}

// find looks for a payment in a state at a channel.
func (d desk) find(state, channel string, payments int) (no int, p shownPayment) {
	d.t.Helper()
	for no = 1; no <= payments; no++ {
		p = jsonOf[shownPayment](d, "payment", "show", "--json", fmt.Sprintf("13001/%d", no))
		if n := len(p.Attempts); n > 0 && p.State == state && (channel == "" || p.Attempts[n-1].Channel == channel) {
			return no, p
		}
	}
	d.t.Fatalf("no payment is %s at %q", state, channel)
	return 0, p
}

func (d desk) file(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// closed adds the last line of a CSV file of docs/BANKS.md: its totals and the
// hash of all before it.
func closed(text, totals string) string {
	return fmt.Sprintf("%sT,%s,%x\n", text, totals, sha256.Sum256([]byte(text)))
}

// What people decide about a batch before its day, through the program itself.
func TestCommandsOnABatchThatWaitsForItsDay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ok("demo", "--people", "120", "--seed", "9", "--until", "dispatch")

	const batch = "13001"
	if got := d.ok("batch", "schedule", "--batch", batch, "--at", "2026-02-05T08:00:00+07:00", "--by", "ke-toan-truong"); !strings.HasPrefix(got, "2026-02-05T08:00:00+07:00") {
		t.Errorf("schedule says %q", got)
	}
	if got := d.ok("batch", "schedule", "--batch", batch, "--cron", "CRON_TZ=Asia/Ho_Chi_Minh 0 8 5 * *", "--by", "ke-toan-truong"); !strings.Contains(got, "-05T08:00:00+07:00") {
		t.Errorf("cron schedule says %q, want the next fifth at eight", got)
	}
	d.refused("PAYOUT-SCHEDULE", "batch", "schedule", "--batch", batch, "--cron", "every day", "--by", "ke-toan-truong")
	if r := d.run("batch", "schedule", "--batch", batch, "--at", "tomorrow", "--by", "ke-toan-truong"); r.code != 2 {
		t.Errorf("a date that is none: exit code %d, want 2", r.code)
	}

	d.ok("batch", "pause", "--batch", batch, "--why", "chờ đính chính", "--by", "ke-toan-truong")
	if got := d.ok("batch", "show", "--batch", batch); !strings.Contains(got, "TẠM DỪNG / PAUSED: chờ đính chính") {
		t.Errorf("a paused batch shows as:\n%s", got)
	}
	d.ok("batch", "resume", "--batch", batch, "--why", "đã đính chính", "--by", "ke-toan-truong")

	d.refused("PAYOUT-TWO-PEOPLE", "batch", "cancel", "--batch", batch, "--payments", "1,2", "--why", "đã chết", "--by", "ke-toan-truong", "--second", "ke-toan-truong")
	d.refused("PAYOUT-SIGNER-UNKNOWN", "batch", "cancel", "--batch", batch, "--payments", "1,2", "--why", "đã chết", "--by", "ke-toan-truong", "--second", "ai-do")
	d.refused("PAYOUT-SIGNER-UNKNOWN", "batch", "cancel", "--batch", batch, "--payments", "1,2", "--why", "đã chết", "--by", "ke-toan-truong")
	d.ok("batch", "cancel", "--batch", batch, "--payments", "1,2", "--why", "đã chết", "--by", "ke-toan-truong", "--second", "kiem-soat-vien")
	d.refused("PAYOUT-NOT-OWED", "batch", "cancel", "--batch", batch, "--payments", "2,3", "--why", "đã chết", "--by", "ke-toan-truong", "--second", "kiem-soat-vien")

	d.refused("PAYOUT-SECTION-APPROVED", "batch", "withdraw", "--batch", batch, "--section", "1", "--why", "xã xin lập lại", "--by", "ke-toan-truong", "--second", "kiem-soat-vien")
	d.refused("PAYOUT-NOT-BARRED", "batch", "unbar", "--batch", batch, "--payments", "3", "--paper", "12/CV", "--why", "chưa thực hiện", "--by", "ke-toan-truong", "--second", "kiem-soat-vien")

	got := jsonOf[shownBatch](d, "batch", "show", "--batch", batch, "--json")
	if len(got.Batch.Digest) != 64 || got.Batch.Total == "" {
		t.Errorf("batch = %+v, want its digest in hexadecimal and its total as a string", got.Batch)
	}
	if got.Batch.Paused || got.Summary.Ended != 2 || got.Summary.Unsent != got.Summary.Payments-2 || len(got.Waits) != 0 {
		t.Errorf("batch = %+v, want two payments ended, the others unsent, nothing waiting before the release", got)
	}
	var counted int64
	for _, c := range got.Tallies {
		counted += c.Payments
	}
	if counted != got.Summary.Payments {
		t.Errorf("the tallies count %d of %d payments", counted, got.Summary.Payments)
	}
	if got := d.ok("ledger", "verify"); !strings.Contains(got, "sổ đúng / verified") {
		t.Errorf("verify says %s", got)
	}
}

// What people do and ask after the money went.
func TestCommandsOnABatchThatWasPaid(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := readSummary(t, d.run("demo", "--people", "120", "--seed", "9", "--no-serve", "--json"))
	const batch = "13001"

	no, paid := d.find("paid", "A", int(s.Payments))
	if text := d.ok("payment", "show", paid.Attempts[0].ID); !strings.Contains(text, fmt.Sprintf("13001/%d", no)) || !strings.Contains(text, "approved") {
		t.Errorf("payment by its id:\n%s", text)
	}
	altered := paid.Attempts[0].ID[:15] + map[bool]string{true: "A", false: "B"}[paid.Attempts[0].ID[15] != 'A']
	d.refused("CLI-REFERENCE", "payment", "show", altered)

	var table struct {
		Rows []struct{ Dimension string }
	}
	if err := json.Unmarshal([]byte(d.ok("timeliness", "--batch", batch, "--json")), &table); err != nil || len(table.Rows) == 0 {
		t.Errorf("timeliness --json: %v, %+v", err, table)
	}

	d.retries(batch, s)
	d.posts(paid)
	d.closes(batch)
}

// retries decides about a payment that failed, and then differently.
func (d desk) retries(batch string, s summary) {
	d.t.Helper()
	no, failed := d.find("rejected", "", int(s.Payments))
	retry := func(extra ...string) []string {
		return append([]string{"batch", "retry", "--batch", batch, "--payments", fmt.Sprint(no), "--why", "đã xác nhận tài khoản", "--by", "ke-toan-truong"}, extra...)
	}
	d.refused("PAYOUT-TWO-PEOPLE", retry("--second", "ke-toan-truong")...)
	d.refused("PAYOUT-SIGNER-UNKNOWN", retry("--second", "ai-do")...)
	if r := d.run(retry("--second", "kiem-soat-vien")...); r.code != 0 && !strings.Contains(r.stderr, "PAYOUT-DECIDED") {
		d.t.Errorf("retry of %d: %d %s", no, r.code, r.stderr) // the demo's people may have decided it already
	}
	d.refused("PAYOUT-DECIDED", retry("--second", "kiem-soat-vien")...)
	other := map[bool]string{true: "B", false: "A"}[failed.Attempts[len(failed.Attempts)-1].Channel == "A"]
	d.ok(retry("--second", "kiem-soat-vien", "--channel", other)...)
	d.refused("PAYOUT-DECIDED", retry("--second", "kiem-soat-vien", "--channel", other)...)
}

// posts hands in files as a bank and a provider would.
func (d desk) posts(paid shownPayment) {
	d.t.Helper()
	event := fmt.Sprintf("H,1,A,2026-02-12,all,2026-01-26,2026-02-12,2026-02-12T23:00:00+07:00,1,all accounts\nW,%s,2026-02-10T09:00:00+07:00,cash,2026-01-26/2026-02-12,2026-02-12T23:00:00+07:00\n",
		paid.Attempts[0].ID)
	file := d.file("withdrawals.csv", closed(event, "1"))
	first := d.ok("withdrawals", "post", "--bank", "A", file)
	if again := d.ok("withdrawals", "post", "--bank", "A", file); first == "" || again == "" {
		d.t.Errorf("withdrawals post says %q, then %q", first, again)
	}
	if r := d.run("withdrawals", "post", "--bank", "A", d.file("cut.csv", event)); r.code != 1 {
		d.t.Errorf("a withdrawal file without its last line: exit code %d, want 1", r.code)
	}

	_, listed := d.find("paid", "P1", 120)
	// The provider says of a payment that was paid that it is unpaid: a break, and nothing is posted.
	text := fmt.Sprintf("H,1,%s,P1,2026-02-13,99,1\nR,%s,UNPAID,%s,,NOT_COME,khong den\n", listed.Attempts[0].Message, listed.Attempts[0].ID, listed.Amount)
	result := d.file("result.csv", closed(text, "0,0,1,"+listed.Amount+",0,0,"+listed.Amount+",FINAL"))
	d.ok("provider", "post", "--provider", "P1", result)
	if r := d.run("provider", "post", "--provider", "P9", result); r.code != 1 {
		d.t.Errorf("a provider without a key: exit code %d, want 1", r.code)
	}
	if got := d.ok("reconcile", "--batch", "13001"); !strings.Contains(got, "provider_differs") {
		d.t.Errorf("reconcile does not name the provider's contradiction:\n%s", got)
	}
}

// closes tries to close what cannot close, and a bank's day.
func (d desk) closes(batch string) {
	d.t.Helper()
	d.refused("RECON-CLOSING", "reconcile", "--batch", batch, "--close", "--by", "ke-toan-truong", "--second", "kiem-soat-vien")
	d.refused("RECON-TWO-PEOPLE", "reconcile", "--batch", batch, "--close", "--by", "ke-toan-truong", "--second", "ke-toan-truong")
	d.refused("PAYOUT-SIGNER-UNKNOWN", "reconcile", "--batch", batch, "--close", "--by", "ke-toan-truong", "--second", "ai-do")
	if got := d.ok("reconcile", "--bank", "B", "--date", "2026-01-27"); !strings.Contains(got, "closed true") {
		d.t.Errorf("bank day: %s, want the one the demo closed", got)
	}
	d.refused("RECON", "reconcile", "--bank", "B", "--date", "2026-01-27", "--close", "--by", "ke-toan-truong", "--second", "kiem-soat-vien") // closed before
}
