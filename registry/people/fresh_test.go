package people_test

import (
	"bytes"
	"crypto/rand"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
	"ansinh/registry/verification"
	"ansinh/registry/verification/sandbox"
)

const testEndWay = `
INSERT INTO registry.channel_history (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from,
                                      changed, valid_to, ended_by)
SELECT person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from, changed, @now, @list
  FROM registry.channel WHERE person = @person`

const testNoWay = `DELETE FROM registry.channel WHERE person = @person`

const testNewWay = `
INSERT INTO registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, list, valid_from, changed)
SELECT @person, 1, 'bank', 'account', '999001', @closed, @index, @tail, p.name, @list, @now, true FROM registry.person AS p WHERE p.id = @person`

// relist has a list of lan's, of another programme, name another account of a person.
func (h *hall) relist(person int64, account crypt.Secret) int64 {
	h.t.Helper()
	list := h.list("QK2026", baDinh, poor, person)
	index, closed, err := registry.CloseAccount(h.Keys, rand.Reader, account)
	if err != nil {
		h.t.Fatal(err)
	}
	args := pgx.NamedArgs{"person": person, "list": list, "now": h.now, "index": index, "closed": closed, "tail": registry.AccountTail(account)}
	for _, sql := range []string{testEndWay, testNoWay, testNewWay} {
		h.exec(sql, args)
	}
	return list
}

// inquire asks the banks about everybody on a list; they name the holders we have.
func (h *hall) inquire(list int64) {
	h.t.Helper()
	if s := h.verify(list, verification.Accounts, sandbox.Config{}); s.Same == 0 || s.Open > 0 {
		h.t.Fatalf("inquiry = %+v, want the holders we have", s)
	}
}

// verify asks another register, invented for the purpose, about everybody on a list.
func (h *hall) verify(list int64, source verification.Source, config sandbox.Config) verification.Summary {
	h.t.Helper()
	ctx := h.t.Context()
	var book bytes.Buffer
	if _, err := verification.WriteDemoBook(ctx, h.db, h.Keys, calendar.DateOf(h.now), &book); err != nil {
		h.t.Fatal(err)
	}
	entries, err := sandbox.ReadBook(&book)
	if err != nil {
		h.t.Fatal(err)
	}
	now := func() time.Time { return h.now }
	config.Key, config.Version, config.Now = "khoa-thu", "A-1", now
	server := httptest.NewServer(sandbox.New(config, entries))
	h.t.Cleanup(server.Close)
	client := verification.NewClient(verification.LineConfig{URL: server.URL, Key: "khoa-thu", Now: now})
	job := &verification.Job{DB: h.db, Keys: h.Keys, Random: rand.Reader, Now: now, Accounts: client, People: client}
	id, err := job.Start(ctx, list, source, "lan")
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := job.Take(ctx, id)
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := r.Step(ctx)
	if err != nil || s.Waiting > 0 {
		h.t.Fatalf("verification = %+v, %v; want it over", s, err)
	}
	return s
}

// rests lets go what is settled and says for what the person's payments rest.
func (h *hall) rests(person int64) string {
	h.t.Helper()
	if _, err := payout.StepHolds(h.t.Context(), h.db, h.now); err != nil {
		h.t.Fatal(err)
	}
	return strings.Join(h.text(`SELECT array_to_string(x.reasons, ' ') FROM payout.exception AS x JOIN payout.payment AS p ON p.batch = x.batch AND p.no = x.payment
		WHERE p.person = $1 AND x.kind = 'held' AND x.closed_at IS NULL`, person), ", ")
}

// freshHall has a person whose account a list has just replaced, planned and resting.
func freshHall(t *testing.T) (h *hall, person, list int64, batch payout.PlanResult) {
	h = newHall(t)
	person, other := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1)), h.banked(2, "Lê Văn Thử", accountOf(2))
	h.now = h.now.Add(time.Hour)
	list = h.relist(person, accountOf(7))
	batch, got := h.plan("TET26", h.list("TET26", baDinh, poor, person, other))
	if diff := cmp.Diff([]string{"1 A 0007 Nguyễn Văn Mẫu 500000", "2 A 0002 Lê Văn Thử 500000"}, got); diff != "" {
		t.Fatalf("planning leaves somebody out (-want +got):\n%s", diff)
	}
	if h.rests(person) != "fresh" || h.rests(other) != "" || batch.Resting != 1 {
		t.Fatalf("it rests for %q, the other for %q, %d rest; want the changed account alone", h.rests(person), h.rests(other), batch.Resting)
	}
	return h, person, list, batch
}

