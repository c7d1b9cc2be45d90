package people_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgtest"
	"ansinh/internal/vntext"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

func fold(name string) string { return vntext.Fold(name) }

func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, ".")
}

func TestRecordsAreAppendOnly(t *testing.T) {
	t.Parallel()
	pgtest.CheckAppendOnly(t, pgtest.DB(t), "registry.act", "registry.act_decision", "registry.person_fact", "registry.standing", "registry.payee",
		"registry.payee_end", "registry.household_member", "registry.household_end", "registry.death", "registry.death_undone", "registry.merged",
		"registry.merge_undone", "registry.unit_change", "payout.double_claim")
}

// The name was wrong from the first day and is corrected in March: who reads the
// record as it was known in February still reads the wrong one.
func TestARecordIsReadAsOfADayAsItWasKnown(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mau", accountOf(1))
	listed := h.now
	h.now = calendar.Must(2026, 3, 2).At(9, 0)
	h.done(p, people.NameIs{Name: "Nguyễn Văn Mẫu"}, calendar.Must(2026, 1, 1))
	h.now = calendar.Must(2026, 5, 4).At(9, 0)
	h.done(p, people.LivesIn{Unit: registry.UnitKey{Code: ngocHa, ValidFrom: unitsNow}}, calendar.Must(2026, 4, 1))
	h.done(p, people.IDIs{ID: "000040900777"}, calendar.Must(2026, 5, 1))

	type seen struct{ Name, Unit, ID string }
	at := func(day calendar.Date, known calendar.Date) seen {
		r := h.read(p, day, known.At(23, 0), people.Reader{})
		return seen{r.Name, r.Unit, r.ID}
	}
	feb, apr, may := calendar.Must(2026, 2, 10), calendar.Must(2026, 4, 10), calendar.Must(2026, 5, 10)
	for _, c := range []struct {
		day, known calendar.Date
		want       seen
	}{
		{feb, feb, seen{"Nguyễn Văn Mau", "00004 2025-07-01", "…0001"}},
		{feb, may, seen{"Nguyễn Văn Mẫu", "00004 2025-07-01", "…0001"}},
		{apr, apr, seen{"Nguyễn Văn Mẫu", "00004 2025-07-01", "…0001"}}, // the move was not known
		{apr, may, seen{"Nguyễn Văn Mẫu", "00008 2025-07-01", "…0001"}},
		{may, may, seen{"Nguyễn Văn Mẫu", "00008 2025-07-01", "…0777"}},
	} {
		if diff := cmp.Diff(c.want, at(c.day, c.known)); diff != "" {
			t.Errorf("as of %s, known on %s (-want +got):\n%s", c.day, c.known, diff)
		}
	}
	if got := h.read(p, may, listed.AddDate(0, 0, -1), people.Reader{}).Name; got != "" {
		t.Errorf("before anybody knew the person the name was %q, want nothing", got)
	}
	list, err := people.Acts(t.Context(), h.db, p, people.Reader{})
	if err != nil || len(list) != 3 {
		t.Fatalf("acts = %v, %v; want 3", list, err)
	}
	for _, a := range list {
		if a.By != "lan" || a.Why == "" || a.Outcome != "done" || (a.Kind == people.KindUnit) != (a.ByTwo == "") {
			t.Errorf("act %+v does not say who, why and who else", a)
		}
	}
}

