package web

import (
	"net/http"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

// The batch of the stories, in the middle of its payment.
func storyBatch() payout.Batch {
	planned, released := storyTime.Add(-18*24*time.Hour), storyTime.Add(-17*24*time.Hour)
	return payout.Batch{ID: 13001, Programme: "TET26", Period: calendar.Must(2026, 1, 1), NameVI: "Quà Tết Bính Ngọ 2026 (dữ liệu giả lập)",
		DeclaredCount: 1_165_878, DeclaredTotal: 574_423_500_000, DecisionNo: "00/QĐ-MẪU", DecisionDate: calendar.Must(2026, 1, 26), DueDate: calendar.Must(2026, 2, 10),
		MadeBy: "can-bo-lap", MadeAt: planned, PlannedAt: &planned, PayAt: &released, ReleasedAt: &released, Digest: make([]byte, 32)}
}

// storyFigures spreads the stages over banks and three communes.
func storyFigures() records.Figures {
	var list records.Figures
	for section := int16(1); section <= 3; section++ {
		for i, key := range []bankadapters.Key{"A", "B", "P1"} {
			n := int64(section)*1_000 + int64(i)*137
			list = append(list, records.Figure{Section: section, Channel: key, State: "paid", Count: n * 90, Total: money.Amount(n * 45_000_000)},
				records.Figure{Section: section, Channel: key, State: "ordered", Count: n, Total: money.Amount(n * 500_000)},
				records.Figure{Section: section, Channel: key, State: "approved", Count: n / 2, Total: money.Amount(n * 250_000)},
				records.Figure{Section: section, Channel: key, State: "returned", Count: int64(i) * 7, Total: money.Amount(i * 3_500_000)},
				records.Figure{Section: section, Channel: key, State: "in_doubt", Count: int64(section) % 2, Total: 500_000})
		}
	}
	return list
}

func (s *site) storyBatchPage() batch {
	b, f := storyBatch(), storyFigures()
	d := batch{Batch: b, Row: records.BatchRow{ReleasedAt: b.ReleasedAt, Released: 3}, Counts: records.SectionCounts{Released: 2, Submitted: 1, Count: 1_165_878, Total: 574_423_500_000},
		Stages: f.Stages(), Left: 214, Acts: actsOf(accounts.Accountant, b, records.SectionCounts{Released: 3}, true),
		Waits: []payout.Wait{{Batch: b.ID, Channel: "B", Reason: payout.WaitGate, Detail: "năm lần không nối được / five calls failed", Since: storyTime.Add(-time.Hour), Payments: 4_120, Amount: 2_010_000_000}},
		Needs: []need{{Count: 6, Total: 4_500_000, State: "in_doubt", Key: "batch.need.doubt", Path: "/batches/13001/payments?state=in_doubt"},
			{Count: 63, Total: 31_500_000, State: "returned", Key: "batch.need.returned", Path: "/batches/13001/payments?state=returned"},
			{Count: 2, State: "rejected", Key: "batch.need.breaks"}}}
	for i, key := range []bankadapters.Key{"A", "B", "P1"} {
		names := []string{"Ngân hàng Mẫu A", "Ngân hàng Mẫu B", "Bảo hiểm xã hội Mẫu"}
		gates := []string{"open", "tripped", "open"}
		c := records.Channel{Key: key, Name: names[i], Gate: gates[i], GateWhy: "năm lần không nối được / five calls failed", Planned: 388_626, Total: 191_474_500_000, Unordered: 9, Canary: "waiting"}
		d.Channels = append(d.Channels, channelRow{Channel: c, Figures: f.At(key), Line: i != 2})
		d.Total.Planned, d.Total.Channel.Total = d.Total.Planned+c.Planned, d.Total.Channel.Total+c.Total
	}
	d.Total.Figures = f
	at := storyTime
	for i, unit := range []string{"Phường Mẫu Hoàn Kiếm", "Xã Mẫu Ba Vì", "Phường Mẫu Hai Bà Trưng"} {
		no := int16(i + 1)
		row := records.SectionRow{No: no, UnitCode: "0000" + string(rune('1'+i)), Unit: unit, Count: 388_626, Total: 191_474_500_000, State: "released", Roles: []string{"approver", "department"},
			Have: []string{"approver", "department"}, ApprovedAt: &at}
		if i == 2 {
			row.State, row.Have = "submitted", []string{"approver"}
		}
		d.Sections.Rows = append(d.Sections.Rows, sectionRow{SectionRow: row, Paid: f.Within(no).Stage("paid"), Doubt: f.Within(no).Stage("in_doubt")})
	}
	d.Sections.List, d.Sections.Count, d.Sections.Total = s.storyList("sections.count", 3, 3), 1_165_878, 574_423_500_000
	d.Sections.List.CSV = ""
	w := s.told()
	d.Sections.States = options(w.say("section.all"), "", w.pairs("section", "planned", "submitted", "approved", "released", "withdrawn")...)
	return d
}

// storyRequest stands for the request where a story needs one before it is told.
var storyRequest = func() *http.Request {
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		panic("web: the address of the stories: " + err.Error()) // a constant
	}
	return r
}()

