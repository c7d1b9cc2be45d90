package reconciliation_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/ledger"
	"ansinh/reconciliation"
)

var update = flag.Bool("update", false, "write docs/STATES.md anew")

const statesPath = "../docs/STATES.md"

func TestEveryCellHasAnActionThatHasWords(t *testing.T) {
	t.Parallel()
	named := map[reconciliation.Action]bool{}
	for _, w := range reconciliation.ActionWords {
		named[reconciliation.Action(w.Name)] = true
	}
	used := map[reconciliation.Action]bool{}
	for _, s := range reconciliation.Situations {
		for _, e := range reconciliation.Evidences {
			a := reconciliation.Table(s, e)
			if used[a] = true; !named[a] {
				t.Errorf("cell (%s, %s) = %q, which is no action with words", s, e, a)
			}
		}
	}
	for _, e := range reconciliation.LooseEvidences {
		a := reconciliation.Table("", e)
		if used[a] = true; !named[a] {
			t.Errorf("cell (–, %s) = %q, which is no action with words", e, a)
		}
	}
	for a := range named {
		if !used[a] {
			t.Errorf("action %s stands in no cell", a)
		}
	}
	if want := len(ledger.States) + 7; len(reconciliation.Situations) != want {
		t.Errorf("%d situations, want every state and seven more: %d", len(reconciliation.Situations), want)
	}
}

// moves says by how many times the line's amount an action moves 112 + 113.sent,
// counted from the accounts of its lines.
var moves = map[reconciliation.Action]int{
	reconciliation.ProveBooked: -1, reconciliation.Book: -1, reconciliation.BookProved: -1, reconciliation.Late: -1, reconciliation.Claim: -1,
	reconciliation.ClaimBar: -1, reconciliation.PersonOwes: -1, reconciliation.DebitX: -1, reconciliation.StopDebitX: -1, reconciliation.BookBulk: -1,
	reconciliation.RejectBack: 1, reconciliation.Return: 1, reconciliation.Refund: 1, reconciliation.CreditX: 1, reconciliation.StopCreditX: 1,
	reconciliation.RefundBulk: 1, reconciliation.FundsArrive: 1,
}

// The tie per statement can hold only if every booked entry moves what we hold
// at the bank once, and nothing else does.
func TestOnlyBookedEntriesMoveTheAccount(t *testing.T) {
	t.Parallel()
	want := func(e reconciliation.Evidence) int {
		switch {
		case strings.HasPrefix(string(e), "debit_"), e == reconciliation.BulkDebit, e == reconciliation.BulkNoRecord,
			e == reconciliation.UnknownDebit, e == reconciliation.AlteredDebit:
			return -1
		case strings.HasPrefix(string(e), "return"), e == reconciliation.BulkCredit, e == reconciliation.FundsCredit,
			e == reconciliation.UnknownCredit, e == reconciliation.AlteredCredit:
			return 1
		}
		return 0
	}
	for _, s := range reconciliation.Situations {
		for _, e := range append(slices.Clone(reconciliation.Evidences), reconciliation.LooseEvidences...) {
			a := reconciliation.Table(s, e)
			if a == reconciliation.WithdrawNewer {
				continue // the line is read again afterwards
			}
			if got := moves[a]; got != want(e) {
				t.Errorf("cell (%s, %s) = %s moves the account %d times, want %d", s, e, a, got, want(e))
			}
		}
	}
}

func TestReasonsHaveWords(t *testing.T) {
	t.Parallel()
	seen := map[reconciliation.Reason]bool{}
	for _, r := range reconciliation.Reasons {
		if seen[r.Reason] || r.VI == "" || r.EN == "" || r.Next == "" {
			t.Errorf("reason %s stands twice or lacks words", r.Reason)
		}
		seen[r.Reason] = true
	}
}

