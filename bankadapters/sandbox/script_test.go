package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"ansinh/bankadapters/sandbox"
)

// The public case of ten payments, 100,001 … 100,010, played over the wire.
func TestTenPaymentCase(t *testing.T) {
	t.Parallel()
	fate := func(n int, f sandbox.Fate) sandbox.ScriptedPayment {
		return sandbox.ScriptedPayment{Bank: "B", Nth: n, Fate: f}
	}
	c := open(t, sandbox.Config{Seed: 1, Script: sandbox.Script{
		Payments: []sandbox.ScriptedPayment{
			fate(2, sandbox.Fate{Do: sandbox.DoReject, Code: "AC01"}),
			fate(5, sandbox.Fate{Amount: 100_050}),
			fate(6, sandbox.Fate{Do: sandbox.DoSilent}), fate(7, sandbox.Fate{Do: sandbox.DoSilent}),
			fate(8, sandbox.Fate{Double: true}),
			fate(9, sandbox.Fate{ReturnDays: 3, ReturnCode: "AC04"}),
		},
		Strays: []sandbox.Stray{{Bank: "B", Credit: true, Amount: 77_777}},
	}})
	c.fund("B", 10_000_000)
	amounts := make([]int64, 10)
	for i := range amounts {
		amounts[i] = int64(100_001 + i)
	}
	status, answer := c.post("B", longID, pays("P", amounts...))
	if status != 202 || count(answer, "<TxSts>RJCT</TxSts>") != 1 || count(answer, "P000002") != 2 {
		t.Fatalf("status %d: %s", status, answer)
	}
	_, report := c.ask("B", "GET", "/v1/messages/"+longID, nil)
	if n := count(string(report), "ACSC"); n != 8 { // 1 3 4 5 8 8 9 10
		t.Errorf("report: %d booked, want 8", n)
	}
	validate(t, "pain.002.001.10", report)
	for _, day := range []string{"10", "11", "12", "13"} {
		c.closeDay("2026-02-" + day)
	}
	statements := c.files("B", "camt.053")
	first, last := readStatement(t, statements[0].body), readStatement(t, statements[3].body)
	got := map[string][]int64{}
	refs := map[string]bool{}
	for _, e := range first.entries {
		if e.Side == "DBIT" {
			got[e.ID] = append(got[e.ID], e.Amount)
		} else {
			got["credits"] = append(got["credits"], e.Amount)
		}
		refs[e.Ref] = true
	}
	if s := fmt.Sprint(got["P000005"], got["P000006"], got["P000007"], got["P000008"], got["credits"]); s != "[100050] [] [] [100008 100008] [10000000 77777]" {
		t.Errorf("statement: %s", s)
	}
	if len(refs) != len(first.entries) || !first.addsUp() {
		t.Errorf("%d references for %d entries, adds up %v", len(refs), len(first.entries), first.addsUp())
	}
	if len(last.entries) != 1 || last.entries[0].Code != "AC04" || last.entries[0].ID != "P000009" || last.entries[0].Amount != 100_009 {
		t.Errorf("day of the return: %+v", last.entries)
	}
	want := sandbox.BookSummary{Credited: 7, CreditedVND: 100_001 + 100_003 + 100_004 + 100_050 + 2*100_008 + 100_010,
		DoubleCredits: 1, DoubleCreditsVND: 100_008, Returned: 1, ReturnedVND: 100_009, Rejected: 1, Lost: 2}
	if s := c.book("B").Summary; s != want {
		t.Errorf("book %+v, want %+v", s, want)
	}
}

