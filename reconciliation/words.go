package reconciliation

import "ansinh/ledger"

// Words is one name of the tables in the two languages of people.
type Words struct {
	Name   string // as stored
	VI, EN string
	Next   string // who acts next, Vietnamese; "" nobody
}

// StateWords is the dictionary of money states, with "in_doubt" which is shown
// while an attempt is open and nobody knows.
var StateWords = []Words{
	moneyState(ledger.Approved, "đơn vị chi trả phát lệnh theo lịch"),
	moneyState(ledger.Ordered, "ngân hàng"),
	moneyState(ledger.Out, "ngân hàng xác nhận ghi có"),
	moneyState(ledger.Paid, ""),
	moneyState(ledger.Rejected, "xã sửa tài khoản, hai người duyệt chi lại"),
	moneyState(ledger.Withdrawn, "đơn vị chi trả lệnh lại"),
	moneyState(ledger.NotExecuted, "hai người duyệt chi lại"),
	moneyState(ledger.Returned, "xã hỏi lại người hưởng, hai người duyệt chi lại"),
	moneyState(ledger.Listed, "đơn vị chi trả"),
	moneyState(ledger.Unpaid, "xã tìm người hưởng"),
	moneyState(ledger.Handed, "cán bộ trao và lấy chữ ký"),
	moneyState(ledger.BroughtBack, "xã hẹn lại"),
	moneyState(ledger.Ended, ""),
	{"in_doubt", "đang hỏi lại ngân hàng", "in doubt, the bank is being asked", "hệ thống hỏi lại, kế toán theo dõi"},
}

// moneyState is a money state in the ledger's words, and who acts next.
func moneyState(s ledger.State, next string) Words {
	vi, en := s.Words()
	return Words{string(s), vi, en, next}
}

// SituationWords names the rows of [Table] that are no money state.
var SituationWords = []Words{
	{string(NoRecord), "mã đúng nhưng không có trong sổ", "a valid id of ours, never ordered here", "dừng chi mọi nơi"},
	{string(OtherUnsent), "lần này đã kết thúc; lần mới đã lệnh, chắc chắn chưa gửi", "this attempt ended; a newer one is ordered, certainly not sent", ""},
	{string(OtherOpen), "lần này đã kết thúc; lần khác đang chạy", "this attempt ended; another one is under way", ""},
	{string(OtherPaid), "lần này đã kết thúc; lần khác đã ghi có", "this attempt ended; another one was paid", ""},
	{string(OtherOwed), "lần này và lần mới nhất đều đã kết thúc", "this attempt ended, and so did the newest", ""},
	{string(OtherBack), "lần này đã kết thúc; lần khác ghi có rồi bị trả lại", "this attempt ended; another was paid and came back", ""},
	{string(ProvedBefore), "lần này đã ghi có rồi bị trả lại; sau đó có lần khác", "this attempt was paid and came back; another followed", ""},
}

// EvidenceWords names the columns.
var EvidenceWords = []Words{
	{string(StatusAccepted), "ngân hàng báo đã nhận", "pain.002: taken or in work", ""},
	{string(StatusPending), "ngân hàng báo đang chờ", "pain.002 PDNG, or a pending entry", ""},
	{string(StatusUnknown), "từ trạng thái không biết", "a status word we do not act on", ""},
	{string(StatusSettled), "pain.002 ACSC, báo cáo là bằng chứng", "pain.002 ACSC where reports prove", ""},
	{string(AdviceDebit), "camt.054 hoặc chi tiết của bút toán gộp", "camt.054, or a detail of a bulk entry, where reports prove", ""},
	{string(SheetSuccess), "tệp kết quả: THÀNH CÔNG", "portal result: success, where reports prove", ""},
	{string(ReportNoProof), "báo đã thực hiện, nhưng chỉ sao kê là bằng chứng", "reported executed where only the statement proves", ""},
	{string(StatusRejected), "pain.002 RJCT", "pain.002 RJCT", ""},
	{string(SheetRejected), "tệp kết quả: TỪ CHỐI", "portal result: refused", ""},
	{string(AdviceReturn), "camt.054 báo tiền quay về", "camt.054: money on its way back", ""},
	{string(ReportOther), "báo cáo sai số tiền, tài khoản hoặc ngân hàng", "a report with another amount, account or bank", ""},
	{string(DebitProof), "ghi nợ đơn lần đầu, là bằng chứng", "statement: first single debit, the proof at every bank that books singly", ""},
	{string(DebitBooked), "ghi nợ đơn lần đầu ở ngân hàng ghi gộp: chưa là bằng chứng", "statement: first single debit at a bank that books in bulk, not the proof", ""},
	{string(DebitOwed), "ghi nợ đơn của lần chi đã có bằng chứng", "statement: first debit of an attempt proved before", ""},
	{string(DebitSecond), "ghi nợ lần thứ hai", "statement: second debit of the attempt", ""},
	{string(DebitOther), "ghi nợ sai số tiền, tài khoản hoặc ngân hàng", "statement: debit of another amount, account or bank", ""},
	{string(ReturnWhole), "tiền về đủ", "statement: money back, whole", ""},
	{string(ReturnLess), "tiền về thiếu", "statement: money back, less", ""},
	{string(ReturnOther), "tiền về sai", "statement: money back, more or elsewhere", ""},
	{string(ReturnSecond), "tiền về lần hai", "statement: returned already, nothing claimed", ""},
	{string(ProviderPaid), "đơn vị chi trả: đã trả", "provider: paid", ""},
	{string(ProviderUnpaid), "đơn vị chi trả: chưa trả", "provider: unpaid", ""},
	{string(ProviderReturned), "đơn vị chi trả: thu lại", "provider: taken back after paid", ""},
	{string(ProviderOther), "đơn vị chi trả: số khác", "provider: another amount", ""},
	{string(ProviderOpen), "đơn vị chi trả: đang chờ", "provider: open", ""},
	{string(BulkDebit), "ghi nợ gộp cả lệnh", "statement: one sum for a submission", ""},
	{string(BulkCredit), "tiền về gộp theo mã lệnh", "statement: a sum back under a submission's id", ""},
	{string(BulkNoRecord), "ghi nợ gộp mang mã lệnh không có trong sổ", "statement: a bulk debit under an id of ours without record", ""},
	{string(FundsCredit), "tiền rút từ Kho bạc về", "statement: a draw arrives", ""},
	{string(UnknownDebit), "ghi nợ không rõ", "statement: a debit that names nobody", ""},
	{string(UnknownCredit), "ghi có không rõ", "statement: a credit that names nobody", ""},
	{string(AlteredDebit), "ghi nợ, mã sai ký tự kiểm tra", "statement: a debit whose id fails its check", ""},
	{string(AlteredCredit), "ghi có, mã sai ký tự kiểm tra", "statement: a credit whose id fails its check", ""},
	{string(NamesNobody), "báo cáo không nêu khoản nào", "a report that names nobody", ""},
}

