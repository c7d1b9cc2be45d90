package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/registry/people"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) freshRoutes() []route {
	return []route{
		{pattern: "GET /fresh", who: readers, serve: freshPage},
		{pattern: "POST /fresh", who: sealers, serve: sealFresh},
	}
}

// sealers confirm changes of people's records; payout asks for their powers.
var sealers = []accounts.Role{accounts.Approver, accounts.Department}

// fresh are the accounts to which no money goes yet because they took another
// way's place: how many each commune has, and of one commune whom to tell and what
// each waits for.
type fresh struct {
	Unit   string // "" = the communes
	UnitVI string
	Units  []option
	Sums   []records.FreshSum
	Rows   []freshLine
	List   listing
	May    bool   // seals, as the second person
	Here   string // this view, for the form
	All    bool   // as it was sent
	Refuse bool   // the form that came back is the refusal
	Why    string
}

// freshLine is one of them with what the page says of it.
type freshLine struct {
	people.FreshAccount
	Chosen bool
	Mine   bool // the visitor brought it, and may not seal it
}

// Key names the account as it was shown: another one of the same person has
// another source.
func (l freshLine) Key() string { return fmt.Sprintf("%d-%d", l.Person, l.Source) }

// Open reports whether a second person can still say yes.
func (l freshLine) Open() bool { return !l.Confirmed && !l.Mine }

// Heading names the commune.
func (f fresh) Heading(say func(string, ...any) string) string {
	if f.Unit == "" {
		return say("fresh.title")
	}
	return say("fresh.of", f.UnitVI)
}

// Sealable are the accounts that the visitor can confirm, as far as they are shown.
func (f fresh) Sealable() []freshLine {
	return slices.DeleteFunc(slices.Clone(f.Rows), func(l freshLine) bool { return !l.Open() })
}

// Waiting are those of them that nobody refused: one that was refused is sealed by
// itself or not at all.
func (f fresh) Waiting() []freshLine {
	return slices.DeleteFunc(f.Sealable(), func(l freshLine) bool { return l.Refused })
}

// Shown are the keys of those that wait, for the form.
func (f fresh) Shown() string {
	var keys []string
	for _, l := range f.Waiting() {
		keys = append(keys, l.Key())
	}
	return strings.Join(keys, " ")
}

