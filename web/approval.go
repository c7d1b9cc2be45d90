package web

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/web/records"
)

func (s *site) approvalRoutes() []route {
	return []route{
		{pattern: "GET /batches/{batch}/sections/{section}", who: readers, serve: sectionPage},
		{pattern: "GET /batches/{batch}/sections/{section}/sheet", who: readers, serve: sheetPage},
		{pattern: "POST /batches/{batch}/sections/{section}/approve", who: readers, serve: approve},
	}
}

// approval is a section as its approver reads it: what would be agreed to, who
// agreed so far, and the form or the reason why there is none.
type approval struct {
	Sheet   payout.ApprovalSheet
	Row     records.SectionRow
	Seals   []records.Approval
	Ways    []records.Way
	Stages  []records.Stage
	Why     string // the refusal in place of the form, or ""
	Signs   bool   // the visitor has a key: show form or refusal
	Seen    string // fingerprint of the sheet, carried by the form
	Changed []change
}

// change is a number that is not what the form was drawn from.
type change struct {
	Key    string
	Before int64
	After  int64
}

// Heading is the unit's name.
func (a approval) Heading(func(string, ...any) string) string { return a.Sheet.Section.UnitNameVI }

// seenNumbers are what the form carries beside the fingerprint, so that a stale
// one can say what changed.
func (a approval) seenNumbers() map[string]int64 {
	s := a.Sheet
	return map[string]int64{"count": s.Section.Count, "total": int64(s.Section.Total), "more": s.Changes.More, "fewer": s.Changes.Fewer,
		"account": s.Changes.Account, "outside": s.Changes.Outside}
}

// Numbers are seenNumbers for the template, in order.
func (a approval) Numbers() []change {
	var list []change
	for _, key := range []string{"count", "total", "more", "fewer", "account", "outside"} {
		list = append(list, change{Key: key, After: a.seenNumbers()[key]})
	}
	return list
}

func fingerprint(sheet payout.ApprovalSheet) string {
	sum := sha256.Sum256(sheet.Content())
	return hex.EncodeToString(sum[:])
}

// ownSection reads the section of the address, if the visitor may know of it.
func (v *visit) ownSection() (payout.ApprovalSheet, error) {
	id, err := v.batchID()
	if err != nil {
		return payout.ApprovalSheet{}, err
	}
	no, err := strconv.ParseInt(v.r.PathValue("section"), 10, 16)
	if err != nil {
		return payout.ApprovalSheet{}, errNoPage(v.r.URL.Path)
	}
	sheet, err := payout.ReadApprovalSheet(v.r.Context(), v.site.DB, id, int16(no))
	if err == nil && v.me.UnitCode != "" && v.me.UnitCode != sheet.Section.UnitCode {
		return payout.ApprovalSheet{}, errNoPage(v.r.URL.Path)
	}
	return sheet, err
}

func (v *visit) approval(sheet payout.ApprovalSheet) (approval, error) {
	ctx, db, s := v.r.Context(), v.site.DB, sheet.Section
	a := approval{Sheet: sheet, Seen: fingerprint(sheet), Signs: v.me.Signs}
	var err error
	if a.Seals, err = records.Approvals(ctx, db, s.Batch, s.No); err != nil {
		return a, err
	}
	if a.Ways, err = records.Ways(ctx, db, s.Batch, s.No); err != nil {
		return a, err
	}
	figures, err := records.ReadFigures(ctx, db, s.Batch)
	if err != nil {
		return a, err
	}
	a.Stages = figures.Within(s.No).Stages()
	roles, err := payout.Ladder(ctx, db, s.Total)
	if err != nil {
		return a, err
	}
	a.Row = records.SectionRow{No: s.No, Roles: roles, State: s.State}
	mine := false
	for _, seal := range a.Seals {
		if seal.Valid {
			a.Row.Have = append(a.Row.Have, seal.Role)
			mine = mine || seal.Signer == v.me.ID
		}
	}
	if !a.Signs {
		return a, nil
	}
	refusal := payout.MayApprove(ctx, db, sheet.Batch, s, v.me.ID, v.site.Now())
	switch kind, text := errs.Read(refusal); {
	case refusal == nil && mine:
		a.Why = v.site.words[v.lang].say("approve.mine")
	case refusal == nil:
	case kind == errs.Internal:
		return a, refusal
	default:
		a.Why = half(text, v.lang)
	}
	return a, nil
}

func sectionPage(v *visit) error { return v.approvalPage("section") }

// sheetPage is the paper: the same sentence, code and digest, with room to sign.
func sheetPage(v *visit) error { return v.approvalPage("sheet") }

func (v *visit) approvalPage(page string) error {
	sheet, err := v.ownSection()
	if err != nil {
		return err
	}
	a, err := v.approval(sheet)
	if err != nil {
		return err
	}
	return v.show(page, a)
}

// approve seals the section with the visitor's own key, opened by the password
// typed for this act. A form drawn from another content comes back and says what
// changed.
func approve(v *visit) error {
	sheet, err := v.ownSection()
	if err != nil {
		return err
	}
	a, err := v.approval(sheet)
	if err != nil {
		return err
	}
	if v.r.PostFormValue("seen") != a.Seen {
		a.Changed = v.changes(a)
		return v.again("section", a, errs.Coded(errs.Conflict, "CONSOLE-STALE", "Nội dung đã thay đổi từ khi bạn mở trang; chưa có gì được ghi. Đọc lại rồi quyết định. / "+
			"The content changed since you opened the page; nothing was recorded. Read it again and decide.", nil), "")
	}
	if a.Why != "" {
		return v.again("section", a, payout.MayApprove(v.r.Context(), v.site.DB, sheet.Batch, sheet.Section, v.me.ID, v.site.Now()), "")
	}
	signer, err := v.site.accounts.Signer(v.r.Context(), v.me.ID, v.r.PostFormValue("password"), v.source())
	if err != nil {
		return v.again("section", a, err, "password")
	}
	seal, err := payout.SealWith(signer)(sheet)
	if err != nil {
		return err
	}
	done, err := payout.Approve(v.r.Context(), v.site.DB, sheet.Section.Batch, sheet.Section.No, seal, v.site.Now())
	if err != nil {
		return v.again("section", a, err, "")
	}
	message := "approved"
	if len(done.Missing) > 0 {
		message = "approved.more"
	}
	return v.seeOther(sectionPath(sheet.Section.Batch, sheet.Section.No), message)
}

func sectionPath(batch ledger.BatchID, no int16) string {
	return "/batches/" + strconv.Itoa(int(batch)) + "/sections/" + strconv.Itoa(int(no))
}

// changes compares the numbers that the form carried with those of now.
func (v *visit) changes(a approval) []change {
	var list []change
	for _, c := range a.Numbers() {
		before, err := money.ParseExact(v.r.PostFormValue("seen." + c.Key))
		if err == nil && int64(before) != c.After {
			c.Before = int64(before)
			list = append(list, c)
		}
	}
	return list
}