// ActionWords says what each action posts (debit / credit) and opens. "as far"
// conditions are part of the action.
var ActionWords = []Words{
	{string(Nothing), "không làm gì: đã biết hoặc không chứng minh gì", "nothing: already known, or proves nothing", ""},
	{string(Wait), "chờ sao kê", "nothing: only the statement proves at this bank", ""},
	{string(Prove), "3388.N / 113.out", "3388.N / 113.out; 008 proved", ""},
	{string(ProveBooked), "3388.N / 113.sent", "3388.N / 113.sent; 008 proved; sent used up → claim", ""},
	{string(Book), "113.out / 113.sent", "113.out / 113.sent; sent used up → claim", ""},
	{string(BookProved), "113.out / 113.sent, trạng thái giữ nguyên", "113.out / 113.sent, state unchanged; sent used up → claim", ""},
	{string(Reject), "112 / 113.sent", "112 / 113.sent; sent used up → 1388.B / 113.out", ""},
	{string(RejectOut), "1388.B / 113.out", "1388.B / 113.out", ""},
	{string(RejectBack), "1388.B / 113.out và 112 / 1388.B", "an open claim first: 112 / 1388.B; else 1388.B / 113.out and 112 / 1388.B", ""},
	{string(Return), "1388.B / 3388.N và 112 / 1388.B", "an open claim first: 112 / 1388.B; else 1388.B / 3388.N and 112 / 1388.B; a part kept stays claimed, break", ""},
	{string(ReturnAdvised), "1388.B / 3388.N", "1388.B / 3388.N", ""},
	{string(Refund), "112 / 1388.B, phần dư 112 / 3388.X", "112 / 1388.B of the payment, then of the order's bulk debit; the rest 112 / 3388.X and break", ""},
	{string(Late), "3388.N / 112; cấm chi tiếp; khoản lệch", "3388.N / 112; barred; break", ""},
	{string(LateReport), "3388.N / 1388.B nếu đang đòi; cấm chi tiếp; khoản lệch", "3388.N / 1388.B when that much is claimed, else nothing yet; barred; break", ""},
	{string(Claim), "1388.B / 112; khoản lệch", "1388.B / 112; break", ""},
	{string(ClaimBar), "1388.B / 112; cấm chi tiếp; khoản lệch", "1388.B / 112; barred; break", ""},
	{string(WithdrawNewer), "rút lệnh mới chưa gửi rồi xét lại", "the unsent newer order is withdrawn, then the line is read again", ""},
	{string(PersonOwes), "1388.R / 112; khoản lệch", "1388.R / 112; break", ""},
	{string(DebitX), "1388.X / 112; khoản lệch", "1388.X / 112; break", ""},
	{string(CreditX), "112 / 3388.X; khoản lệch", "112 / 3388.X; break", ""},
	{string(BreakOnly), "khoản lệch", "nothing posted; break", ""},
	{string(BarBreak), "cấm chi tiếp; khoản lệch", "nothing posted; barred; break", ""},
	{string(Stop), "dừng chi mọi nơi; khoản lệch", "nothing posted; dispatch stops everywhere; break", ""},
	{string(StopDebitX), "1388.X / 112; dừng chi mọi nơi; khoản lệch", "1388.X / 112; dispatch stops everywhere; break", ""},
	{string(StopCreditX), "112 / 3388.X; dừng chi mọi nơi; khoản lệch", "112 / 3388.X; dispatch stops everywhere; break", ""},
	{string(ListPaid), "3388.N / 1388.P.sent", "3388.N / 1388.P.sent; 008 proved", ""},
	{string(ListUnpaid), "1388.P / 1388.P.sent", "1388.P / 1388.P.sent", ""},
	{string(ListReturned), "1388.P / 3388.N", "1388.P / 3388.N", ""},
	{string(BookBulk), "113.out / 113.sent, phần dư 1388.B / 112", "113.out / 113.sent as far as sent; the rest 1388.B / 112 and break", ""},
	{string(RefundBulk), "112 / 1388.B, phần dư 112 / 3388.X", "112 / 1388.B of the order's bulk debit; the rest 112 / 3388.X and break", ""},
	{string(FundsArrive), "112 / 113.draw", "112 / 113.draw", ""},
}