// fresh reads the page, and records whose data it shows.
func (v *visit) fresh() (fresh, error) {
	a := v.asked()
	f := fresh{Unit: v.unitWithin(a.text("unit")), May: v.me.Signs && slices.Contains(sealers, v.me.Role)}
	f.Units = v.unitOptions(f.Unit)
	if f.Unit == "" {
		var err error
		f.Sums, err = records.FreshSums(v.context(), v.site.DB, v.site.Now())
		return f, err
	}
	f.UnitVI, f.Here = unitWord(f.Unit), "/fresh?unit="+f.Unit
	if page := a.page(); page > 1 {
		f.Here += "&page=" + strconv.Itoa(page)
	}
	all, err := people.FreshAccounts(v.context(), v.site.DB, f.Unit, v.site.Now())
	if err != nil {
		return f, err
	}
	from := min((a.page()-1)*records.PageRows, len(all))
	for _, one := range all[from:min(from+records.PageRows, len(all))] {
		f.Rows = append(f.Rows, freshLine{FreshAccount: one, Mine: one.By == v.me.ID})
	}
	f.List = a.numbered("fresh.count", int64(len(all)), len(f.Rows), records.PageRows, nil)
	f.List.CSV = ""
	return f, pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		for _, one := range f.Rows {
			if err := people.NoteReading(ctx, tx, v.reader(), one.Person, v.site.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func freshPage(v *visit) error {
	f, err := v.fresh()
	if err != nil {
		return err
	}
	return v.show("fresh", f)
}

// sealFresh confirms accounts, or refuses one, with the visitor's own key, opened by
// the password typed for this act.
func sealFresh(v *visit) error {
	f, err := v.fresh()
	if err != nil {
		return err
	}
	f.All, f.Refuse, f.Why = v.r.PostFormValue("all") != "", v.r.PostFormValue("act") == "refuse", strings.TrimSpace(v.r.PostFormValue("why"))
	chosen, err := f.choose(v.r.PostForm["account"], strings.Fields(v.r.PostFormValue("shown")))
	if err != nil {
		return v.again("fresh", f, err, "")
	}
	field := "password"
	if f.Refuse {
		field = "refuse-password"
	}
	signer, err := v.site.accounts.Signer(v.context(), v.me.ID, v.r.PostFormValue("password"), v.source())
	if err != nil {
		return v.again("fresh", f, err, field)
	}
	if f.Refuse {
		return v.refuseFresh(f, chosen[0], signer)
	}
	done, err := v.desk().ConfirmAccounts(v.context(), chosen, func(act people.Act) crypt.Seal { return people.SealWith(signer, act) })
	if err != nil && done == 0 {
		return v.again("fresh", f, err, "")
	}
	if err != nil {
		// What was confirmed before stays so: the page is read again.
		again, fault := v.fresh()
		if fault != nil {
			return fault
		}
		return v.again("fresh", again, err, "")
	}
	return v.seeOther(f.Here, "fresh.sealed")
}

func (v *visit) refuseFresh(f fresh, person int64, signer *crypt.Signer) error {
	desk := v.desk()
	act, err := desk.AskAccount(v.context(), person)
	if err == nil {
		_, err = desk.Refuse(v.context(), act.ID, f.Why, people.SealRefusal(signer, act, f.Why))
	}
	if err != nil {
		return v.again("fresh", f, err, "")
	}
	return v.seeOther(f.Here, "fresh.refused")
}

// choose are the people whose accounts were ticked, or all that were shown and wait. One that
// is not there any more as it was shown sends the form back.
func (f *fresh) choose(ticked, shown []string) ([]int64, error) {
	if f.All && !f.Refuse {
		ticked = shown
	}
	var chosen []int64
	for _, key := range ticked {
		i := slices.IndexFunc(f.Rows, func(l freshLine) bool { return l.Key() == key && l.Open() })
		if i < 0 {
			return nil, errs.Coded(errs.Conflict, "CONSOLE-STALE", "Nội dung đã thay đổi từ khi bạn mở trang; chưa có gì được ghi. Đọc lại rồi quyết định. / "+
				"The content changed since you opened the page; nothing was recorded. Read it again and decide.", nil)
		}
		f.Rows[i].Chosen = true
		chosen = append(chosen, f.Rows[i].Person)
	}
	if len(chosen) == 0 {
		return nil, errs.Coded(errs.Invalid, "CONSOLE-CHOOSE", "Hãy chọn ít nhất một tài khoản. / Choose at least one account.", nil)
	}
	return chosen, nil
}

// wayBefore says what an account took the place of: a way of payment, or the bank of
// another account.
func wayBefore(w words, a people.FreshAccount) string {
	switch {
	case a.OldMethod == "":
		return w.say("fresh.none")
	case a.OldBIN == "":
		return wordOr(w, "method.", a.OldMethod)
	default:
		return bankWord(a.OldBIN)
	}
}

// askedMark says whether the bank named the holder since.
func askedMark(w words, a people.FreshAccount) mark {
	if a.Asked {
		return mark{Word: w.say("fresh.asked.yes"), Tone: "done", Shape: "check"}
	}
	return mark{Word: w.say("fresh.asked.no"), Tone: "doubt", Shape: "diamond"}
}

// secondMark says what the second person said.
func secondMark(w words, a people.FreshAccount) mark {
	switch {
	case a.Confirmed:
		return mark{Word: w.say("fresh.second.yes"), Tone: "done", Shape: "check"}
	case a.Refused:
		return mark{Word: w.say("fresh.second.refused"), Tone: "ended", Shape: "bar"}
	default:
		return mark{Word: w.say("fresh.second.no"), Tone: "doubt", Shape: "diamond"}
	}
}

// freshUntil is the day from which an account is old enough without anybody's word.
func freshUntil(a people.FreshAccount) calendar.Date {
	return calendar.DateOf(a.Since.AddDate(0, 0, people.FreshDays))
}