func TestGraveActsTakeASecondPersonWithPowers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		signer string
		seal   func(h *hall, s *crypt.Signer, a people.Act) crypt.Seal
		want   string
	}{
		"the one who proposed it":        {"lan", nil, "PEOPLE-TWO-PEOPLE"},
		"an approver of another commune": {"binh", nil, "PAYOUT-UNIT"},
		"somebody who is no signer":      {"nobody", nil, "PAYOUT-SIGNER-UNKNOWN"},
		"a seal under another act": {"hung", func(_ *hall, s *crypt.Signer, a people.Act) crypt.Seal {
			a.Content = strings.Replace(a.Content, "Mẫu", "Khác", 1)
			return people.SealWith(s, a)
		}, "PEOPLE-SEAL"},
		"a seal given for an approval": {"hung", func(_ *hall, s *crypt.Signer, a people.Act) crypt.Seal {
			return s.Sign(payout.Purpose, a.Sheet())
		}, "PEOPLE-SEAL"},
		"a seal under the refusal": {"hung", func(_ *hall, s *crypt.Signer, a people.Act) crypt.Seal {
			return people.SealRefusal(s, a, "không đúng")
		}, "PEOPLE-SEAL"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			p := h.banked(1, "Nguyễn Văn Mau", accountOf(1))
			a := h.propose(p, people.NameIs{Name: "Nguyễn Văn Mẫu"}, calendar.Date{})
			signer := h.signers[tc.signer]
			if signer == nil {
				signer, _ = crypt.NewSigner(tc.signer, make([]byte, 32))
			}
			seal := people.SealWith(signer, a)
			if tc.seal != nil {
				seal = tc.seal(h, signer, a)
			}
			_, err := h.Confirm(t.Context(), a.ID, seal)
			wantCode(t, err, tc.want)
			if got := h.text(`SELECT name FROM registry.person WHERE id = 1`)[0]; got != "Nguyễn Văn Mau" {
				t.Errorf("name = %q, changed without a second person", got)
			}
		})
	}
}

func TestAnActIsDecidedOnceAndNeverOverAChangedRecord(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mau", accountOf(1))
	first := h.propose(p, people.NameIs{Name: "Nguyễn Văn Mẫu"}, calendar.Date{})
	second := h.propose(p, people.NameIs{Name: "Nguyễn Văn Mầu"}, calendar.Date{})
	h.confirm(first)
	_, err := h.Confirm(t.Context(), first.ID, people.SealWith(h.signers["mai"], first))
	wantErr(t, err, people.ErrDecided)
	wantCode(t, err, "PEOPLE-DECIDED")
	_, err = h.Confirm(t.Context(), second.ID, people.SealWith(h.signers["mai"], second))
	wantErr(t, err, people.ErrStale)
	wantCode(t, err, "PEOPLE-STALE")
	h.refuse(second, "tên đã sửa ở việc trước")
	waiting, err := people.Waiting(t.Context(), h.db, "", 10)
	if err != nil || len(waiting) != 0 {
		t.Errorf("waiting = %v, %v; want none", waiting, err)
	}
	if n := h.text(`SELECT count(*)::text FROM audit.record WHERE act LIKE 'person.%' AND subject = 'person/1'`)[0]; n != "4" {
		t.Errorf("audit records = %s, want 4: two proposals, one done, one refused", n)
	}
}

func TestProposalsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p, q := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1)), h.banked(2, "Lê Văn Thử", accountOf(2))
	today := calendar.DateOf(h.now)
	account := people.Way{Method: registry.MethodAccount, BankBIN: "999001", Account: "0010000000009", Holder: "LE VAN THU"}
	tests := map[string]struct {
		change people.Change
		from   calendar.Date
		want   string
	}{
		"a name with digits":              {people.NameIs{Name: "Mẫu 2"}, today, "PEOPLE-NAME"},
		"no name":                         {people.NameIs{}, today, "PEOPLE-NAME"},
		"an id of another birth":          {people.IDIs{ID: "000063900001"}, today, "LIST-ID-YEAR"},
		"an id of another sex":            {people.IDIs{ID: "000140900001"}, today, "LIST-ID-SEX"},
		"a real id in a demo":             {people.IDIs{ID: "001040900001"}, today, "LIST-ID-REAL"},
		"a short id":                      {people.IDIs{ID: "00004090001"}, today, "LIST-ID-LENGTH"},
		"an id that is somebody's":        {people.IDIs{ID: idOf(q)}, today, "PEOPLE-ID-TAKEN"},
		"a birth tomorrow":                {people.BornOn{Birth: registry.Birth{Date: today.AddDays(1), Year: 2026, Precision: registry.PrecisionDay}, Sex: registry.Male}, today, "PEOPLE-BIRTH"},
		"a birth the id denies":           {people.BornOn{Birth: registry.Birth{Year: 1963, Precision: registry.PrecisionYear}, Sex: registry.Male}, today, "LIST-ID-YEAR"},
		"a commune that is none":          {people.LivesIn{Unit: registry.UnitKey{Code: "99999", ValidFrom: unitsNow}}, today, "PEOPLE-UNIT"},
		"a category that is none":         {people.Stands{Category: "ABC-1", State: people.Ended}, today, "PEOPLE-STANDING"},
		"a method that is none":           {people.PaidBy{Way: people.Way{Method: "thư"}}, today, "PEOPLE-METHOD"},
		"a bank that is none":             {people.PaidBy{Way: people.Way{Method: registry.MethodAccount, BankBIN: "123456", Account: "0010000000009"}}, today, "PEOPLE-BANK"},
		"an account with letters":         {people.PaidBy{Way: people.Way{Method: registry.MethodAccount, BankBIN: "999001", Account: "00I0000009"}}, today, "PEOPLE-ACCOUNT"},
		"another's account without paper": {people.PaidBy{Way: account}, today, "PEOPLE-HOLDER"},
		"an heir of the living":           {people.PaidTo{Capacity: people.Heir, Name: "Lê Văn Thử", Way: account}, today, "PEOPLE-ALIVE"},
		"a proxy with another's account":  {people.PaidTo{Capacity: people.Proxy, Name: "Phạm Văn Ba", Way: account}, today, "PEOPLE-PAYEE-HOLDER"},
		"oneself as payee":                {people.PaidTo{Capacity: people.Proxy, Name: "Nguyễn Văn Mẫu", Payee: p, Way: account}, today, "PEOPLE-PAYEE"},
		"a head of another household":     {people.PaidTo{Capacity: people.Head, Name: "Lê Văn Thử", Payee: q, Way: account}, today, "PEOPLE-NOT-MEMBER"},
		"an end of nobody":                {people.PayeeEnds{}, today, "PEOPLE-PAYEE"},
		"a household that is none":        {people.Joins{Household: 77}, today, "PEOPLE-HOUSEHOLD"},
		"leaving no household":            {people.Leaves{}, today, "PEOPLE-HOUSEHOLD"},
		"a death tomorrow":                {people.Died{}, today.AddDays(1), "PEOPLE-DEATH-DAY"},
		"a living person lives":           {people.LivesAfterAll{}, today, "PEOPLE-ALIVE"},
		"a merge with oneself":            {people.SameAs{Gone: p}, today, "PEOPLE-MERGE"},
		"a merge with nobody":             {people.SameAs{Gone: 99}, today, "PEOPLE-NO-PERSON"},
		"an undoing of no merge":          {people.NotSame{Gone: q}, today, "PEOPLE-MERGE"},
	}
	for name, tc := range tests {
		_, err := h.try(p, tc.change, tc.from)
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		t.Run(name, func(t *testing.T) { wantCode(t, err, tc.want) })
	}
	for name, tc := range map[string]struct {
		change func(*people.Proposal)
		want   string
	}{
		"nobody's record":       {func(p *people.Proposal) { p.Person = 99 }, "PEOPLE-NO-PERSON"},
		"no reason":             {func(p *people.Proposal) { p.Why = " " }, "PEOPLE-REASON"},
		"no paper":              {func(p *people.Proposal) { p.Paper.No = "" }, "PEOPLE-PAPER"},
		"a maker not in office": {func(p *people.Proposal) { p.By = "ai-do" }, "PAYOUT-SIGNER-UNKNOWN"},
	} {
		proposal := people.Proposal{Person: p, Change: people.NameIs{Name: "Nguyễn Văn Mầu"}, Paper: paper, Why: "sai chính tả", By: "lan"}
		tc.change(&proposal)
		_, err := h.Propose(t.Context(), proposal)
		t.Run(name, func(t *testing.T) { wantCode(t, err, tc.want) })
	}
	_, err := people.ReadAct(t.Context(), h.db, 99)
	wantCode(t, err, "PEOPLE-NO-ACT")
	if n := h.text(`SELECT count(*)::text FROM registry.act`)[0]; n != "0" {
		t.Errorf("acts stored = %s, want none", n)
	}
}

