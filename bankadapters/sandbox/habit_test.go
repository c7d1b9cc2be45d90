package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ansinh/bankadapters/sandbox"
)

const longID = "MSG-0001-ABCDEFGH-TAIL"

func TestHabitNeverDeduplicates(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.fund("A", 1_000_000)
	for range 2 {
		if status, body := c.post("A", longID, pays("P", 1000, 2000)); status != 202 || !strings.Contains(body, "ACTC") {
			t.Fatalf("status %d: %s", status, body)
		}
	}
	if s := c.book("A").Summary; s.Credited != 4 || s.DoubleCredits != 0 {
		t.Errorf("%+v, want four credits that the customer ordered himself", s)
	}
	_, report := c.ask("A", "GET", "/v1/messages/"+longID, nil)
	if n := count(string(report), "<TxSts>ACSC</TxSts>"); n != 4 {
		t.Errorf("report lists %d bookings, want 4", n)
	}
}

func TestHabitForgetsAfterAnHour(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.fund("B", 1_000_000)
	c.post("B", longID, pays("P", 1000))
	c.clock.now = c.clock.now.Add(59 * time.Minute)
	if status, body := c.post("B", longID, pays("P", 1000)); status != 409 || !strings.Contains(body, "DUPL") {
		t.Errorf("within the hour: status %d: %s", status, body)
	}
	c.clock.now = c.clock.now.Add(2 * time.Minute)
	if status, body := c.ask("B", "GET", "/v1/messages/"+longID, nil); status != 404 || !strings.Contains(string(body), `"known":false`) {
		t.Errorf("inquiry after the hour: status %d: %s", status, body)
	}
	if status, _ := c.post("B", longID, pays("P", 1000)); status != 202 {
		t.Errorf("after the hour: status %d, want 202", status)
	}
	if s := c.book("B").Summary; s.Credited != 2 {
		t.Errorf("%d credits, want 2", s.Credited)
	}
}

func TestHabitBooksInBulk(t *testing.T) {
	t.Parallel()
	script := sandbox.Script{Payments: []sandbox.ScriptedPayment{{Nth: 2, Fate: sandbox.Fate{Do: sandbox.DoReject, Code: "AC01"}}}}
	gross := sandbox.DefaultHabits("C")
	gross.BulkGross = true
	tests := map[string]struct {
		habits map[string]sandbox.Habits
		want   []camtEntry
	}{
		"net debits what is paid": {nil, []camtEntry{{Amount: 1_000_000, Side: "CRDT"}, {Amount: 4000, Side: "DBIT", Count: 2}}},
		"gross debits all and gives back": {map[string]sandbox.Habits{"C": gross},
			[]camtEntry{{Amount: 1_000_000, Side: "CRDT"}, {Amount: 6000, Side: "DBIT", Count: 3}, {Amount: 2000, Side: "CRDT", ID: "P000002", Code: "AC01"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, sandbox.Config{Seed: 1, Script: script, Habits: tt.habits})
			c.fund("C", 1_000_000)
			c.post("C", longID, pays("P", 1000, 2000, 3000))
			c.closeDay("2026-02-10")
			s := readStatement(t, c.files("C", "camt.053")[0].body)
			if !s.addsUp() || len(s.entries) != len(tt.want) {
				t.Fatalf("adds up %v, entries %+v", s.addsUp(), s.entries)
			}
			for i, e := range s.entries {
				w := tt.want[i]
				if e.Amount != w.Amount || e.Side != w.Side || e.Count != w.Count || w.ID != "" && e.ID != w.ID || e.Code != w.Code {
					t.Errorf("entry %d: %+v, want %+v", i, e, w)
				}
			}
			note := string(c.files("C", "camt.054")[0].body)
			if count(note, "<Ntry>") != 2 || count(note, "P000002") != 0 {
				t.Errorf("camt.054 should prove the two payments made: %s", note)
			}
			if reports := c.files("C", "pain.002"); len(reports) != 1 || count(string(reports[0].body), "ACSC") != 2 {
				t.Errorf("pain.002 files: %d", len(reports))
			}
		})
	}
}

func TestHabitKeepsSixteenCharacters(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Script: sandbox.Script{
		Payments: []sandbox.ScriptedPayment{{Nth: 2, Fate: sandbox.Fate{ReturnDays: 1, ReturnCode: "AC04"}}}}})
	c.fund("D", 1_000_000)
	c.post("D", longID, pays("P", 1000, 2000))
	c.closeDay("2026-02-10")
	c.closeDay("2026-02-11")
	statements := c.files("D", "camt.053")
	first, second := readStatement(t, statements[0].body), readStatement(t, statements[1].body)
	paid, back := first.entries[2], second.entries[0]
	if paid.MsgID != longID[:16] || paid.Text != "Qua Tet Binh Ngo" {
		t.Errorf("statement keeps %q and %q", paid.MsgID, paid.Text)
	}
	if back.ID != "NOTPROVIDED" || back.Own != paid.Ref || back.Code != "AC04" {
		t.Errorf("return %+v, want only the bank's own reference %s", back, paid.Ref)
	}
}

