package web

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/web/records"
)

// assigning is who has a row, who had it, and the form that gives it to somebody
// else or until another day. The rule is payout's: of those in office, and a deadline
// moves to a later day twice, further only by the department.
type assigning struct {
	Before []records.RowAssigned
	Owners []option // none where the visitor does not decide
	Due    string   // as typed
}

// Postponed is how often the deadline moved to a later day.
func (a assigning) Postponed() int64 {
	n := int64(0)
	for _, one := range a.Before {
		if one.Postponed {
			n++
		}
	}
	return n
}

// Last reports whether no more delay is for anybody but the department.
func (a assigning) Last() bool { return a.Postponed() >= payout.PostponedMax }

func (v *visit) assigning(r refusal, ref registry.RowRef) (a assigning, err error) {
	if a.Before, err = records.RowAssignments(v.context(), v.site.DB, ref); err != nil || !r.May || !r.Open() {
		return a, err
	}
	people, err := records.Owners(v.context(), v.site.DB, r.Unit, calendar.DateOf(v.site.Now()))
	a.Owners = options(v.words().say("assign.same", r.Waits[0].Owner), strings.TrimSpace(v.r.PostFormValue("owner")), pairsOf(people)...)
	return a, err
}

// assignRow gives a row another owner, another deadline, or both; it stays open.
func assignRow(v *visit) error {
	r, ref, err := v.refusal()
	if err != nil {
		return err
	}
	r.Act, r.Why, r.Give.Due = "assign", strings.TrimSpace(v.r.PostFormValue("why")), strings.TrimSpace(v.r.PostFormValue("due"))
	a := payout.RowsAssignment{Rows: payout.OpenRowFilter{Rows: []registry.RowRef{ref}}, Owner: strings.TrimSpace(v.r.PostFormValue("owner")), Why: r.Why, By: v.me.ID}
	if r.Give.Due != "" {
		if a.Due, err = calendar.ParseVietnamese(r.Give.Due); err != nil {
			return v.again("refusal", r, errs.Coded(errs.Invalid, "CONSOLE-DAY", "Ngày phải theo dạng 17/02/2026. / A date is written like 17/02/2026.", err), "assign-due")
		}
	}
	err = pgdb.InTx(v.context(), v.site.DB, func(ctx context.Context, tx pgx.Tx) error {
		_, err := payout.AssignRows(ctx, tx, a, v.site.Now())
		return err
	})
	if err != nil {
		return v.again("refusal", r, err, "")
	}
	return v.seeOther(v.r.URL.Path[:strings.LastIndexByte(v.r.URL.Path, '/')], "row.assign")
}