func TestNothingIdentifyingIsStoredInTheClear(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	h.done(p, people.IDIs{ID: "000040900777"}, calendar.Date{})
	h.done(p, people.PaidBy{Way: people.Way{Method: registry.MethodAccount, BankBIN: "999002", Account: "0020000000777", Holder: "NGUYEN VAN MAU"}}, calendar.Date{})
	h.done(p, people.PaidTo{Capacity: people.Proxy, Name: "Lê Văn Thử", ID: "000054900888",
		Way: people.Way{Method: registry.MethodAccount, BankBIN: "999001", Account: "0010000000888", Holder: "LE VAN THU"}}, calendar.Date{})
	for _, table := range []string{"registry.act", "registry.act_decision", "registry.person_fact", "registry.person", "registry.channel", "registry.payee", "audit.record"} {
		for _, secret := range []string{"000040900777", "0020000000777", "000054900888", "0010000000888"} {
			if found := h.text(fmt.Sprintf(`SELECT t::text FROM %s AS t WHERE position('%s' IN t::text) > 0`, table, secret)); len(found) > 0 {
				t.Errorf("%s holds %s in the clear: %v", table, secret, found)
			}
		}
	}
	id, err := registry.LookupID("000040900777")
	if err != nil {
		t.Fatal(err)
	}
	if got := h.text(`SELECT id::text FROM registry.person WHERE id_index = $1`, h.Keys.Index(crypt.FieldID, id)); !cmp.Equal(got, []string{"1"}) {
		t.Errorf("the new id finds %v, want person 1", got)
	}
}

func TestSensitiveCategoriesAreMasked(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	p := h.banked(1, "Nguyễn Văn Mẫu", accountOf(1))
	h.list("TET26", baDinh, "BTXH-08", p)   // HIV
	h.list("TET26", baDinh, "BTXH-06B1", p) // disability
	h.list("TET26", baDinh, "NCC-06-61", p) // injury ratio
	h.list("TET26", baDinh, "HTXH-75", p)   // age
	h.done(p, people.Stands{Category: "BTXH-08", State: people.Suspended}, calendar.Date{})
	secret, disability := "Người nhiễm HIV/AIDS thuộc hộ nghèo không thu nhập", "Người khuyết tật nặng"
	injury, age := "Thương binh 61%", "Người từ đủ 75 tuổi không lương hưu"
	mask, maskMerit := "trợ giúp xã hội", "người có công"
	for name, tc := range map[string]struct {
		who  people.Reader
		want []string // by code: BTXH-06B1, BTXH-08, HTXH-75, NCC-06-61
	}{
		"nobody":                           {people.Reader{}, []string{mask, mask, age, maskMerit}},
		"the commune's officer":            {people.Reader{ID: "lan", Role: "maker", Unit: baDinh}, []string{disability, mask, age, injury}},
		"another commune's officer":        {people.Reader{ID: "binh", Role: "approver", Unit: ngocHa}, []string{mask, mask, age, maskMerit}},
		"the accountant":                   {people.Reader{ID: "ke", Role: "accountant"}, []string{mask, mask, age, maskMerit}},
		"the department, without a reason": {people.Reader{ID: "mai", Role: "department"}, []string{disability, mask, age, injury}},
		"the department, that says why":    {people.Reader{ID: "mai", Role: "department", Why: "đơn khiếu nại 7"}, []string{disability, secret, age, injury}},
		"the auditor, who says why":        {people.Reader{ID: "kt", Role: "auditor", Why: "kiểm toán"}, []string{disability, secret, age, injury}},
	} {
		var got []string
		for _, c := range h.read(p, calendar.DateOf(h.now), h.now, tc.who).Categories {
			got = append(got, c.Shown)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s sees (-want +got):\n%s", name, diff)
		}
		list, err := people.Acts(t.Context(), h.db, p, tc.who)
		if err != nil {
			t.Fatal(err)
		}
		if shown := strings.Contains(list[0].Content, "BTXH-08"); shown != (tc.want[1] == secret) {
			t.Errorf("%s reads the act as %s", name, list[0].Content)
		}
	}
}
