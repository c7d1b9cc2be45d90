package web

import (
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

// storyList is a listing as its page would have it.
func (s *site) storyList(key string, count int64, shown int, filters ...string) listing {
	w, f := s.told(), formatter{s.telling}
	l := listing{Sentence: w.many(key, count, f.count(count)), Empty: w.say(key + ".none")}
	if count > 0 {
		l.CSV = "?as=csv"
	}
	for _, one := range filters {
		l.Sentence += ", " + one
		l.Empty = w.say("list.nomatch", one)
	}
	l.Sentence += "."
	if count > int64(shown) && shown > 0 {
		l.Sentence += " " + w.say("list.shown", 1, shown)
		l.Next = "?row=51"
	}
	if count > records.CountMax {
		l.CSV, l.CSVNote = "", w.say("list.csv.toomany", f.count(records.CountMax))
	}
	return l
}

func (s *site) storyBanks() []option {
	return options(s.told().say("filter.all"), "", "A", "Ngân hàng Mẫu A", "B", "Ngân hàng Mẫu B")
}

func ago(d time.Duration) *time.Time { t := storyTime.Add(-d); return &t }

func (s *site) bankStories() []story {
	open := records.Bank{Key: "A", Kind: "bank", NameVI: "Ngân hàng Mẫu A", BIN: "999001", Profile: bankadapters.DemoProfile("A"), Gate: "open", Waiting: 12_340,
		WaitingTotal: 6_170_000_000, TodayCount: 118_200, TodayTotal: 57_300_000_000, Breaks: 3,
		Statements: []records.LastStatement{{Tail: "1001", File: 59, To: calendar.Must(2026, 2, 12), Closing: 18_200_450_000, Received: storyTime.Add(-15 * time.Hour)}}}
	down := records.Bank{Key: "B", Kind: "bank", NameVI: "Ngân hàng Mẫu B", Profile: bankadapters.DemoProfile("B"), Gate: "tripped", Since: ago(40 * time.Minute),
		Why: "mất kết nối 5 lần liền / five line faults in a row", NextProbe: ago(-5 * time.Minute), Waiting: 9_800, WaitingTotal: 4_900_000_000, Doubts: 12, DoubtTotal: 6_300_000,
		OldestDoubt: ago(26 * time.Hour), Canaries: []records.Canary{{Channel: "B", Batch: 13001, Submission: 13001020001, State: "accepted"}}}
	paused := records.Bank{Key: "P1", Kind: "provider", NameVI: "Bảo hiểm xã hội Mẫu", Profile: bankadapters.DemoProfile("P1"), Gate: "paused", Since: ago(3 * 24 * time.Hour), Why: "đang đối chiếu danh sách"}
	all := banks{List: []records.Bank{open, down, paused}, MayGate: true, NoLine: map[bankadapters.Key]bool{"P1": true}}
	look := all
	look.MayGate = false
	return []story{
		{Page: "banks", Name: "open, down, paused", Me: accounts.Accountant, Data: all},
		{Page: "banks", Name: "for an officer", Me: accounts.Maker, Data: look},
		{Page: "banks", Name: "none", Me: accounts.Operator, Data: banks{}},
		{Page: "gate", Name: "pause", Me: accounts.Accountant, Data: gateForm{Bank: open}},
		{Page: "gate", Name: "open", Me: accounts.Department, Data: gateForm{Bank: paused}},
		{Page: "gate", Name: "no reason", Me: accounts.Accountant, Data: gateForm{Bank: open}, Errors: []fieldError{{Field: "why", Text: s.tellHalf("Hãy ghi lý do. / Write the reason.")}}, Status: 422},
	}
}

func (s *site) doubtStories() []story {
	rows := []records.Doubt{
		{Submission: 13001020004, Batch: 13001, Channel: "B", BankVI: "Ngân hàng Mẫu B", Message: "TST1000000000004", State: payout.InDoubt, Payments: 9_412, Total: 4_706_000_000,
			Since: storyTime.Add(-26 * time.Hour), Why: "no answer in time", NextLook: ago(-4 * time.Minute), Missing: []records.Missing{records.MissingWord, records.MissingTime, records.MissingStatement}},
		{Submission: 13001040001, Batch: 13001, Channel: "D", BankVI: "Ngân hàng Mẫu D", Message: "TST1000000000009", State: payout.Accepted, Payments: 1, Total: 500_000,
			Since: storyTime.Add(-35 * time.Minute), Missing: []records.Missing{records.MissingStatement}},
	}
	hash := []byte("0123456789abcdef0123456789abcdef")
	sub := records.Submission{No: 13001020004, Batch: 13001, BatchVI: "Quà Tết Bính Ngọ 2026", Channel: "B", BankVI: "Ngân hàng Mẫu B", Message: "TST1000000000004", Digest: hash, SHA256: hash,
		Count: 10_000, Total: 5_000_000_000, Created: storyTime, Head: "204-2f6b1bf6bbdaae5a", Voucher: 202602000000171, State: payout.InDoubt, Sent: ago(26 * time.Hour), NextLook: ago(-4 * time.Minute), Doubts: 9_412}
	settled := sub
	settled.State, settled.Doubts, settled.NextLook, settled.Answered, settled.Code = payout.Settled, 0, nil, ago(20*time.Hour), "ACTC"
	return []story{
		{Page: "doubts", Name: "two submissions", Me: accounts.Accountant, Data: doubts{Rows: rows, Banks: s.storyBanks(), List: s.storyList("doubts.count", 9_413, 0), Total: 4_706_500_000}},
		{Page: "doubts", Name: "nothing", Me: accounts.Auditor, Data: doubts{Banks: s.storyBanks(), List: s.storyList("doubts.count", 0, 0)}},
		{Page: "submission", Name: "in doubt", Me: accounts.Accountant, Data: submission{Submission: sub, Waits: true, MayAsk: true, Next: "?place=50",
			Doubtful: []records.DoubtPayment{{Place: 1, Batch: 13001, Payment: 740, Attempt: 1, Name: "Nguyễn Thị Mẫu", UnitVI: "Phường Mẫu Hoàn Kiếm", Tail: "4417", Amount: 500_000, Since: storyTime.Add(-26 * time.Hour)}},
			Vouchers: []records.OrderVoucher{{ID: 202602000000171, ChainNo: 171, Date: calendar.Must(2026, 2, 12), Kind: "ordered", Text: "Lệnh chi 13001020004", Lines: 10_000}}}},
		{Page: "submission", Name: "settled", Me: accounts.Auditor, Data: submission{Submission: settled,
			Answers: []records.SubmissionAnswer{{ID: 1, Kind: "submit", At: storyTime.Add(-26 * time.Hour), Outcome: "accepted", Code: "ACTC", File: 12}}}},
	}
}

func (s *site) breakStories() []story {
	row := records.BreakRow{ID: 41, Reason: reconciliation.ReasonSecondDebit, Channel: "A", BankVI: "Ngân hàng Mẫu A", File: 59, Position: 4, Batch: 13001, Payment: 740, Attempt: 1, Submission: 13001010002,
		Amount: 500_000, Voucher: 202602000000169, Opened: storyTime.Add(-9 * 24 * time.Hour), Owner: "Lê Văn Thử"}
	loose := records.BreakRow{ID: 42, Reason: reconciliation.ReasonUnknownCredit, Channel: "B", BankVI: "Ngân hàng Mẫu B", File: 60, Position: 9, Amount: 77_777, Voucher: 202602000000170, Opened: storyTime.Add(-5 * time.Hour)}
	line := records.StatementLine{Position: 4, Line: 57, Source: "statement", Side: "debit", Amount: 500_000, Booked: true, BookDate: calendar.Must(2026, 2, 4), EndToEnd: "TST1A15000000740K", Servicer: "B000000193", Tail: "4417",
		Text: "TRO CAP ASXH 01/2026", Situation: "paid", Evidence: "debit_second", Action: "claim", Batch: 13001, Payment: 740, Attempt: 1, Voucher: 202602000000169, ChainNo: 169, Break: 41}
	closed := records.BreakDetail{BreakRow: row, Suggestion: "", ClosedOne: "ke-toan-truong", ClosedTwo: "kiem-soat-vien", ClosedVoucher: 202602000000190, Line: &line, FileName: "a-20260204.xml", FileKind: "camt.053"}
	closed.Closed, closed.How = ago(2*time.Hour), "ngân hàng đã hoàn tiền"
	lists := func(rows []records.BreakRow, count int64, filters ...string) breaks {
		w := s.told()
		b := breaks{Rows: rows, Banks: s.storyBanks(), List: s.storyList("breaks.count", count, len(rows), filters...)}
		b.Reasons, b.Owners = options(w.say("filter.all"), ""), options(w.say("filter.all"), "", "-", w.say("breaks.owner.nobody"))
		b.States, b.Orders = options(w.say("breaks.open"), ""), options(w.say("breaks.sort.oldest"), "")
		for _, r := range rows {
			b.Total += r.Amount
		}
		return b
	}
	return []story{
		{Page: "breaks", Name: "some", Me: accounts.Accountant, Data: lists([]records.BreakRow{row, loose}, 9_870, "Ngân hàng Mẫu A")},
		{Page: "breaks", Name: "nothing yet", Me: accounts.Auditor, Data: lists(nil, 0)},
		{Page: "breaks", Name: "no match for the filters", Me: accounts.Auditor, Data: lists(nil, 0, "Ngân hàng Mẫu B")},
		{Page: "break", Name: "open", Me: accounts.Accountant, Data: oneBreak{BreakDetail: records.BreakDetail{BreakRow: row, Line: &line, FileName: "a-20260204.xml"}, MayOwn: true, Owner: row.Owner}},
		{Page: "break", Name: "for an auditor", Me: accounts.Auditor, Data: oneBreak{BreakDetail: records.BreakDetail{BreakRow: loose, Suggestion: "Có thể là hoàn tiền của khoản 22", FileName: "b.xml"}}},
		{Page: "break", Name: "closed", Me: accounts.Accountant, Data: oneBreak{BreakDetail: closed}},
	}
}

// storyAmounts are as wide as amounts get.
var storyAmounts = []money.Amount{574_423_500_000, 541_203_100_000, 33_220_400_000}

func (s *site) fileStories() []story {
	taken := records.File{ID: 59, Channel: "A", BankVI: "Ngân hàng Mẫu A", Kind: "camt.053", Name: "a-20260204.xml", SHA256: storyHash, Bytes: 809_000_000, Received: storyTime, By: "A-1", Verdict: "taken", Entries: 412_000,
		Done: ago(0), Statement: true, Tail: "1001", Sequence: 17, From: calendar.Must(2026, 2, 4), To: calendar.Must(2026, 2, 4), Opening: storyAmounts[0], Closing: storyAmounts[2]}
	refused := records.File{ID: 58, Channel: "B", BankVI: "Ngân hàng Mẫu B", Kind: "camt.053", Name: "b.xml", SHA256: storyHash, Bytes: 9_100, Received: storyTime, By: "B-1", Verdict: "refused", Code: "FILE-BALANCE", Line: 12,
		Why: "Số dư đầu cộng phát sinh khác số dư cuối. / Opening plus entries is not the closing."}
	waiting := records.File{ID: 60, Channel: "A", BankVI: "Ngân hàng Mẫu A", Kind: "camt.053", Name: "a-20260206.xml", SHA256: storyHash, Received: storyTime, By: "A-1"}
	rows := []records.StatementLine{
		{Position: 1, Source: "statement", Side: "debit", Amount: 500_000, BookDate: calendar.Must(2026, 2, 4), EndToEnd: "TST1A15000000740K", Tail: "4417", Situation: "ordered", Evidence: "debit_proof", Action: "prove_booked", Batch: 13001, Payment: 740, Voucher: 202602000000168, ChainNo: 168},
		{Position: 2, Source: "statement", Side: "debit", Amount: 500_000, BookDate: calendar.Must(2026, 2, 4), EndToEnd: "TST1A15000000740K", Tail: "4417", Situation: "paid", Evidence: "debit_second", Action: "claim", Batch: 13001, Payment: 740, Voucher: 202602000000169, ChainNo: 0, Break: 41},
		{Position: 3, Source: "provider", Amount: 300_000, EndToEnd: "TST1A15000000741M"},
	}
	w := s.told()
	list := files{Rows: []records.File{waiting, taken, refused}, Banks: s.storyBanks(), Verdicts: options(w.say("filter.all"), ""), List: s.storyList("files.count", 3, 3)}
	return []story{
		{Page: "files", Name: "taken, refused, waiting", Me: accounts.Accountant, Data: list},
		{Page: "files", Name: "nothing yet", Me: accounts.Auditor, Data: files{Banks: s.storyBanks(), Verdicts: list.Verdicts, List: s.storyList("files.count", 0, 0)}},
		{Page: "file", Name: "taken", Me: accounts.Accountant, Data: oneFile{File: taken, Rows: rows, List: s.storyList("file.count", 412_000, 50)}},
		{Page: "file", Name: "refused", Me: accounts.Accountant, Data: oneFile{File: refused, List: s.storyList("file.count", 0, 0)}},
	}
}

const storyHash = "2f6b1bf6bbdaae5a23659f39ab6bf64fe894982accf019ff06d633c826128888"
