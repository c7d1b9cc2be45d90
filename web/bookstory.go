package web

import (
	"time"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/ledger"
	"ansinh/reports/filing"
	"ansinh/timeliness"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

func (s *site) bookStories() []story {
	w := s.told()
	t := trialBalance{Books: options(w.say("books.all"), "", "9990001", "9990001 Sở Nội vụ Mẫu"), Head: "204-" + storyHash}
	t.add([]ledger.Balance{
		{Account: 1, Book: "9990001", Code: "1371.TET26", NameVI: "Phải thu kinh phí ủy quyền từ ngân sách nhà nước", Debit: storyAmounts[0], Credit: storyAmounts[1]},
		{Account: 2, Book: "9990001", Code: "3388.N.TET26", NameVI: "Phải trả người hưởng theo danh sách được duyệt", Debit: storyAmounts[1], Credit: storyAmounts[0]},
		{Account: 3, Book: "9990001", Code: "008211", NameVI: "Dự toán đã rút, chưa quyết toán", OffBook: true, Credit: storyAmounts[2]},
	})
	t.List = s.storyList("books.count", 3, 0)
	broken := t
	broken.Balance, broken.Off, broken.Date = false, nil, "31/02"
	a := account{Account: records.Account{ID: 2, BookCode: "9990001", BookVI: "Sở Nội vụ Mẫu", Code: "3388.N.TET26", Prescribed: "3388", NameVI: "Phải trả người hưởng", Opening: -storyAmounts[2], Debit: storyAmounts[1], Credit: storyAmounts[0]},
		Before: -storyAmounts[2], From: "01/02/2026", List: s.storyList("acc.count", 204, 2),
		Rows: []records.Movement{{Voucher: 202602000000002, ChainNo: 2, Date: calendar.Must(2026, 2, 2), Posted: storyTime, Kind: "approved", Text: "Phê duyệt chi đợt 13001, Phường Mẫu Hoàn Kiếm", Credit: 9_800_000, Balance: -9_800_000},
			{Voucher: 202602000000171, Date: calendar.Must(2026, 2, 4), Posted: storyTime, Kind: "reconciliation", Text: "Đối chiếu A, tệp 59", Debit: 9_300_000, Balance: -500_000}}}
	hash := []byte("0123456789abcdef0123456789abcdef")
	v := voucher{Voucher: records.Voucher{ID: 202602000000171, Key: "file/59/1-9412/13001010002", BookCode: "9990001", BookVI: "Sở Nội vụ Mẫu", Kind: "reconciliation", Date: calendar.Must(2026, 2, 4), Posted: storyTime,
		Text: "Đối chiếu A, tệp 59, dòng 1-9412", Batch: 13001, Order: 13001010002, Cause: 7, Lines: 9_412, Root: hash, Digest: hash, ChainNo: 171, PrevHash: hash, Hash: hash, Sealed: ago(time.Hour), CauseFile: 59, CausePosition: 1,
		Totals: []records.VoucherTotal{{Account: 2, Code: "3388.N.TET26", NameVI: "Phải trả người hưởng", Debit: 4_706_000_000}, {Account: 4, Code: "113.A.sent", NameVI: "Tiền đang chuyển", Credit: 4_706_000_000}}},
		List: s.storyList("voucher.count", 9_412, 50),
		Rows: []records.VoucherLine{{Batch: 13001, Payment: 740, Seq: 3, Leg: ledger.LegPaidSent, Amount: 500_000, DebitID: 2, Debit: "3388.N.TET26", CreditID: 4, Credit: "113.A.sent", Submission: 13001010002, File: 59, Position: 1},
			{Payment: 202602000000171, Seq: 1, Amount: 500_000, Red: true, DebitID: 5, Debit: "008211", CreditID: 6, Credit: "000"}}}
	v.Sums[0], v.Sums[1] = 4_706_000_000, 4_706_000_000
	fresh := v
	fresh.ChainNo, fresh.Sealed, fresh.CauseFile, fresh.Order, fresh.ReversedBy = 0, nil, 0, 0, 202602000000199
	return []story{
		{Page: "books", Name: "balanced", Me: accounts.Accountant, Data: t},
		{Page: "books", Name: "not balanced", Me: accounts.Auditor, Data: broken, Errors: []fieldError{{Field: "date", Text: s.told().say("list.date.wrong", "31/02")}}},
		{Page: "books", Name: "nothing yet", Me: accounts.Auditor, Data: trialBalance{Books: t.Books, List: s.storyList("books.count", 0, 0)}},
		{Page: "ledgeraccount", Name: "movements", Me: accounts.Accountant, Data: a},
		{Page: "ledgeraccount", Name: "nothing moved", Me: accounts.Accountant, Data: account{Account: a.Account, List: s.storyList("acc.count", 0, 0)}},
		{Page: "voucher", Name: "sealed", Me: accounts.Auditor, Data: v},
		{Page: "voucher", Name: "not in the chain yet", Me: accounts.Accountant, Data: fresh},
	}
}

func (s *site) timelinessStories() []story {
	pc := func(n timeliness.Percent) *timeliness.Percent { return &n }
	day := func(n int) *int { return &n }
	all := timeliness.Line{Dimension: timeliness.All, People: 1_020_400, Payments: 1_165_878, Credited: timeliness.Clock{Reached: 1_009_312, Median: day(1), P90: day(3)}, Presumed: 410, Covered: 402_118, CoveredShare: 394, Median: day(3), P90: day(14)}
	for d := 0; d <= 20; d++ {
		s := timeliness.Share{Days: d, Lowest: timeliness.Percent(min(300, 20*d)), Highest: timeliness.Percent(min(985, 400+60*d))}
		if d <= 17 {
			s.Curve = pc(timeliness.Percent(min(910, 90*d)))
		}
		all.Daily = append(all.Daily, s)
	}
	for _, d := range timeliness.Horizons {
		if d > 20 {
			all.Shares = append(all.Shares, timeliness.Share{Days: d, Pending: true})
			continue
		}
		all.Shares = append(all.Shares, all.Daily[d])
	}
	commune := all
	commune.Dimension, commune.Name, commune.People, commune.FewHidden = timeliness.Commune, "Phường Mẫu Hoàn Kiếm", 212, true
	uncovered := commune
	uncovered.Name, uncovered.CurveHidden = "Xã Mẫu Ba Vì", true
	table := &timeliness.Table{Batch: 13001, Name: "Quà Tết Bính Ngọ 2026", Due: calendar.Must(2026, 1, 27), Computed: storyTime, Through: calendar.Must(2026, 2, 12),
		Sources: []timeliness.Source{{Channel: "A", Name: "Ngân hàng Mẫu A", Scope: "mọi tài khoản mở tại ngân hàng", From: calendar.Must(2026, 1, 27), To: calendar.Must(2026, 2, 12), Covered: 402_118}}}
	w := s.told()
	p := waits{Batches: []option{{Value: "13001", Word: "13001 · Quà Tết Bính Ngọ 2026", Chosen: true}}, Batch: 13001, Name: table.Name, Table: table, All: all, Curve: drawCurve(all), Least: timeliness.PeopleMin, Hidden: 1,
		Filed: &records.Filed{ID: 3, Head: "204-2f6b1b", Files: []records.FiledFile{{N: 1, Name: "thoi-gian-nhan-tien-dot-13001.json", SHA256: storyHash}}},
		Rows:  []timeliness.Line{commune, uncovered, {Dimension: timeliness.Commune, Name: "Xã Mẫu Sóc Sơn", Suppressed: true}}, List: s.storyList("time.count.commune", 126, 50)}
	for _, d := range dimensions {
		p.By = append(p.By, option{Value: "?by=" + string(d), Word: w.say("time.by." + string(d)), Chosen: d == timeliness.Commune})
	}
	few := p
	few.All = timeliness.Line{Dimension: timeliness.All, Suppressed: true}
	few.List, few.Curve, few.Rows, few.Table = s.storyList("time.count.commune", 0, 0), chart{}, nil, &timeliness.Table{Due: table.Due, Through: table.Through, Computed: storyTime}
	return []story{
		{Page: "timeliness", Name: "computed", Me: accounts.Department, Data: p},
		{Page: "timeliness", Name: "fewer than ten people", Me: accounts.Department, Data: few},
		{Page: "timeliness", Name: "being computed", Me: accounts.Auditor, Data: waits{Batches: p.Batches, Batch: 13001, Asked: &records.Filed{Asked: storyTime}}},
		{Page: "timeliness", Name: "no batch", Me: accounts.Maker, Data: waits{}},
	}
}

func (s *site) reportStories() []story {
	w := s.told()
	made := records.Filed{ID: 4, Kind: filing.Settlement, Batch: 13001, BatchVI: "Quà Tết Bính Ngọ 2026", By: "ke-toan-truong", Asked: storyTime.Add(-time.Hour), Ended: ago(50 * time.Minute), Head: "204-" + storyHash,
		Files: []records.FiledFile{{N: 1, Name: "quyet-toan-dot-13001.xlsx", SHA256: storyHash, Bytes: 24_000_000, Rows: 500_000}, {N: 2, Name: "quyet-toan-dot-13001-2.xlsx", SHA256: storyHash, Bytes: 19_000_000}}}
	asked := records.Filed{ID: 6, Kind: filing.Verify, By: "kiem-toan", Asked: storyTime}
	failed := records.Filed{ID: 5, Kind: filing.Timeliness, Batch: 13001, By: "lanh-dao-so", Asked: storyTime, Ended: ago(0), Fault: filing.TextFailed}
	choice := options(w.say("filter.all"), "", "13001", "13001 · Quà Tết Bính Ngọ 2026")
	p := reportList{Rows: []records.Filed{asked, failed, made}, List: s.storyList("reports.count", 3, 3), Kinds: options(w.say("filter.all"), ""), Filter: choice, Batches: choice[1:], Waiting: true}
	found := p
	found.Checked, found.Found = storyHash, &filing.File{Request: 4, N: 1, Name: "quyet-toan-dot-13001.xlsx"}
	sound := &filing.Verification{At: storyTime, Head: "204-" + storyHash, Vouchers: 204, Lines: 6_273, AuditNo: 397}
	broken := &filing.Verification{At: storyTime, Head: "204-" + storyHash, Findings: []string{"voucher 202602000000171 (no. 171): its root is not that of its lines"}}
	return []story{
		{Page: "reports", Name: "made, failed, being made", Me: accounts.Accountant, Data: p},
		{Page: "reports", Name: "a hash that is ours", Me: accounts.Auditor, Data: found},
		{Page: "reports", Name: "a hash that is not", Me: accounts.Auditor, Data: reportList{Checked: "00", Kinds: p.Kinds, Filter: choice, List: s.storyList("reports.count", 0, 0)},
			Errors: []fieldError{{Field: "sha256", Text: s.tellHalf("Không có báo cáo nào được lưu như vậy. / No such report is kept.")}}},
		{Page: "verify", Name: "sound", Me: accounts.Auditor, Data: verification{Ledger: ledger.Head{ChainNo: 204}, Audit: audit.Head{ChainNo: 397}, Last: sound}},
		{Page: "verify", Name: "not sound", Me: accounts.Auditor, Data: verification{Ledger: ledger.Head{ChainNo: 204}, Last: broken, Findings: broken.Findings}},
		{Page: "verify", Name: "never", Me: accounts.Accountant, Data: verification{Asked: &asked}},
	}
}

func (s *site) auditStories() []story {
	w := s.told()
	rows := []records.Act{
		{ID: 9, At: storyTime, Actor: "ke-toan-truong", Act: "person.find", Detail: `{"by":"phone","people":["740"]}`},
		{ID: 8, ChainNo: 397, At: storyTime.Add(-time.Minute), Actor: "chu-tich-00004", Act: "section.approve", Subject: "section/13001/1", Detail: "{}"},
	}
	p := auditLog{Rows: rows, List: s.storyList("audit.count", 5001, 50), Acts: options(w.say("filter.all"), "")}
	return []story{
		{Page: "audit", Name: "some", Me: accounts.Auditor, Data: p},
		{Page: "audit", Name: "no match", Me: accounts.Department, Data: auditLog{Acts: p.Acts, Actor: "ai-do", List: s.storyList("audit.count", 0, 0, "người: ai-do")}},
	}
}

func (s *site) findStories() []story {
	v := &visit{site: s, lang: s.telling}
	born := int32(1942)
	hit := records.Hit{Person: 740, Name: "Nguyễn Thị Mẫu", Born: &born, UnitVI: "Phường Mẫu Hoàn Kiếm", More: true}
	for _, state := range []ledger.State{ledger.Paid, ledger.Ordered, ledger.Returned, ledger.Listed, ""} {
		hit.Payments = append(hit.Payments, records.HitPayment{Batch: 13001, BatchVI: "Quà Tết Bính Ngọ 2026", Payment: 740, Amount: 500_000, BankVI: "Ngân hàng Mẫu A", Tail: "4417", State: state,
			Doubt: state == ledger.Ordered, Due: calendar.Must(2026, 1, 27), On: calendar.Must(2026, 1, 28)})
	}
	form := find{Units: options(s.told().say("filter.all"), "", "00004", "Phường Mẫu Hoàn Kiếm")}
	hits, none, wrong := form, form, form
	hits.Asked, hits.Way, hits.More, hits.Hits = true, "name", true, []foundPerson{v.found(hit), {Hit: records.Hit{Name: "Nguyễn Thị Mẫu", UnitVI: "Xã Mẫu Ba Vì"}}}
	none.Asked, none.Way = true, "id"
	wrong.Name = "Nguyễn Thị Mẫu"
	return []story{
		{Page: "find", Name: "empty", Me: accounts.Maker, Data: form},
		{Page: "find", Name: "two people", Me: accounts.Accountant, Data: hits},
		{Page: "find", Name: "nobody", Me: accounts.Auditor, Data: none},
		{Page: "find", Name: "half a question", Me: accounts.Maker, Data: wrong, Status: 422,
			Errors: []fieldError{{Field: "name", Text: s.tellHalf("Cần số định danh, hoặc số điện thoại, hoặc họ tên cùng năm sinh. / An id, a phone number, or a name with the year of birth is needed.")}}},
	}
}