func TestMoneyToAChangedAccountRestsUntilTheBankAndASecondPersonSpoke(t *testing.T) {
	t.Parallel()
	h, p, list, plan := freshHall(t)
	sheet, err := payout.ReadApprovalSheet(t.Context(), h.db, plan.Batch, 1)
	if err != nil || !strings.HasSuffix(sheet.Line, ", trong đó 1 tài khoản mới đổi, chờ xác minh") || sheet.Changes.Fresh != 1 {
		t.Errorf("the approver reads %q, %v", sheet.Line, err)
	}
	fresh, err := people.FreshAccounts(t.Context(), h.db, baDinh, h.now)
	if err != nil || len(fresh) != 1 {
		t.Fatalf("accounts that wait = %+v, %v; want one", fresh, err)
	}
	if f := fresh[0]; f.Person != p || f.OldAccount != "…0001" || f.Account != "…0007" || f.By != "lan" || f.Source != list || f.Asked || f.Confirmed {
		t.Errorf("account that waits = %+v", f)
	}
	if got := h.text(`SELECT format('%s %s: %s → %s', person, unit_code, old_tail, new_tail) FROM registry.account_notice`); !cmp.Equal(got, []string{"1 00004: 0001 → 0007"}) {
		t.Errorf("notices = %v", got)
	}

	// Whoever brought the account asks, and cannot answer.
	act, err := h.AskAccount(t.Context(), p)
	if err != nil || act.By != "lan" || !act.Two {
		t.Fatalf("laid before a second person: %+v, %v", act, err)
	}
	if again, err := h.AskAccount(t.Context(), p); err != nil || again.ID != act.ID {
		t.Errorf("asked again: %v, %v; want act %d", again, err, act.ID)
	}
	_, err = h.Confirm(t.Context(), act.ID, people.SealWith(h.signers["lan"], act))
	wantErr(t, err, people.ErrTwoPeople)
	h.confirm(act)
	if got := h.rests(p); got != "fresh" {
		t.Errorf("confirmed and not asked about it rests for %q, want fresh", got)
	}
	h.now = h.now.Add(time.Hour)
	h.inquire(list)
	if got := h.rests(p); got != "" {
		t.Errorf("asked about and confirmed it rests for %q still", got)
	}
	if n := h.text(`SELECT count(*)::text FROM audit.record WHERE act = 'payment.let_go'`)[0]; n != "1" {
		t.Errorf("audit has %s records of letting go, want 1", n)
	}
	_, err = h.AskAccount(t.Context(), p)
	wantCode(t, err, "PEOPLE-NOT-FRESH")
}

func TestTheInquiryAloneIsNotEnough(t *testing.T) {
	t.Parallel()
	h, p, list, _ := freshHall(t)
	h.now = h.now.Add(time.Hour)
	h.inquire(list)
	if got := h.rests(p); got != "fresh" {
		t.Errorf("asked about and not confirmed it rests for %q, want fresh", got)
	}
	act, err := h.AskAccount(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	h.confirm(act) // lets it go at once
	if got := h.text(`SELECT count(*)::text FROM payout.exception WHERE closed_at IS NULL`)[0]; got != "0" {
		t.Errorf("%s holds are open after the confirmation, want none", got)
	}
}

func TestAnAccountGrowsOldUnlessSomebodyRefusedIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		days   int
		meddle func(h *hall, person int64)
		want   string
	}{
		"29 days":               {29, func(*hall, int64) {}, "fresh"},
		"30 days":               {30, func(*hall, int64) {}, ""},
		"refused":               {60, func(h *hall, p int64) { h.refuseAccount(p) }, "fresh"},
		"replaced once more":    {60, func(h *hall, p int64) { h.relist(p, accountOf(8)) }, "fresh"},
		"replaced by cash":      {60, func(h *hall, p int64) { h.done(p, people.PaidBy{Way: people.Way{Method: "cash"}}, calendar.Date{}) }, "fresh"},
		"left to a second bank": {1, func(h *hall, p int64) { h.inquire(h.relist(p, accountOf(8))) }, "fresh"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, p, _, _ := freshHall(t)
			tt.meddle(h, p)
			h.now = h.now.AddDate(0, 0, tt.days)
			if got := h.rests(p); got != tt.want {
				t.Errorf("it rests for %q, want %q", got, tt.want)
			}
		})
	}
}

