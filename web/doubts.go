package web

import (
	"fmt"
	"strconv"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/payout"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) doubtRoutes() []route {
	return []route{
		{pattern: "GET /doubts", who: desk, serve: doubtsPage},
		{pattern: "GET /submissions/{no}", who: desk, serve: submissionPage},
		{pattern: "POST /submissions/{no}/ask", who: gatekeepers, serve: askNow},
	}
}

// doubts is everything nobody knows the end of, oldest first.
type doubts struct {
	Rows  []records.Doubt
	Banks []option
	List  listing
	Total money.Amount
}

// Live is true: answers come at any time.
func (doubts) Live() bool { return true }

func doubtsPage(v *visit) error {
	a := v.asked()
	bank := bankadapters.Key(a.text("bank"))
	after, want := records.DoubtKey{Submission: a.number("after")}, 0
	if at, err := time.Parse(time.RFC3339Nano, a.text("since")); err == nil {
		after.Since = at
	}
	if a.wantsFile() {
		after, want = records.DoubtKey{}, records.CountMax
	}
	page, err := records.Doubts(v.context(), v.site.DB, bank, after, want, v.site.Now())
	if err != nil {
		return err
	}
	d := doubts{Rows: page.Rows, Total: page.Total}
	if d.Banks, _, err = v.bankOptions(bank); err != nil {
		return err
	}
	next := []string{"since", "", "after", ""}
	if n := len(page.Rows); n > 0 {
		next[1], next[3] = page.Rows[n-1].Since.Format(time.RFC3339Nano), strconv.FormatInt(page.Rows[n-1].Submission, 10)
	}
	// Payments are counted, rows are submissions: there are never too many for a file.
	d.List = a.describe("doubts.count", v.format().count(page.Payments), min(page.Payments, records.CountMax), len(page.Rows), chosen(d.Banks), page.More, next...)
	if !a.wantsFile() {
		return v.show("doubts", d)
	}
	w := v.words()
	head := []string{w.say("submission"), w.say("batch"), w.say("bank"), w.say("submission.message"), w.say("list.payments"), w.say("total.dong"), w.say("doubts.since"),
		w.say("doubts.why"), w.say("doubts.missing")}
	return a.file("dang-hoi-lai", d.List, head, func(emit func(...any)) error {
		for _, one := range page.Rows {
			missing := ""
			for _, m := range one.Missing {
				missing += w.say("missing."+string(m)) + "; "
			}
			emit(one.Submission, int32(one.Batch), one.BankVI, string(one.Message), one.Payments, one.Total, one.Since, one.Why, missing)
		}
		return nil
	})
}

// submission is one message to a bank with its answers, vouchers and the
// payments of it that are in doubt.
type submission struct {
	records.Submission
	Answers  []records.SubmissionAnswer
	MoreSaid bool
	Vouchers []records.OrderVoucher
	Doubtful []records.DoubtPayment
	Next     string
	MayAsk   bool
	Waits    bool // for an answer
}

// Heading names it.
func (s submission) Heading(say func(string, ...any) string) string {
	return say("submission.title", strconv.FormatInt(s.No, 10))
}

func submissionPage(v *visit) error {
	no, err := v.pathNumber("no")
	if err != nil {
		return err
	}
	a := v.asked()
	s := submission{MayAsk: v.me.Role == accounts.Accountant || v.me.Role == accounts.Department}
	if s.Submission, err = records.ReadSubmission(v.context(), v.site.DB, no); err != nil {
		return err
	}
	s.Waits = s.State == payout.InDoubt || s.State == payout.Accepted
	if s.Answers, s.MoreSaid, err = records.SubmissionAnswers(v.context(), v.site.DB, no, 20); err != nil {
		return err
	}
	if s.Vouchers, _, err = records.OrderVouchers(v.context(), v.site.DB, no, 100); err != nil {
		return err
	}
	var more bool
	if s.Doubtful, more, err = records.DoubtPayments(v.context(), v.site.DB, no, int32(a.number("place")), 0); err != nil {
		return err
	}
	if more {
		s.Next = a.with("place", strconv.Itoa(int(s.Doubtful[len(s.Doubtful)-1].Place)))
	}
	return v.show("submission", s)
}

func askNow(v *visit) error {
	no, err := v.pathNumber("no")
	if err != nil {
		return err
	}
	if err := payout.AskNow(v.context(), v.site.DB, no, v.me.ID, v.site.Now()); err != nil {
		return err
	}
	return v.seeOther(fmt.Sprintf("/submissions/%d", no), "asked")
}