func (s *site) batchStories() []story {
	none := s.storyBatchPage()
	none.Batch.ReleasedAt, none.Batch.PayAt, none.Batch.Digest, none.Row, none.Counts = nil, nil, nil, records.BatchRow{}, records.SectionCounts{}
	none.Stages, none.Channels, none.Needs, none.Waits, none.Left, none.Sections.Rows = nil, nil, nil, nil, 0, nil
	none.Sections.List, none.Acts = s.storyList("sections.count", 0, 0), []act{{Key: "release", Why: "act.why.unapproved"}}
	b := storyBatch()
	rows := []records.BatchRow{
		{ID: 13001, Name: b.NameVI, Programme: "TET26", Period: b.Period, DeclaredCount: b.DeclaredCount, DeclaredTotal: b.DeclaredTotal, Decision: b.DecisionNo, ReleasedAt: b.ReleasedAt, Stages: storyFigures().Stages(), Found: 3},
		{ID: 13002, Name: "Mừng thọ 2026, đợt bổ sung (dữ liệu giả lập)", Programme: "THO26", Period: b.Period, DeclaredCount: 412, DeclaredTotal: 309_500_000, Decision: "01/QĐ-MẪU", Submitted: 2, Found: 3},
		{ID: 14001, Name: "Hưu trí xã hội tháng 02/2026 (dữ liệu giả lập)", Programme: "HTXH26", Monthly: true, Period: calendar.Must(2026, 2, 1), DeclaredCount: 900, DeclaredTotal: 585_000_000, Decision: "02/QĐ-MẪU", Planned: 1, Found: 3},
	}
	w := s.told()
	choices := batches{Has: options(w.say("batches.has.all"), "", w.pairs("batches.has", batchHas...)...),
		Sorts: options(w.say("batches.sort.all"), "", w.pairs("batches.sort", batchSorts...)...), Programmes: options(w.say("batches.programme.all"), "", "TET26", "Quà Tết Bính Ngọ 2026")}
	full := choices
	full.Rows, full.List = rows, s.storyList("batches.count", 3, 3)
	list := []story{{Page: "batches", Name: "three, one of a month", Me: accounts.Accountant, Data: full},
		{Page: "batch", Name: "being paid", Me: accounts.Accountant, Data: s.storyBatchPage()}, {Page: "batch", Name: "declared", Me: accounts.Accountant, Data: none}}
	for name, says := range map[string]string{"no batch yet": w.say("batches.count.none"), "nothing found": w.say("list.nomatch.text", "mẫu"),
		"nothing filtered": w.say("list.nomatch", w.say("batches.has.closed")), "nothing for both": w.say("list.nomatch.both", "mẫu", w.say("batches.has.closed"))} {
		empty := choices
		empty.List = listing{Empty: says}
		if name != "no batch yet" {
			empty.List.Clear = "/batches"
		}
		list = append(list, story{Page: "batches", Name: name, Me: accounts.Maker, Data: empty})
	}
	for _, name := range []string{"submit", "draw", "release", "pause", "resume", "schedule"} {
		a := actForm{Batch: b, Act: name, Count: 16_378, Total: 8_201_700_000, Banks: 6, Reason: name == "pause" || name == "resume", Seen: "00", Day: "14", Month: "2", Year: "2026", Clock: "08:00"}
		switch name { // these count banks and communes, not payments
		case "draw":
			a.Count = 6
		case "submit":
			a.Count = 3
		}
		list = append(list, story{Page: "act", Name: name, Me: accounts.Accountant, Data: a})
		if name == "schedule" {
			a.At, a.Holiday = storyTime, "act.schedule.holiday"
			list = append(list, story{Page: "act", Name: "schedule on a holiday", Me: accounts.Accountant, Data: a})
		}
	}
	return sortedStories(list)
}