// An account is known once it stood for thirty days, not since it stood for one thirty
// days ago; and one that a second person refused is not, however long it stood.
func TestAChangeAndBackHidesNoAccount(t *testing.T) {
	t.Parallel()
	const ownWay, proxy = "list", "proxy"
	tests := map[string]struct {
		stood  int // days, before the account of before came back
		refuse bool
		want   bool // it rests when it comes a second time
	}{
		"stood a day":              {1, false, true},
		"stood 29 days":            {29, false, true},
		"stood 30 days":            {30, false, false},
		"refused, stood 40 days":   {40, true, true},
		"refused and stood no day": {0, true, true},
	}
	for name, tt := range tests {
		for _, by := range []string{ownWay, proxy} {
			if tt.refuse && by == proxy {
				continue // two people gave it: nobody is asked again
			}
			t.Run(name+" by "+by, func(t *testing.T) {
				t.Parallel()
				h := newHall(t)
				p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
				pay := func(account crypt.Secret) {
					h.now = h.now.Add(time.Hour)
					if by == ownWay {
						h.relist(p, account)
						return
					}
					h.done(p, people.PaidTo{Capacity: people.Proxy, Name: "Lê Văn Thử", Way: ways(account, "LE VAN THU")}, calendar.DateOf(h.now))
				}
				pay(accountOf(2))
				if by == proxy {
					h.now = h.now.AddDate(0, 0, 40) // the first payee's account is known
				}
				pay(accountOf(7))
				if tt.refuse {
					h.refuseAccount(p)
				}
				h.now = h.now.AddDate(0, 0, tt.stood)
				pay(accountOf(2))
				h.now = h.now.AddDate(0, 0, 45)
				pay(accountOf(7))
				fresh, err := people.FreshAccounts(t.Context(), h.db, "", h.now)
				if err != nil || (len(fresh) == 1) != tt.want {
					t.Errorf("it comes back and %d accounts wait, %v; want it to wait: %v", len(fresh), err, tt.want)
				}
				h.now = h.now.AddDate(0, 0, 60)
				fresh, err = people.FreshAccounts(t.Context(), h.db, "", h.now)
				if err != nil || (len(fresh) == 1) != tt.refuse {
					t.Errorf("60 days later %d accounts wait, %v; want it to wait: %v", len(fresh), err, tt.refuse)
				}
			})
		}
	}
}

func (h *hall) refuseAccount(person int64) {
	h.t.Helper()
	act, err := h.AskAccount(h.t.Context(), person)
	if err != nil {
		h.t.Fatal(err)
	}
	h.refuse(act, "bà không biết tài khoản này")
}

// An account that two people gave needs only the bank's word; one of the first list,
// or that the person had before, needs nothing.
func TestWhatCountsAsAChangedAccount(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	first, given, back, proxy := h.banked(1, "Người A", accountOf(1)), h.banked(2, "Người B", accountOf(2)), h.banked(3, "Người C", accountOf(3)), h.banked(4, "Người D", accountOf(4))
	h.now = h.now.Add(time.Hour)
	h.done(given, people.PaidBy{Way: ways(accountOf(12), "NGUOI B")}, calendar.Date{})
	h.relist(back, accountOf(13))
	h.now = h.now.Add(time.Hour)
	h.relist(back, accountOf(3))
	h.done(proxy, people.PaidTo{Capacity: people.Proxy, Name: "Lê Văn Thử", Way: ways(accountOf(14), "LE VAN THU")}, calendar.Date{})
	fresh, err := people.FreshAccounts(t.Context(), h.db, "", h.now)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, f := range fresh {
		got = append(got, f.Person)
		if !f.Confirmed || f.Asked {
			t.Errorf("account that two people gave = %+v, want it confirmed and not asked about", f)
		}
	}
	if diff := cmp.Diff([]int64{given, proxy}, got); diff != "" {
		t.Errorf("changed accounts (-want +got):\n%s", diff)
	}
	if got := h.text(`SELECT format('%s: %s → %s', person, old_tail, new_tail) FROM registry.account_notice ORDER BY person`); !cmp.Equal(got, []string{"2: 0002 → 0012", "4: 0004 → 0014"}) {
		t.Errorf("people to be told = %v", got)
	}
	_, err = h.AskAccount(t.Context(), first)
	wantErr(t, err, people.ErrNotFresh)
}