// The thousand-payment case: the bank adds a second debit, a debit whose id was
// altered, and a return for a payment that was never sent.
func TestThousandPaymentCase(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Script: sandbox.Script{
		Payments: []sandbox.ScriptedPayment{{Bank: "A", EndToEndID: "P000001", Fate: sandbox.Fate{Double: true}}},
		Strays: []sandbox.Stray{
			{Bank: "A", Amount: 500, EndToEndID: "P00050O"},
			{Bank: "A", Credit: true, Amount: 1002, EndToEndID: "P001002", Code: "AC01"},
		},
	}})
	c.fund("A", 10_000_000)
	amounts := make([]int64, 1000)
	for i := range amounts {
		amounts[i] = int64(i + 1)
	}
	c.post("A", "M1", pays("P", amounts...))
	c.closeDay("2026-02-10")
	s := readStatement(t, c.files("A", "camt.053")[0].body)
	if !s.addsUp() || len(s.entries) != 1+1000+1+2 {
		t.Errorf("adds up %v, %d entries", s.addsUp(), len(s.entries))
	}
	tail := s.entries[len(s.entries)-2:]
	if tail[0].ID != "P00050O" || tail[0].Side != "DBIT" || tail[1].ID != "P001002" || tail[1].Code != "AC01" {
		t.Errorf("strays: %+v", tail)
	}
	if k := c.book("A").Summary; k.Credited != 1001 || k.CreditedVND != 500_501 || k.DoubleCredits != 1 {
		t.Errorf("book: %+v", k)
	}
}

func TestScriptByControlIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, sandbox.Config{Seed: 1, Dir: dir})
	script := `{"payments":[{"bank":"C","ordered":"x"}]}`
	if status, _ := c.ask("control", "POST", "/control/script", []byte(script)); status != 400 {
		t.Errorf("unreadable script: status %d", status)
	}
	script = `{"payments":[{"bank":"C","ordered":1000,"fate":{"do":"reject","code":"AC06"}}]}`
	if status, body := c.ask("control", "POST", "/control/script", []byte(script)); status != 200 {
		t.Fatalf("status %d: %s", status, body)
	}
	if err := c.world.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, sandbox.Config{Seed: 1, Dir: dir})
	for _, q := range []struct{ path, body string }{
		{"/control/account", `{"bank":"C","account":"42","name":"Quỹ"}`},
		{"/control/fund", `{"bank":"C","account":"42","amount":"5000","reference":"R1"}`},
	} {
		if status, body := c.ask("control", "POST", q.path, []byte(q.body)); status != 200 {
			t.Fatalf("%s: status %d: %s", q.path, status, body)
		}
	}
	_, answer := c.ask("C", "POST", "/v1/messages", pain001("M1", bins["C"], "42", pays("P", 1000, 2000)))
	if !strings.Contains(string(answer), "AC06") {
		t.Errorf("the script was forgotten: %s", answer)
	}
	if status, _ := c.ask("control", "POST", "/control/fund", []byte(`{"bank":"C","account":"43","amount":"1","reference":"R"}`)); status != 404 {
		t.Errorf("funding an unknown account: status %d, want 404", status)
	}
	if status, _ := c.ask("control", "POST", "/control/clock", []byte(`{"now":"2027-01-01T00:00:00Z"}`)); status != 400 {
		t.Errorf("moving an injected clock: status %d, want 400", status)
	}
	if status, body := c.ask("control", "GET", "/control/book?bank=C", nil); status != 200 || !strings.Contains(string(body), `"rejected":1`) {
		t.Errorf("book: status %d: %s", status, body)
	}
}

func TestNoticeWithoutReferenceAndReturnLessFee(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Script: sandbox.Script{Payments: []sandbox.ScriptedPayment{
		{Bank: "B", Nth: 1, Fate: sandbox.Fate{NoNoticeID: true}},
		{Bank: "B", Nth: 2, Fate: sandbox.Fate{ReturnDays: 1, ReturnCode: "AC06", ReturnFee: 100}}}}})
	c.fund("B", 1_000_000)
	c.post("B", "M1", pays("P", 1000, 2000))
	c.closeDay("2026-02-10")
	c.closeDay("2026-02-11")
	note := string(c.files("B", "camt.054")[0].body)
	if count(note, "<EndToEndId>NOTPROVIDED<") != 1 || count(note, "<EndToEndId>P000002<") != 1 {
		t.Errorf("notice: %s", note)
	}
	all := c.files("B", "camt.053")
	if first := readStatement(t, all[0].body); first.entries[1].ID != "P000001" {
		t.Errorf("statement: %+v", first.entries)
	}
	if second := readStatement(t, all[1].body); second.entries[0].Amount != 1900 || !second.addsUp() {
		t.Errorf("return: %+v", second.entries)
	}
}