func TestStatesDocumentIsTheTable(t *testing.T) {
	t.Parallel()
	want := statesDocument()
	if *update {
		if err := os.WriteFile(statesPath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(statesPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/STATES.md is not what the table says; run: go test ./reconciliation -run States -update\n%s", diff)
	}
}

// neverSentRule is the one rule that is no cell.
const neverSentRule = `
One rule stands above the table: where the submission of the attempt (or of the bulk debit) was **never sent** — its intent is
committed and no byte has left, or it was withdrawn unsent — the line is booked as its cell says, and beside that dispatch stops
everywhere, a break ` + "`never_sent`" + ` opens, and an intent is in doubt from then on: it is never sent, and its other payments may
have been executed too. Only a booked credit stops nothing, because anybody can send one with any reference: on an intent it is an
unknown credit (` + "`credit_x`" + `).
`

func statesDocument() string {
	var b strings.Builder
	b.WriteString(`# States and evidence

Printed from package reconciliation by ` + "`go test ./reconciliation -run States -update`" + `; a test compares. Do not edit by hand.

## 1. Money states of a payment

The money state is the leg of the payment's last ledger line. "In doubt" is shown while an attempt is open and an open row in
` + "`payout.exception`" + ` says that nobody knows.

| state | tiếng Việt | English | ai làm tiếp (who acts next) |
|---|---|---|---|
`)
	for _, w := range reconciliation.StateWords {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", w.Name, w.VI, w.EN, dash(w.Next))
	}
	b.WriteString(`
## 2. What a line says (evidence)

A line is matched by id and amount and our account and the payee's account where given. Only booked entries of final statements
(` + "`debit_…`, `return…`" + ` and the last block) move the money at a bank. Reports prove single payments and never raise "second".
Whether reports prove, or only the booked single debit does, is said by the bank's profile.

| evidence | tiếng Việt | English |
|---|---|---|
`)
	for _, w := range reconciliation.EvidenceWords {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", w.Name, w.VI, w.EN)
	}
	b.WriteString(`
## 3. What follows (action)

Debit / credit. 112 and 113 are those of the bank and programme; 1388.B is a claim on the bank, 1388.R on the person, 1388.X and 3388.X
are unknown debits and credits.

| action | tiếng Việt | English |
|---|---|---|
`)
	for _, w := range reconciliation.ActionWords {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", w.Name, w.VI, w.EN)
	}
	b.WriteString(`
## 4. The table: situation × evidence → action

A situation is the payment's money state when the attempt named by the line is the one that state speaks of; else one of:

| situation | tiếng Việt | English |
|---|---|---|
`)
	for _, w := range reconciliation.SituationWords {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", w.Name, w.VI, w.EN)
	}
	b.WriteString(neverSentRule)
	writeCells(&b)
	b.WriteString("\n### Lines that name no attempt\n\n| evidence | action |\n|---|---|\n")
	for _, e := range reconciliation.LooseEvidences {
		fmt.Fprintf(&b, "| `%s` | %s |\n", e, reconciliation.Table("", e))
	}
	b.WriteString("\n## 5. Reasons of breaks\n\n| reason | tiếng Việt | English | ai làm tiếp (who acts next) |\n|---|---|---|---|\n")
	for _, r := range reconciliation.Reasons {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Reason, r.VI, r.EN, r.Next)
	}
	return b.String()
}

func writeCells(b *strings.Builder) {
	for _, part := range []struct {
		title    string
		from, to int
	}{{"Reports", 0, 6}, {"Reports, continued", 6, 11}, {"Booked debits", 11, 16}, {"Booked money back", 16, 20}, {"Providers", 20, 25}} {
		fmt.Fprintf(b, "\n### %s\n\n| situation |", part.title)
		columns := reconciliation.Evidences[part.from:part.to]
		for _, e := range columns {
			fmt.Fprintf(b, " `%s` |", e)
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(columns)) + "\n")
		for _, s := range reconciliation.Situations {
			fmt.Fprintf(b, "| `%s` |", s)
			for _, e := range columns {
				fmt.Fprintf(b, " %s |", reconciliation.Table(s, e))
			}
			b.WriteString("\n")
		}
	}
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