func TestHabitDeniesForTenMinutes(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	c.fund("E", 1_000_000)
	c.post("E", longID, pays("P", 1000))
	c.clock.now = c.clock.now.Add(9 * time.Minute)
	if status, _ := c.ask("E", "GET", "/v1/messages/"+longID, nil); status != 404 {
		t.Errorf("after nine minutes: status %d, want 404", status)
	}
	c.clock.now = c.clock.now.Add(time.Minute)
	if status, _ := c.ask("E", "GET", "/v1/messages/"+longID, nil); status != 200 {
		t.Errorf("after ten minutes: status %d, want 200", status)
	}
}

func TestOutageIsCountedNotTimed(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Faults: sandbox.Faults{Outages: []sandbox.Outage{
		{Bank: "B", From: 2, Count: 3}, {Bank: "E", From: 1, Count: 1, PerID: 2}}}})
	c.fund("B", 1_000_000)
	c.fund("E", 1_000_000)
	var got []int
	for i, id := range []string{"M1", "M2", "M2", "M2", "M2"} {
		if i == 2 { // an inquiry meets the outage too
			status, _ := c.ask("B", "GET", "/v1/messages/M2", nil)
			got = append(got, status)
			continue
		}
		status, _ := c.post("B", id, pays(id, 1000))
		got = append(got, status)
	}
	for _, id := range []string{"M1", "M2", "M1", "M1"} {
		status, _ := c.post("E", id, pays(id, 1000))
		got = append(got, status)
	}
	want := []int{202, 503, 503, 503, 202, 503, 202, 503, 202}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("statuses %v, want %v", got, want)
		}
	}
}

func TestReopenedBankContinues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := sandbox.Config{Seed: 5, Dir: dir, Script: sandbox.Script{Payments: []sandbox.ScriptedPayment{
		{Nth: 1, Fate: sandbox.Fate{Do: sandbox.DoWait}},
		{Nth: 2, Fate: sandbox.Fate{ReturnDays: 1, ReturnCode: "AC04"}}}}}
	c := open(t, config)
	c.fund("A", 1_000_000)
	c.post("A", longID, pays("P", 1000, 2000, 3000))
	want := c.book("A")
	if err := c.world.Close(); err != nil {
		t.Fatal(err)
	}
	// A crash in the middle of a write leaves a torn group: it never happened.
	path := filepath.Join(dir, "sandbox", "A", "book.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"seq":9999,"kind":"paid"}` + "\n" + `{"seq":`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	again := open(t, config)
	got := again.book("A")
	if got.Summary != want.Summary || got.Summary.Waiting != 1 || got.Accounts[0] != want.Accounts[0] {
		t.Fatalf("reopened: %+v, before: %+v", got.Summary, want.Summary)
	}
	again.closeDay("2026-02-10")
	again.closeDay("2026-02-11")
	if s := again.book("A").Summary; s.Waiting != 0 || s.Credited != 2 || s.Returned != 1 {
		t.Errorf("after two days: %+v", s)
	}
}

func TestLateMessageLandsAfterNotFound(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Faults: sandbox.Faults{Late: 10_000}})
	c.fund("C", 1_000_000)
	if status, _ := c.post("C", longID, pays("P", 1000)); status != 0 {
		t.Fatalf("status %d, want a dropped connection", status)
	}
	if status, _ := c.ask("C", "GET", "/v1/messages/"+longID, nil); status != 404 {
		t.Errorf("inquiry: status %d, want 404", status)
	}
	c.clock.now = c.clock.now.Add(20 * time.Minute)
	if status, _ := c.ask("C", "GET", "/v1/messages/"+longID, nil); status != 200 {
		t.Errorf("inquiry later: status %d, want 200", status)
	}
}

func TestSlowAnswerIsADroppedOneWithoutAPlanToWait(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Faults: sandbox.Faults{Slow: 10_000}})
	c.fund("C", 1_000_000)
	if status, _ := c.post("C", longID, pays("P", 1000)); status != 0 {
		t.Errorf("status %d, want a dropped connection", status)
	}
	if s := c.book("C").Summary; s.Credited != 1 {
		t.Errorf("credited %d, want 1", s.Credited)
	}
}
