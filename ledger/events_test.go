package ledger_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

func readCSV(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, value := range record {
			row[records[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

func prescribedAccounts(t testing.TB) map[string]bool {
	codes := map[string]bool{}
	for _, row := range readCSV(t, "accounts-tt24-2024.csv") {
		codes[row["code"]] = true
	}
	return codes
}

// A rule of the circular, as what we post for it: entries, or legs of a payment.
type posting struct {
	entries [][]ledger.Entry
	causes  []int64
	legs    []ledger.LegID // posted before, for the payment
	shown   []ledger.LegID // the rule itself
}

func TestEveryPostingRule(t *testing.T) {
	t.Parallel()
	bank := int64(1)
	cases := map[string]posting{
		"DEL-1":  {shown: []ledger.LegID{ledger.LegApproved}},
		"DEL-2A": {entries: [][]ledger.Entry{ledger.DrawToProvider(post, programme, 500_000)}, causes: []int64{0}},
		"DEL-2B": {legs: []ledger.LegID{ledger.LegApproved, ledger.LegListed}, shown: []ledger.LegID{ledger.LegListPaid}},
		"DEL-2C": {entries: [][]ledger.Entry{ledger.ProviderLeftover(post, bankA, programme, 7), ledger.ProviderLeftoverCash(post, programme, 8)}, causes: []int64{bank, 0}},
		"DEL-2D": {entries: [][]ledger.Entry{ledger.ProviderLeftoverToTreasury(post, programme, 9)}, causes: []int64{0}},
		"DEL-3A": {entries: [][]ledger.Entry{ledger.DrawOrdered(programme, 1_000_000), ledger.DrawArrived(bankA, programme, 1_000_000)}, causes: []int64{0, bank}},
		"DEL-3B": {legs: []ledger.LegID{ledger.LegApproved, ledger.LegOrdered}, shown: []ledger.LegID{ledger.LegPaidSent}},
		"DEL-3C": {legs: []ledger.LegID{ledger.LegApproved}, shown: []ledger.LegID{ledger.LegTreasuryPaid},
			entries: [][]ledger.Entry{ledger.DrawnByTreasuryPayment(programme, 100_001)}, causes: []int64{0}},
		"DEL-4A": {entries: [][]ledger.Entry{ledger.DrawCash(programme, 300_000)}, causes: []int64{0}},
		"DEL-4B": {legs: []ledger.LegID{ledger.LegApproved}, shown: []ledger.LegID{ledger.LegHanded}},
		"DEL-4C": {legs: []ledger.LegID{ledger.LegApproved, ledger.LegHanded}, shown: []ledger.LegID{ledger.LegSigned}},
		"DEL-4D": {legs: []ledger.LegID{ledger.LegApproved, ledger.LegHanded}, shown: []ledger.LegID{ledger.LegBroughtBack},
			entries: [][]ledger.Entry{ledger.BankCash(bankA, programme, 5)}, causes: []int64{bank}},
		"DEL-5": {legs: []ledger.LegID{ledger.LegApproved}, shown: []ledger.LegID{ledger.LegTreasuryPaid},
			entries: [][]ledger.Entry{ledger.DrawnByTreasuryPayment(programme, 100_001)}, causes: []int64{0}},
		"ENT-1": {entries: [][]ledger.Entry{ledger.EntrustedReceived(bankA, programme, 70_000)}, causes: []int64{bank}},
		"ENT-2": {entries: [][]ledger.Entry{ledger.EntrustedDetermined(programme, 70_000)}, causes: []int64{0}},
		"ENT-3": {entries: [][]ledger.Entry{ledger.EntrustedFee(programme, 700)}, causes: []int64{0}},
	}
	rules := readCSV(t, "posting-rules-tt24.csv")
	if len(rules) != len(cases) {
		t.Errorf("%d rules, %d cases", len(rules), len(cases))
	}
	for _, rule := range rules {
		t.Run(rule["rule"], func(t *testing.T) {
			t.Parallel()
			c, ok := cases[rule["rule"]]
			if !ok {
				t.Fatal("this rule has no event")
			}
			db := pgtest.DB(t)
			b := open(t, db)
			b.draw(1_000_000)
			b.mustMove("funds of the provider", 0, ledger.DrawToProvider(post, programme, 1_000_000)...)
			b.mustMove("cash", 0, ledger.DrawCash(programme, 1_000_000)...)
			b.steps(1001, []int64{1}, c.legs...)
			got := map[string]bool{}
			for _, leg := range c.shown {
				b.steps(1001, []int64{1}, leg)
				def := ledger.LegOf(leg)
				got[ledger.RoleCodes()[def.Debit]+"/"+ledger.RoleCodes()[def.Credit]] = true
			}
			off := map[string]bool{}
			for i, entries := range c.entries {
				b.mustMove(rule["rule"]+string(rune('a'+i)), c.causes[i], entries...)
				for _, e := range entries {
					if e.Debit.Role == ledger.RoleTechnical {
						off["Cr 008"+map[bool]string{true: " (negative)"}[e.Red]] = true
						continue
					}
					got[ledger.RoleCodes()[e.Debit.Role]+"/"+ledger.RoleCodes()[e.Credit.Role]] = true
				}
			}
			if diff := cmp.Diff(wantPairs(rule), got); diff != "" {
				t.Errorf("%s (-rule +posted):\n%s", rule["event"], diff)
			}
			want := map[string]bool{}
			if rule["off_balance"] != "" {
				want[rule["off_balance"]] = true
			}
			if diff := cmp.Diff(want, off); diff != "" {
				t.Errorf("%s, off balance (-rule +posted):\n%s", rule["event"], diff)
			}
		})
	}
}

// wantPairs are the debit/credit pairs of a rule. Money in transit (113) stands
// between 112 and its other side where the rule has one step and we have two.
func wantPairs(rule map[string]string) map[string]bool {
	pairs := map[string]bool{}
	switch rule["rule"] {
	case "DEL-3A":
		return map[string]bool{"113/1371": true, "112/113": true}
	case "DEL-3B":
		return map[string]bool{"3388/113": true}
	case "DEL-4D":
		// Brought back into the cash box, then banked from there.
		return map[string]bool{"111/1411": true, "112/111": true}
	case "ENT-1":
		return map[string]bool{"112/1378": true}
	case "ENT-3":
		return map[string]bool{"1378/518": true}
	}
	for _, debit := range strings.Split(rule["debit"], "/") {
		for _, credit := range strings.Split(rule["credit"], "/") {
			pairs[debit+"/"+credit] = true
		}
	}
	return pairs
}

// TestEveryEventWithoutAPayment posts, in an order in which they can happen, every
// event of the posting set entrusted-state that no single payment owns and no
// rule of the circular above has shown.
func TestEveryEventWithoutAPayment(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	b := open(t, db)
	const order, cause = 77, 1 // our own order; an entry of the bank
	move := slot(ledger.RoleMove)
	for _, tt := range []struct {
		event        string
		order, cause int64
		entries      []ledger.Entry
		want         string
	}{
		{"estimate allotted", 0, 0, ledger.Allot(programme, 2_000_000), "008/000"},
		{"draw ordered", 0, 0, ledger.DrawOrdered(programme, 1_000_000), "113/1371 000/008211"},
		{"draw arrives", 0, cause, ledger.DrawArrived(bankA, programme, 1_000_000), "112/113"},
		{"credits proved", 0, 0, ledger.Prove(programme, 300), "-000/008211 000/008212"},
		{"returned after proof", 0, 0, ledger.Unprove(programme, 100), "-000/008212 000/008211"},
		{"own order", order, 0, ledger.OwnOrdered(bankA, programme, 900), "113/112"},
		{"a move is booked", order, cause, ledger.OwnBooked(bankA, programme, move, 100), "113/113"},
		{"cash is booked", order, cause, ledger.OwnBooked(bankA, programme, slot(ledger.RoleCash), 200), "111/113"},
		{"a provider's money is booked", order, cause, ledger.OwnBooked(bankA, programme, slot(ledger.RoleProvider), 100), "1388/113"},
		{"given back to the budget", order, cause, append(ledger.OwnBooked(bankA, programme, slot(ledger.RoleBudget), 300),
			ledger.GivenBack(programme, 300)...), "1371/113 -000/008211"},
		{"paid over", order, cause, ledger.OwnBooked(bankA, programme, slot(ledger.RoleOther), 200), "3388/113"},
		{"the move arrives", 0, cause, ledger.MoveArrived("999002", programme, 100), "112/113"},
		{"a claim on the bank", 0, cause, ledger.Claim(bankA, programme, 50), "1388/112"},
		{"and its refund", 0, cause, ledger.ClaimSettled(bankA, programme, 50), "112/1388"},
		{"unknown debit", 0, cause, ledger.UnknownDebit(bankA, programme, 10), "1388/112"},
		{"explained", 0, cause, append(ledger.Mirror(ledger.UnknownDebit(bankA, programme, 10)), ledger.BankFee(bankA, 10)...), "-1388/112 1388/112"},
		{"unknown credit", 0, cause, ledger.UnknownCredit(bankA, programme, 20), "112/3388"},
		{"interest", 0, cause, ledger.Interest(bankA, 30), "112/3388"},
		{"own money, fees first", 0, cause, ledger.OwnMoneyPaidIn(bankA, 100, 10), "112/1388 112/3388"},
		{"a shortage covered", 0, 0, ledger.CoverShortage(bankA, programme, 60), "112/112"},
		{"recovery decided", 0, 0, ledger.PersonOwes(programme, 80), "1388/3388"},
		{"recovered in money", 0, cause, ledger.PersonRepaid(bankA, programme, 80), "112/1388"},
		{"kept back from a draw", 0, 0, ledger.KeptBack(programme, 80), "3388/1371"},
	} {
		v := b.voucher(tt.event, 0)
		v.OrderNo, v.Cause = tt.order, tt.cause
		if _, err := b.move(v, tt.entries...); err != nil {
			t.Fatalf("%s: %v", tt.event, err)
		}
		var got []string
		for _, e := range tt.entries {
			pair := ledger.RoleCodes()[e.Debit.Role] + "/" + ledger.RoleCodes()[e.Credit.Role]
			if e.Red {
				pair = "-" + pair
			}
			got = append(got, pair)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-design +posted):\n%s", tt.event, diff)
		}
	}
}