// What another register says otherwise holds the money until a person has ended
// the difference; what was corrected since is paid by a further list, not the old way.
func TestMoneyRestsWhileADifferenceIsOpen(t *testing.T) {
	t.Parallel()
	accept := func(h *hall, r verification.Resolution) { r.Accept = true; h.resolve(r) }
	tests := map[string]struct {
		source  verification.Source
		config  sandbox.Config
		planned string // what the payment rests for when it is planned
		then    func(h *hall, r verification.Resolution)
		want    string
	}{
		"the same":                    {verification.Population, sandbox.Config{}, "", func(*hall, verification.Resolution) {}, ""},
		"another commune":             {verification.Population, sandbox.Config{Moved: 1}, "", func(*hall, verification.Resolution) {}, ""},
		"another name, kept":          {verification.Population, sandbox.Config{Respelt: 1}, "differs/population", accept, ""},
		"another name, nobody spoke":  {verification.Population, sandbox.Config{Respelt: 1}, "differs/population", func(*hall, verification.Resolution) {}, "differs/population"},
		"another name, proposed":      {verification.Population, sandbox.Config{Respelt: 1}, "differs/population", func(h *hall, r verification.Resolution) { h.resolve(r) }, "differs/population"},
		"another name, refused":       {verification.Population, sandbox.Config{Respelt: 1}, "differs/population", func(h *hall, r verification.Resolution) { h.refuse(h.resolve(r)[0], "nhầm") }, "differs/population"},
		"another name, corrected":     {verification.Population, sandbox.Config{Respelt: 1}, "differs/population", func(h *hall, r verification.Resolution) { h.confirm(h.resolve(r)[0]) }, "differs/population"},
		"another birth, kept":         {verification.Population, sandbox.Config{OtherBirth: 1}, "differs/population", accept, ""},
		"dead":                        {verification.Population, sandbox.Config{Dead: 1}, "differs/population", func(h *hall, r verification.Resolution) { h.confirm(h.resolve(r)[0]) }, "death"},
		"no such id":                  {verification.Population, sandbox.Config{Unknown: 1}, "differs/population", accept, ""},
		"another holder, kept":        {verification.Accounts, sandbox.Config{OtherOwner: 1}, "differs/account", accept, ""},
		"a closed account, unsettled": {verification.Accounts, sandbox.Config{Closed: 1}, "differs/account", func(*hall, verification.Resolution) {}, "differs/account"},
		"another holder, another account": {verification.Accounts, sandbox.Config{OtherOwner: 1}, "differs/account", func(h *hall, r verification.Resolution) {
			way := ways(accountOf(7), "NGUYEN VAN MAU")
			r.Way = &way
			h.confirm(h.resolve(r)[0])
		}, "differs/account"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
			list := h.list("TET26", baDinh, poor, p)
			s := h.verify(list, tt.source, tt.config)
			h.plan("TET26", list)
			if got := h.rests(p); got != tt.planned {
				t.Fatalf("planned it rests for %q, want %q", got, tt.planned)
			}
			tt.then(h, verification.Resolution{Verification: s.ID, Person: p, Why: "đối chiếu giấy tờ", By: "lan", Paper: paper})
			if got := h.rests(p); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("then it rests for %q, want %q", got, tt.want)
			}
		})
	}
}

func (h *hall) resolve(r verification.Resolution) []people.Act {
	h.t.Helper()
	acts, err := verification.Resolve(h.t.Context(), h.Desk, r)
	if err != nil {
		h.t.Fatal(err)
	}
	return acts
}
