package main_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What an operator types on a batch that is approved and not sent, and what must
// and must not stand in the answer.
func TestAnswersOfCommandsSayWhatWasDone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if r := ansinh(t, "demo", "--dir", dir, "--people", "120", "--until", "dispatch"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	lists, err := filepath.Glob(filepath.Join(dir, "lists", "*.xlsx"))
	if err != nil || len(lists) == 0 {
		t.Fatalf("lists: %v, %v", lists, err)
	}
	text := filepath.Join(dir, "00004-text.xlsx")
	if err := os.WriteFile(text, []byte("Họ tên,CCCD\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args          string
		code          int
		says, saysNot string
	}{
		"a batch":                     {"batch show --batch 13001", 0, "90 đã duyệt / approved", "map["},
		"who is left out":             {"batch show --batch 13001", 0, "dòng bị từ chối khi nhập / refused at import", ""},
		"nothing left to seal":        {"batch approve --batch 13001 --signer chu-tich-00004", 0, "no section waits for a seal", ""},
		"the counter side of 008":     {"ledger trial-balance", 0, "008.TET26", " 000 "},
		"one dimension":               {"timeliness --batch 13001 --by channel", 0, "Ngân hàng Mẫu A", "commune"},
		"no such dimension":           {"timeliness --batch 13001 --by street", 2, "no dimension", ""},
		"a list that is text":         {"list import --programme TET26 --by van-thu " + text, 1, "LIST-FILE-TEXT", "(LIST-FILE-TEXT)"},
		"no canary yet":               {"batch canary --batch 13001", 0, "no first submission waits", ""},
		"a canary that is not there":  {"batch canary --batch 13001 --channel P1 --by ke-toan-truong", 1, "PAYOUT-NO-CANARY", "goes on"},
		"a receipt of nothing":        {"submission receipt --no 7 --receipt D-R000001 --clerk a --second b", 1, "There is no submission 7", ""},
		"pause":                       {"batch pause --batch 13001 --why thu --by ke-toan-truong", 0, "paused", ""},
		"a cancellation by one":       {"batch cancel --batch 13001 --payments 1 --why x --by ke-toan-truong --second ke-toan-truong", 1, "PAYOUT-TWO-PEOPLE", "ended"},
		"closing what nobody has got": {"reconcile --batch 13001 --close --by ke-toan-truong --second kiem-soat-vien", 1, "RECON-CLOSING", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := ansinh(t, append(strings.Fields(tt.args), "--dir", dir)...)
			all := r.stdout + r.stderr
			if r.code != tt.code || !strings.Contains(all, tt.says) {
				t.Errorf("%s: exit %d, want %d and %q in\n%s", tt.args, r.code, tt.code, tt.says, all)
			}
			if tt.saysNot != "" && strings.Contains(all, tt.saysNot) {
				t.Errorf("%s says %q:\n%s", tt.args, tt.saysNot, all)
			}
		})
	}
	again := ansinh(t, "list", "import", "--dir", dir, "--programme", "TET26", "--by", "van-thu", "--accept-valid", lists[0])
	if again.code != 0 || !strings.Contains(again.stdout, "taken before") {
		t.Errorf("the same list again: exit %d\n%s%s", again.code, again.stdout, again.stderr)
	}
	var table struct {
		Rows []struct{ Dimension string }
	}
	r := ansinh(t, "timeliness", "--dir", dir, "--batch", "13001", "--by", "channel", "--json")
	if err := json.Unmarshal([]byte(r.stdout), &table); err != nil || len(table.Rows) == 0 {
		t.Fatalf("timeliness --by --json: %v\n%s", err, r.stdout)
	}
	for _, row := range table.Rows {
		if row.Dimension != "channel" {
			t.Errorf("--by channel --json has a row of %q", row.Dimension)
		}
	}
}

// The sandbox may be the first to use a folder; root's database server runs as
// another user and must be able to pass through it afterwards. From outside it
// is moved by signed calls.
func TestSandboxRunsAndIsMovedFromOutside(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "new")
	sandbox := command(t, "sandbox", "--dir", dir)
	says, err := sandbox.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sandbox.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(says).ReadString('\n'); err != nil { // its first words: all banks listen
		t.Fatal(err)
	}
	for _, call := range []struct {
		path, body string
		code       int
		says       string
	}{
		{"account", `{"bank":"A","account":"9990001001","name":"SO NOI VU MAU"}`, 0, `{"ok":true}`},
		{"fund", `{"bank":"A","account":"9990001001","amount":"500000","reference":"DRAW1"}`, 0, `{"ok":true}`},
		{"fund", `{"bank":"Z","account":"9990001001","amount":"500000","reference":"DRAW1"}`, 1, "no such bank"},
		{"fund", `{`, 2, "are needed"},
	} {
		r := ansinh(t, "sandbox", "control", "--dir", dir, call.path, call.body)
		if all := r.stdout + r.stderr; r.code != call.code || !strings.Contains(all, call.says) {
			t.Errorf("control %s %s: exit %d, want %d and %q in\n%s", call.path, call.body, r.code, call.code, call.says, all)
		}
	}
	if book := ansinh(t, "sandbox", "book", "--dir", dir, "--bank", "A"); !strings.Contains(book.stdout, "9990001001: 500000") {
		t.Errorf("the bank's book after the credit:\n%s%s", book.stdout, book.stderr)
	}
	if err := sandbox.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := sandbox.Wait(); err != nil {
		t.Errorf("sandbox after an interrupt: %v", err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o001 == 0 {
		t.Errorf("folder: %v, %v, want mode 0711", info, err)
	}
}