func (s *site) approvalStories() []story {
	at := storyTime.Add(-2 * time.Hour)
	section := payout.Section{Batch: 13002, No: 1, UnitCode: "00004", UnitValidFrom: calendar.Must(2025, 7, 1), UnitNameVI: "Phường Mẫu Hoàn Kiếm", Count: 1_212, Total: 606_000_000,
		NetCount: 1_212, NetTotal: 606_000_000, Digest: make([]byte, 32), Code: "K7QM2ZXA", State: "submitted", SubmittedBy: "can-bo-lap", SubmittedAt: &at}
	sheet := payout.ApprovalSheet{Batch: storyBatch(), Section: section, Changes: payout.Changes{More: 41, Fewer: 12, Account: 7, Outside: 3},
		Line: "Đồng ý chi 1.212 người, 606.000.000 đồng (bằng chữ: Sáu trăm linh sáu triệu đồng chẵn), tăng 41, giảm 12, đổi tài khoản 7, ngoài danh sách 3"}
	seal := records.Approval{Signer: "chu-tich-00004", Name: "Chủ tịch mẫu Phường Mẫu", Title: "Chủ tịch UBND Phường Mẫu", Role: "approver", At: at, Valid: true, Seal: make([]byte, 64)}
	a := approval{Sheet: sheet, Seen: "00", Signs: true, Row: records.SectionRow{No: 1, Roles: []string{"approver", "department"}},
		Ways: []records.Way{{Channel: "A", Name: "Ngân hàng Mẫu A", Count: 900, Total: 450_000_000}, {Channel: "P2", Name: "Xã chi tiền mặt", Count: 312, Total: 156_000_000}}}
	half := a
	half.Seals, half.Row.Have, half.Why = []records.Approval{seal}, []string{"approver"}, s.tellHalf("Bạn đã phê duyệt nội dung này; đang chờ người khác. / You approved this; others are waited for.")
	maker := a
	maker.Why = s.tellHalf("can-bo-lap không phê duyệt được Phường Mẫu Hoàn Kiếm: người lập không được phê duyệt. / can-bo-lap may not approve Phường Mẫu Hoàn Kiếm: who made it may not approve it.")
	stale := a
	stale.Changed = []change{{Key: "count", Before: 1_210, After: 1_212}, {Key: "total", Before: 605_000_000, After: 606_000_000}}
	wrong := []fieldError{{Field: "password", Text: s.tellHalf("Tên đăng nhập hoặc mật khẩu không đúng. / The name or the password is not right.")}}
	return []story{
		{Page: "section", Name: "to approve", Me: accounts.Approver, Data: a}, {Page: "section", Name: "one of two", Me: accounts.Approver, Data: half, Done: "approved.more"},
		{Page: "section", Name: "the maker", Me: accounts.Maker, Data: maker}, {Page: "section", Name: "wrong password", Me: accounts.Approver, Data: a, Errors: wrong, Status: http.StatusForbidden},
		{Page: "section", Name: "stale form", Me: accounts.Approver, Data: stale, Status: http.StatusConflict, Errors: []fieldError{{Text: s.tellHalf("Nội dung đã thay đổi từ khi bạn mở trang; chưa có gì được ghi. / The content changed since you opened the page; nothing was recorded.")}}},
		{Page: "sheet", Name: "paper", Me: accounts.Approver, Data: half},
	}
}

func (s *site) stopStories() []story {
	at := storyTime.Add(-20 * time.Minute)
	probe := storyTime.Add(time.Minute)
	gates := []records.Gate{{Channel: "A", Name: "Ngân hàng Mẫu A", State: "open", Open: 4, Total: 2_000_000_000},
		{Channel: "B", Name: "Ngân hàng Mẫu B", State: "tripped", Why: "năm lần không nối được / five calls failed", Since: at, Probe: &probe, Open: 1, Total: 12_000_000}}
	stopped := payout.StopState{Stopped: true, Why: "Nghi tệp danh sách bị sửa", By: "ke-toan-truong", At: &at}
	waiting := stopped
	waiting.LiftBy, waiting.LiftWhy, waiting.LiftAt = "ke-toan-truong", "đã đối chiếu mã băm với bản giấy", &at
	return []story{
		{Page: "stop", Name: "running", Me: accounts.Accountant, Data: stop{MayPull: true, MayLift: true, Gates: gates}},
		{Page: "stop", Name: "asks", Me: accounts.Operator, Data: stop{MayPull: true, Ask: true, Why: "Nghi tệp danh sách bị sửa", Gates: gates}},
		{Page: "stop", Name: "stopped", Me: accounts.Accountant, Data: stop{State: stopped, MayPull: true, MayLift: true, Gates: gates}, Stopped: stopped.Why},
		{Page: "stop", Name: "second person", Me: accounts.Department, Data: stop{State: waiting, MayLift: true, Gates: gates}, Stopped: stopped.Why},
		{Page: "stop", Name: "first of two", Me: accounts.Accountant, Data: stop{State: waiting, MayLift: true, Mine: true, Gates: gates}, Stopped: stopped.Why},
		{Page: "stop", Name: "only looks", Me: accounts.Maker, Data: stop{State: stopped, Gates: gates}, Stopped: stopped.Why},
	}
}

