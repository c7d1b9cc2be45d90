package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) actRoutes() []route {
	who := []accounts.Role{accounts.Maker, accounts.Accountant}
	return []route{
		{pattern: "GET /batches/{batch}/{act}", who: who, serve: actPage},
		{pattern: "POST /batches/{batch}/{act}", who: who, serve: doAct},
	}
}

// actForm is an act on a batch before it is done: its effect in numbers and one
// sentence, what is still asked, and a fingerprint of what it was drawn from.
type actForm struct {
	Batch   payout.Batch
	Act     string
	Count   int64 // payments or sections it touches
	Total   money.Amount
	Banks   int
	Reason  bool // asks why
	Why     string
	Seen    string
	Day     string
	Month   string
	Year    string
	Clock   string
	At      time.Time // set once the schedule was read: asks to confirm
	Holiday string    // key of the warning, or ""
}

// Heading names the act.
func (a actForm) Heading(say func(string, ...any) string) string { return say("act." + a.Act) }

// mayAct says whether a role does the act at all; payout decides the rest.
func mayAct(role accounts.Role, act string) bool {
	if role == accounts.Maker {
		return act == "submit"
	}
	return slices.Contains([]string{"draw", "release", "schedule", "pause", "resume"}, act)
}

func (v *visit) actForm() (actForm, error) {
	a := actForm{Act: v.r.PathValue("act")}
	if !mayAct(v.me.Role, a.Act) {
		return a, errNoPage(v.r.URL.Path)
	}
	b, counts, err := v.ownBatch()
	if err != nil {
		return a, err
	}
	a.Batch, a.Reason = b, a.Act == "pause" || a.Act == "resume"
	figures, err := records.ReadFigures(v.r.Context(), v.site.DB, b.ID)
	if err != nil {
		return a, err
	}
	waiting := figures.Stage("approved")
	a.Count, a.Total = waiting.Count, waiting.Total
	if a.Act == "submit" {
		a.Count, a.Total = counts.Planned, counts.Total
	}
	channels := map[string]bool{}
	for _, f := range figures.In("approved") {
		channels[string(f.Channel)] = true
	}
	a.Banks = len(channels)
	if a.Act == "draw" {
		if a.Count, a.Total, err = shortOf(v.r.Context(), v.site.DB, b.ID); err != nil {
			return a, err
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %+v %d %d %t %v", b.ID, a.Act, counts, a.Count, a.Total, b.Paused, b.ReleasedAt != nil))
	a.Seen = hex.EncodeToString(sum[:8])
	tomorrow := calendar.DateOf(v.site.Now()).AddDays(1)
	a.Day, a.Month, a.Year, a.Clock = strconv.Itoa(tomorrow.Day()), strconv.Itoa(int(tomorrow.Month())), strconv.Itoa(tomorrow.Year()), "08:00"
	return a, nil
}

// shortOf is at how many channels what was approved is not drawn yet, and how much.
func shortOf(ctx context.Context, db pgdb.Querier, batch ledger.BatchID) (channels int64, short money.Amount, err error) {
	needs, err := payout.NeedByChannel(ctx, db, batch)
	for _, n := range needs {
		if n.Short() > 0 {
			channels++
			short += n.Short()
		}
	}
	return channels, short, err
}

func actPage(v *visit) error {
	a, err := v.actForm()
	if err != nil {
		return err
	}
	return v.show("act", a)
}

func doAct(v *visit) error {
	a, err := v.actForm()
	if err != nil {
		return err
	}
	a.Why = strings.TrimSpace(v.r.PostFormValue("why"))
	if v.r.PostFormValue("seen") != a.Seen {
		return v.again("act", a, errs.Coded(errs.Conflict, "CONSOLE-STALE", "Nội dung đã thay đổi từ khi bạn mở trang; chưa có gì được ghi. Đọc lại rồi quyết định. / "+
			"The content changed since you opened the page; nothing was recorded. Read it again and decide.", nil), "")
	}
	if a.Reason && a.Why == "" {
		return v.again("act", a, errs.Coded(errs.Invalid, "PAYOUT-REASON", "Việc này cần ghi lý do. / This needs a reason.", nil), "why")
	}
	ctx, db, id, now := v.r.Context(), v.site.DB, a.Batch.ID, v.site.Now()
	switch a.Act {
	case "submit":
		_, err = payout.Submit(ctx, db, id, nil, v.me.ID, now)
	case "draw":
		_, err = payout.DrawNeeds(ctx, db, id, v.me.ID, now)
	case "release":
		err = payout.Release(ctx, db, id, v.me.ID, now)
	case "pause":
		err = payout.PauseBatch(ctx, db, id, a.Why, v.me.ID, now)
	case "resume":
		err = payout.ResumeBatch(ctx, db, id, a.Why, v.me.ID, now)
	case "schedule":
		return v.schedule(a)
	}
	if err != nil {
		return v.again("act", a, err, "")
	}
	return v.seeOther(fmt.Sprintf("/batches/%d", id), a.Act)
}

// schedule reads day and hour, asks once more with what the calendar says of
// that day, then sets it.
func (v *visit) schedule(a actForm) error {
	a.Day, a.Month, a.Year, a.Clock = v.r.PostFormValue("day"), v.r.PostFormValue("month"), v.r.PostFormValue("year"), v.r.PostFormValue("clock")
	day, errDay := strconv.Atoi(strings.TrimSpace(a.Day))
	month, errMonth := strconv.Atoi(strings.TrimSpace(a.Month))
	year, errYear := strconv.Atoi(strings.TrimSpace(a.Year))
	date, errDate := calendar.New(year, time.Month(month), day)
	hour, errClock := time.Parse("15:04", strings.TrimSpace(a.Clock))
	if errDay != nil || errMonth != nil || errYear != nil || errDate != nil || errClock != nil {
		return v.again("act", a, errs.Coded(errs.Invalid, "CONSOLE-TIME", "Ngày giờ chưa đúng: ghi ngày, tháng, năm bằng số và giờ dạng 08:00. / "+
			"The date or time is not right: write day, month and year in digits and the time like 08:00.", nil), "day")
	}
	a.At = date.At(hour.Hour(), hour.Minute())
	if !calendar.Vietnam().IsBusinessDay(date) {
		a.Holiday = "act.schedule.holiday"
	}
	if a.At.Before(v.site.Now()) {
		a.Holiday = "act.schedule.past"
	}
	if v.r.PostFormValue("confirm") == "" {
		return v.show("act", a)
	}
	if _, _, err := payout.Schedule(v.r.Context(), v.site.DB, payout.ScheduleOrder{Batch: a.Batch.ID, At: a.At, By: v.me.ID}, v.site.Now()); err != nil {
		return v.again("act", a, err, "")
	}
	return v.seeOther(fmt.Sprintf("/batches/%d", a.Batch.ID), "schedule")
}
