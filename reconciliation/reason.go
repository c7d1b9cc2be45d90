package reconciliation

// Reason is why something does not match.
type Reason string

// The reasons of breaks.
const (
	ReasonUnknownDebit  Reason = "unknown_debit"
	ReasonUnknownCredit Reason = "unknown_credit"
	ReasonAltered       Reason = "altered_id"
	ReasonNoRecord      Reason = "no_record"
	ReasonNeverSent     Reason = "never_sent"
	ReasonTwoReferences Reason = "two_references"
	ReasonSecondDebit   Reason = "second_debit"
	ReasonDebitAmount   Reason = "debit_other_amount"
	ReasonDebitAccount  Reason = "debit_other_account"
	ReasonEndedDebit    Reason = "debit_after_end"
	ReasonLate          Reason = "late_proof"
	ReasonTwoAttempts   Reason = "two_attempts"
	ReasonContradiction Reason = "contradiction"
	ReasonReport        Reason = "report_differs"
	ReasonReturn        Reason = "return_differs"
	ReasonReturnLess    Reason = "return_less"
	ReasonSecondReturn  Reason = "second_return"
	ReasonUnclaimed     Reason = "refund_unclaimed"
	ReasonBulkOver      Reason = "bulk_over"
	ReasonDraw          Reason = "draw_differs"
	ReasonProvider      Reason = "provider_differs"
)

// ReasonText is a reason in words, and who acts next.
type ReasonText struct {
	Reason Reason
	VI, EN string
	Next   string // who acts next, Vietnamese
	NextEN string
}

// Reasons lists all reasons in words.
var Reasons = []ReasonText{
	{ReasonUnknownDebit, "Ngân hàng ghi nợ, không rõ khoản nào", "a debit that names no payment of ours", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonUnknownCredit, "Ngân hàng ghi có, không rõ nguồn", "a credit without a reference of ours", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonAltered, "Mã khoản bị cắt hoặc sai ký tự kiểm tra", "an id of ours that fails its check", "kế toán trưởng xem gợi ý", "the chief accountant looks at the suggestion"},
	{ReasonNoRecord, "Mã đúng của đơn vị nhưng không có trong sổ: dừng chi mọi nơi", "a valid id of ours without a record: dispatch stops", "quản trị hệ thống và kế toán trưởng", "the administrator and the chief accountant"},
	{ReasonNeverSent, "Ngân hàng nói về lệnh chưa từng gửi: dừng chi mọi nơi", "a line about a submission that was never sent: dispatch stops", "quản trị hệ thống và kế toán trưởng", "the administrator and the chief accountant"},
	{ReasonTwoReferences, "Hai số tham chiếu chỉ hai khoản khác nhau", "two references name two payments", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonSecondDebit, "Ngân hàng ghi nợ hai lần một khoản", "the bank debited one attempt twice", "ngân hàng hoàn tiền", "the bank pays back"},
	{ReasonDebitAmount, "Ghi nợ sai số tiền", "a debit of another amount", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonDebitAccount, "Ghi nợ sai tài khoản", "a debit to another account or at another bank", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonEndedDebit, "Ghi nợ khoản đã thôi chi", "a debit of a payment whose debt had ended", "hai người quyết định thu hồi", "two people decide on recovery"},
	{ReasonLate, "Xác nhận muộn của lần chi đã kết thúc", "a late proof of an attempt that had ended", "kế toán trưởng kiểm tra, không chi lại", "the chief accountant checks; it is not paid again"},
	{ReasonTwoAttempts, "Hai lần chi của một khoản đều được thực hiện", "two attempts of one payment were executed", "ngân hàng hoàn tiền hoặc thu hồi", "the bank pays back, or it is recovered"},
	{ReasonContradiction, "Báo cáo trái với sổ", "a report contradicts the books", "kế toán trưởng hỏi bên báo cáo", "the chief accountant asks who reported"},
	{ReasonReport, "Báo cáo sai số tiền hoặc tài khoản", "a report with another amount or account", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonReturn, "Tiền hoàn khác khoản đã chi", "money back that differs from what was paid", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonReturnLess, "Tiền hoàn thiếu (ngân hàng giữ phí)", "money back less a part the bank kept", "ngân hàng hoàn phần thiếu", "the bank pays the missing part"},
	{ReasonSecondReturn, "Hoàn tiền lần thứ hai", "a second return of one payment", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonUnclaimed, "Tiền về mà không có khoản phải thu", "money back where nothing is claimed", "kế toán trưởng hỏi ngân hàng", "the chief accountant asks the bank"},
	{ReasonBulkOver, "Ghi nợ gộp lớn hơn số đã lệnh còn lại", "a bulk debit above what was still ordered", "ngân hàng hoàn phần từ chối", "the bank pays back what it refused"},
	{ReasonDraw, "Tiền rút từ Kho bạc về sai số hoặc về hai lần", "a draw arrives with another amount, or again", "kế toán trưởng hỏi Kho bạc", "the chief accountant asks the Treasury"},
	{ReasonProvider, "Đơn vị chi trả báo khác danh sách", "a provider's report differs from the list", "kế toán trưởng hỏi đơn vị chi trả", "the chief accountant asks the provider"},
}