func (s *site) paymentStories() []story {
	birth, sent := 1948, storyTime.Add(-16*24*time.Hour)
	w := s.told()
	d := payments{Batch: storyBatch(), Units: options(w.say("payments.unit.all"), "", "1", "Phường Mẫu Hoàn Kiếm"),
		Channels: options(w.say("payments.channel.all"), "", "A", "Ngân hàng Mẫu A"), States: options(w.say("payments.state.all"), "")}
	states := []string{"none", "approved", "ordered", "out", "listed", "in_doubt", "paid", "rejected", "returned", "not_executed", "withdrawn", "unpaid", "handed", "brought_back", "ended"}
	for i := range int64(records.PageSize) {
		d.Page.Rows = append(d.Page.Rows, records.PaymentRow{No: i + 1, Section: 1, Unit: "Phường Mẫu Hoàn Kiếm", Channel: "A", Name: "Nguyễn Thị Mẫu Thử", Birth: &birth, Tail: "0042", Amount: 500_000,
			State: states[int(i)%len(states)], Attempt: int16(1 + i%3), Since: &sent, Fact: map[int64]string{5: "held", 8: "barred"}[i]})
	}
	d.List = s.storyList("payments.count", 1_165_878, records.PageSize)
	empty, cut := d, d
	empty.Page, empty.List = records.PaymentPage{}, s.storyList("payments.count", 0, 0, "Ngân hàng Mẫu A")
	cut.Page, cut.GoOn, cut.List = records.PaymentPage{Cut: 8_000}, "/batches/13001/payments?state=ordered&after=8000", listing{pager: pager{First: "/batches/13001/payments?state=ordered"}}
	month := calendar.Must(2026, 1, 1)
	p := payment{May: true, Desk: true, Trail: records.Trail{Batch: 13001, Payment: 17, Amount: 500_000, Channel: "A", BIN: "999001", Unit: "Phường Mẫu Hoàn Kiếm", Section: 1, Account: "…0042", Holder: "NGUYEN THI MAU THU",
		Shown: "in_doubt", BatchName: storyBatch().NameVI, Name: "Nguyễn Thị Mẫu Thử", Birth: &birth,
		Entitlements: []records.Entitlement{{Programme: "TET26", Month: month, Amount: 500_000, Basis: "Nghị quyết mẫu số 00/2026/NQ-HĐND"}},
		Attempts:     []records.Attempt{{Attempt: 1, ID: "U7E10A15000001122K", Channel: "A", Message: "U7E1000001A1B2C3", State: payout.InDoubt, Sent: &sent, Order: 1}},
		Facts:        []records.Fact{{Attempt: 1, Kind: "doubt", Why: "hết giờ chờ / timeout", Opened: sent}},
		Answers:      []records.Answer{{Kind: "status", Outcome: "known=false", Times: 12, First: sent, Last: storyTime}, {Kind: "submit", Outcome: "unknown", Code: "TIMEOUT", Times: 1, First: sent, Last: sent}},
		Evidence:     []records.Evidence{{Attempt: 1, Channel: "A", File: "camt053-20260127.xml", Line: 42, Received: sent, Kind: "debit_booked", Action: "book", Amount: 500_000, Booked: &month}},
		Breaks:       []records.PaymentBreak{{ID: 3, Reason: "second_debit", Amount: 500_000, Opened: sent, Owner: "ke-toan-truong"}},
		Withdrawals:  []records.Withdrawal{{Attempt: 1, At: storyTime, Kind: "cash"}}}}
	p.Steps = stepsOf([]ledger.TrailLine{{Seq: 1, Leg: ledger.LegApproved, Amount: 500_000, AccountingDate: month, PostedAt: sent, Text: "Phê duyệt chi", ChainNo: 12, Debit: "1371", Credit: "3388.N"},
		{Seq: 2, About: 1, Attempt: 1, Leg: ledger.LegOrdered, Amount: 500_000, AccountingDate: month, PostedAt: sent, Text: "Phát lệnh", Debit: "1132.A", Credit: "1121.A"}})
	revealed := p
	revealed.Account = crypt.Secret("9990010000000042").Reveal()
	bare := payment{Trail: records.Trail{Batch: 13002, Payment: 1, Amount: 300_000, Channel: "P1", Unit: "Xã Mẫu Ba Vì", Section: 2, Shown: "none", BatchName: "Đợt mẫu", Name: "Trần Văn Thử"}}
	return []story{{Page: "payments", Name: "a full page", Me: accounts.Accountant, Data: d}, {Page: "payments", Name: "nothing fits", Me: accounts.Accountant, Data: empty},
		{Page: "payments", Name: "walked 8,000", Me: accounts.Accountant, Data: cut}, {Page: "payment", Name: "in doubt", Me: accounts.Accountant, Data: p},
		{Page: "payment", Name: "account shown", Me: accounts.Accountant, Data: revealed}, {Page: "payment", Name: "not approved", Me: accounts.Department, Data: bare}}
}
