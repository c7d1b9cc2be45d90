package reports

import "ansinh/ledger"

// word is a text that people see: Vietnamese first, English second. All texts
// of the settlement workbook stand in this file.
type word struct{ vi, en string }

func (w word) both() string { return w.vi + " – " + w.en }

// words are the texts that belong to no table.
var words = struct {
	demo, page, unit, nation, motto, title, number, date, filterTotal, byLedger, difference, noRows, fewer, notYet, notSeen word
	none, notInChain                                                                                                        word
	signMaker, signAccountant, signHead, signHint, dots, dayUnit, place                                                     word
}{
	demo:           word{"DỮ LIỆU GIẢ LẬP", "SIMULATED DATA"},
	page:           word{"Trang", "Page"},
	unit:           word{"Đơn vị tính: đồng", "Unit: VND"},
	nation:         word{"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Socialist Republic of Viet Nam"},
	motto:          word{"Độc lập - Tự do - Hạnh phúc", "Independence – Freedom – Happiness"},
	title:          word{"BÁO CÁO THANH TOÁN VÀ ĐỐI SOÁT ĐỢT CHI TRẢ", "Settlement and reconciliation of a disbursement batch"},
	number:         word{"Số:        /BC-……", "No."},
	date:           word{"ngày %02d tháng %s năm %d", ""},
	filterTotal:    word{"Cộng theo bộ lọc", "Filtered total"},
	byLedger:       word{"Theo sổ cái", "By the ledger"},
	difference:     word{"Chênh lệch", "Difference"},
	noRows:         word{"Không có khoản nào.", "None."},
	fewer:          word{"< 10", "fewer than 10"},
	notYet:         word{"chưa đến", "not due"},
	notSeen:        word{"–", "not observed"},
	none:           word{"(không có)", "(none)"},
	notInChain:     word{"chưa vào sổ", "not yet in the chain"},
	signMaker:      word{"NGƯỜI LẬP BIỂU", "Prepared by"},
	signAccountant: word{"KẾ TOÁN TRƯỞNG", "Chief accountant"},
	signHead:       word{"THỦ TRƯỞNG ĐƠN VỊ", "Head of unit"},
	signHint:       word{"(Ký, ghi rõ họ tên)", "(signature, full name)"},
	dots:           word{"……………………………", ""},
	dayUnit:        word{"Đơn vị tính: ngày, phần trăm số người", "Unit: days, per cent of people"},
	place:          word{"……………, ", ""},
}

// The sheets of the settlement workbook, in order.
const (
	sheetCover   = "Bìa"
	sheetSummary = "Tổng hợp theo xã"
	sheetDetail  = "Chi tiết"
	sheetBreaks  = "Khoản lệch"
	sheetWaits   = "Thời gian nhận tiền"
	sheetNotes   = "Ghi chú"
)

var (
	titleSummary = word{"TỔNG HỢP THEO XÃ, PHƯỜNG", "Summary by commune"}
	titleDetail  = word{"CHI TIẾT TỪNG KHOẢN CHI", "Detail, one row a payment"}
	titleBreaks  = word{"KHOẢN LỆCH VỚI NGÂN HÀNG, TỔ CHỨC CHI TRẢ", "Breaks with banks and providers"}
	titleWaits   = word{"THỜI GIAN NGƯỜI DÂN THỰC SỰ CÓ TIỀN", "Time until people hold the money"}
	titleNotes   = word{"GHI CHÚ: TRẠNG THÁI, CỘT VÀ CÁCH TÍNH", "Notes: states, columns, methods"}
)

// shown is a group of payment states as the summary counts them. Every payment
// is in exactly one.
type shown string

const (
	shownPaid       shown = "paid"
	shownRejected   shown = "rejected"
	shownReturned   shown = "returned"
	shownDoubt      shown = "in_doubt"
	shownBank       shown = "at_bank"
	shownProvider   shown = "at_provider"
	shownUnsent     shown = "unsent"
	shownEnded      shown = "ended"
	shownUnapproved shown = "unapproved"
)

// shownOrder is the order of the summary's columns.
var shownOrder = []shown{shownPaid, shownRejected, shownReturned, shownDoubt, shownBank, shownProvider, shownUnsent, shownEnded, shownUnapproved}

var shownWords = map[shown]struct{ name, note word }{
	shownPaid: {word{"Đã trả", "Paid"},
		word{"Có bằng chứng tiền đã ghi có vào tài khoản, hoặc đã ký nhận, hoặc tổ chức chi trả báo đã trả. Chưa có nghĩa là người dân đã rút tiền.",
			"Credit proved, or signed for, or reported paid by the provider. It does not mean the person has withdrawn the money."}},
	shownRejected: {word{"Không trả được", "Not paid"},
		word{"Ngân hàng từ chối, không thực hiện, hoặc tổ chức chi trả báo chưa trả được; tiền vẫn nợ người hưởng.",
			"Rejected or not executed by the bank, or reported unpaid; still owed."}},
	shownReturned: {word{"Bị hoàn trả", "Returned"},
		word{"Đã ghi có rồi quay lại; tiền vẫn nợ người hưởng.", "Came back after the credit; still owed."}},
	shownDoubt: {word{"Đang hỏi lại", "In doubt"},
		word{"Đã gửi nhưng chưa biết kết quả, đang hỏi lại ngân hàng. Không được gửi lần nữa cho đến khi có kết luận.",
			"Sent, outcome unknown, the bank is being asked. Never sent again until that is known."}},
	shownBank: {word{"Đang ở ngân hàng", "At the bank"},
		word{"Đã lệnh, ngân hàng chưa xác nhận ghi có.", "Ordered; the bank has not proved the credit."}},
	shownProvider: {word{"Đang ở tổ chức chi trả", "At the provider"},
		word{"Đã giao danh sách cho bưu điện, bảo hiểm xã hội hoặc cán bộ chi trả, chưa có kết quả.",
			"On a list at the post, social insurance or with our own officer; no result yet."}},
	shownUnsent: {word{"Chưa gửi", "Unsent"},
		word{"Đã duyệt, chưa lệnh chi, hoặc đã rút lệnh trước khi gửi.", "Approved and not ordered, or taken back before it was sent."}},
	shownEnded: {word{"Chấm dứt", "Ended"},
		word{"Khoản nợ đã hết mà không chi (hủy có hai người ký, hoặc theo văn bản).", "The debt ended without payment (cancelled by two people, or by paper)."}},
	shownUnapproved: {word{"Chưa duyệt", "Not approved"},
		word{"Có trong kế hoạch, phần của xã chưa được duyệt; chưa vào sổ cái.", "Planned; the commune's section is not approved, so not in the ledger."}},
}

// shownOf says which group a payment in a money state belongs to.
func shownOf(state ledger.State, doubt bool) shown {
	switch state {
	case ledger.Paid:
		return shownPaid
	case ledger.Rejected, ledger.NotExecuted, ledger.Unpaid, ledger.BroughtBack:
		return shownRejected
	case ledger.Returned:
		return shownReturned
	case ledger.Ordered, ledger.Out:
		if doubt {
			return shownDoubt
		}
		return shownBank
	case ledger.Listed:
		if doubt {
			return shownDoubt
		}
		return shownProvider
	case ledger.Handed:
		return shownProvider
	case ledger.Approved, ledger.Withdrawn:
		return shownUnsent
	case ledger.Ended:
		return shownEnded
	default:
		return shownUnapproved
	}
}

// legWords say exactly how a payment came to its state.
var legWords = map[string]word{
	"":                 {"Chưa duyệt", "not approved"},
	"approved":         {"Đã duyệt, chưa lệnh chi", "approved, not ordered"},
	"ordered":          {"Đã lệnh, chờ ngân hàng", "ordered, waiting for the bank"},
	"booked":           {"Ngân hàng đã ghi Nợ, chờ xác nhận ghi có", "debited, credit not proved"},
	"paid":             {"Đã ghi có", "credited"},
	"paid_sent":        {"Đã ghi có", "credited"},
	"rejected":         {"Ngân hàng từ chối", "rejected"},
	"rejected_out":     {"Ngân hàng từ chối sau khi ghi Nợ", "rejected after the debit"},
	"withdrawn":        {"Đã rút lệnh, chưa gửi", "withdrawn unsent"},
	"returned":         {"Hoàn trả sau khi ghi có", "returned after the credit"},
	"not_executed":     {"Ngân hàng không thực hiện", "not executed"},
	"not_executed_out": {"Ngân hàng không thực hiện, chờ hoàn tiền", "not executed, refund pending"},
	"late":             {"Đã ghi có (chứng từ đến muộn)", "credited, proved late"},
	"late_claim":       {"Đã ghi có (chứng từ đến muộn)", "credited, proved late"},
	"listed":           {"Đã giao danh sách", "on a list"},
	"list_paid":        {"Tổ chức chi trả báo đã trả", "reported paid"},
	"list_unpaid":      {"Tổ chức chi trả báo chưa trả", "reported unpaid"},
	"list_returned":    {"Tổ chức chi trả báo lại: chưa trả", "taken back by the provider"},
	"handed":           {"Cán bộ đang giữ tiền mặt", "cash with our officer"},
	"signed":           {"Đã ký nhận", "signed for"},
	"brought_back":     {"Cán bộ mang tiền về, chưa trả", "cash brought back"},
	"treasury_paid":    {"Kho bạc chi trực tiếp", "paid by the Treasury"},
	"ended":            {"Đã chấm dứt", "ended"},
}

var doubtWord = word{"Chưa rõ kết quả, đang hỏi lại ngân hàng", "unknown, bank being asked"}

var detailColumns = []column{
	{word{"STT", "No."}, 8, word{"Số của khoản chi trong đợt; không đổi.", "The payment's number in the batch; it never changes."}},
	{word{"Xã, phường", "Commune"}, 21, word{"Xã, phường lập danh sách.", "Commune that made the list."}},
	{word{"Họ và tên", "Name"}, 25, word{"Người nhận, theo danh sách đã duyệt.", "Payee as approved."}},
	{word{"Năm sinh", "Born"}, 7, word{"Theo danh sách đã duyệt.", "As approved."}},
	{word{"Hình thức", "Form"}, 13, word{"Chuyển khoản, hoặc qua nơi chi trả.", "Bank transfer, or through a provider."}},
	{word{"Ngân hàng, nơi trả", "Bank, provider"}, 21, word{"Nơi thực hiện lệnh; sau mũi tên là mã BIN nếu tài khoản ở ngân hàng khác.", "Who executes the order; after the arrow the BIN where the account is at another bank."}},
	{word{"Tài khoản", "Account"}, 11, word{"Chỉ bốn số cuối.", "Last four digits only."}},
	{word{"Số tiền", "Amount"}, 17, word{"Số đã duyệt, đồng.", "Approved amount, VND."}},
	{word{"Trạng thái", "State"}, 19, word{"Một trong các nhóm giải thích ở trên.", "One of the groups explained above."}},
	{word{"Ngày trả", "Paid on"}, 12, word{"Ngày hạch toán của bằng chứng đã trả.", "Accounting date of the proof."}},
	{word{"Tham chiếu ngân hàng", "Bank reference"}, 17, word{"Do ngân hàng cấp, nếu có.", "Given by the bank, if any."}},
	{word{"Mã giao dịch", "End-to-end id"}, 20, word{"Mã của lần gửi mới nhất, dùng để tra với ngân hàng.", "Id of the newest attempt, for asking the bank."}},
	{word{"Diễn giải (không in)", "Explanation (not printed)"}, 40, word{"Vì sao có trạng thái đó; chỉ xem trên màn hình.", "How the state came about; on screen only."}},
}

// detailPrinted leaves the explanation out of print, or the rest would be too
// small to read.
const detailPrinted = 12

var breakColumns = []column{
	{word{"Số", "No."}, 8, word{"Số của khoản lệch.", "The break's number."}},
	{word{"Lý do", "Reason"}, 34, word{"Vì sao không khớp.", "What does not match."}},
	{word{"Ngân hàng, nơi trả", "Bank, provider"}, 22, word{"Bên có số liệu lệch.", "Whose figures differ."}},
	{word{"Khoản chi", "Payment"}, 10, word{"Số khoản chi; trống nếu chưa biết thuộc khoản nào.", "Payment number; empty if unknown."}},
	{word{"Số tiền", "Amount"}, 17, word{"Đồng; âm là tiền thừa bên ta.", "VND."}},
	{word{"Mở từ ngày", "Opened"}, 12, word{"Ngày phát hiện.", "Day it was found."}},
	{word{"Số ngày", "Age"}, 9, word{"Tuổi đến ngày lập, hoặc đến ngày đóng.", "Days until this report, or until it was closed."}},
	{word{"Người xử lý", "Owner"}, 22, word{"Ai đang xử lý; chưa giao thì ai phải làm bước tiếp theo.", "Who works on it; if nobody yet, who acts next."}},
	{word{"Đóng ngày", "Closed"}, 12, word{"Trống là còn mở.", "Empty means open."}},
	{word{"Cách xử lý, lời ngân hàng ghi", "Resolution, the bank's text"}, 40, word{"Đã xử lý thế nào; khi còn mở, nội dung ngân hàng ghi trên dòng.", "How it was closed; while open, the text of the bank's line."}},
}

var summaryColumns = []column{
	{word{"Xã, phường", "Commune"}, 26, word{"Theo thứ tự phần của đợt.", "In the order of the batch's sections."}},
	{word{"Số khoản", "Payments"}, 9, word{"Kế hoạch, theo phần đã niêm của xã.", "Planned, by the commune's sealed section."}},
	{word{"Số tiền", "Amount"}, 18, word{"Kế hoạch, theo phần đã niêm của xã.", "Planned, by the commune's sealed section."}},
	{word{"Qua tài khoản", "To accounts"}, 17, word{"Phần đã trả vào tài khoản.", "The part paid to accounts."}},
	{word{"Tỷ lệ", "Share"}, 8.5, word{"Qua tài khoản chia cho Đã trả, theo số tiền.", "To accounts over paid, by amount."}},
}

// coverLines are the control totals of the cover.
var coverLines = struct{ count, planned, approved, owed word }{
	count:    word{"Số khoản chi theo kế hoạch", "Payments planned"},
	planned:  word{"Số tiền theo kế hoạch", "Amount planned"},
	approved: word{"Trong đó đã duyệt", "of which approved"},
	owed:     word{"Còn nợ người hưởng (TK 3388.N)", "Still owed to people (3388.N)"},
}

var coverLabels = struct{ programme, basis, batch, decision, due, books, head, made, file, unsealed word }{
	programme: word{"Chương trình", "Programme"},
	basis:     word{"Căn cứ", "Legal basis"},
	batch:     word{"Đợt chi trả", "Batch"},
	decision:  word{"Quyết định", "Decision"},
	due:       word{"Hạn chi trả", "Due"},
	books:     word{"Đơn vị dự toán", "Budget unit"},
	head:      word{"Đầu sổ cái", "Ledger head"},
	made:      word{"Lập báo cáo", "Made"},
	file:      word{"Phạm vi tệp này", "This file"},
	unsealed:  word{"Chứng từ của đợt chưa vào chuỗi sổ", "Vouchers of the batch not yet in the chain"},
}

var coverTable = []word{{"Chỉ tiêu", "Item"}, {"Theo sổ cái", "By the ledger"}, {"Theo tệp này (công thức)", "By this file (formula)"}, {"Chênh lệch", "Difference"}}

const (
	coverControl = "I. SỐ KIỂM SOÁT / Control totals"
	coverCheck   = "II. CÁCH KIỂM TRA / How to check"
	coverWords   = "Tổng số tiền theo kế hoạch của tệp này, bằng chữ: "
)

// coverChecks tell the reader how to check the paper without trusting it.
var coverChecks = []string{
	"1. Cột “Theo sổ cái” là số cố định lấy từ sổ cái lúc lập; cột “Theo tệp này” là công thức cộng lại sheet Chi tiết. Bỏ mọi bộ lọc; cột “Chênh lệch” phải bằng 0, khác 0 thì ô chuyển nền đỏ.",
	"2. Đầu sổ cái gồm số thứ tự chứng từ cuối và mã băm của cả chuỗi chứng từ trước nó. Chạy “ansinh ledger verify” hoặc hỏi ngân hàng đã nhận đầu sổ đó để biết sổ có bị sửa sau ngày lập hay không.",
	"3. Khóa ô chỉ tránh sửa nhầm, không phải bảo mật. Bằng chứng tệp còn nguyên là mã SHA-256 của tệp trong danh sách báo cáo.",
	"4. Bảng tính giữ 15 chữ số; tổng lớn hơn thì chương trình không lập báo cáo.",
}

// notesExtra explain what is neither a state nor a column.
var notesExtra = []struct{ name, note word }{
	{word{"Thời gian nhận tiền", "Waiting times"}, word{
		"Tính từ hạn chi trả đến lần rút, chi tiêu đầu tiên hoặc ký nhận; đếm người, không đếm khoản. Ngày 0 hết khi hết hạn chi trả.",
		"From the due date to the first withdrawal, purchase or signature; people, not payments. Day 0 ends with the due date."}},
	{word{"Năm mốc thời gian", "Five clocks"}, word{
		"Hạn chi trả → rút dự toán → lệnh chi → ghi có (có bằng chứng; “mới ghi Nợ” là tài khoản chi đã bị ghi Nợ mà chưa có bằng chứng ghi có) → lần rút, chi đầu tiên hoặc ký nhận. Số ngày tính từ hạn chi trả; sớm hơn hạn là 0. Trung vị và 90% trên mọi người được duyệt; riêng “có tiền” theo ước lượng trên người có nguồn dữ liệu.",
		"Due → drawn → ordered → credited (proved; presumed means debited, credit not proved) → first withdrawal, purchase or signature. Days from the due date, early is 0; median and 90 % are over all approved people, but held is by the curve over the covered."}},
	{word{"Có nguồn dữ liệu", "Covered"}, word{
		"Có bên cam kết báo lần rút đầu tiên của tài khoản đó ngay từ ngày ghi có. Chỉ những người này vào đường ước lượng.",
		"Some source promised to report the first withdrawal from the day of the credit. Only these people enter the curve."}},
	{word{"Ước lượng", "Curve"}, word{
		"Ước lượng Aalen–Johansen (bằng 1 trừ Kaplan–Meier khi không có hoàn trả) trên những người có nguồn dữ liệu; hoàn trả mà chưa chi lại là sự kiện cạnh tranh. Đường này chỉ nói về họ nên có thể cao hơn mức cao nhất của tất cả.",
		"Aalen–Johansen estimate (one minus Kaplan–Meier without returns) over the covered; a return not paid again competes. It speaks of them only, so it may lie above the highest of all."}},
	{word{"Thấp nhất – cao nhất", "Lowest – highest"}, word{
		"Khoảng chắc chắn chứa tỷ lệ thật của tất cả người được duyệt, kể cả người bị từ chối, đang hỏi lại, bị hoàn trả và người không có nguồn dữ liệu.",
		"The true share of all approved people lies within, those rejected, in doubt, returned and not covered included."}},
	{word{"< 10", "< 10"}, word{
		"Không công bố về nhóm dưới 10 người; nhóm nhỏ tiếp theo cũng được giấu nếu từ đó suy ra được.",
		"Nothing is published about fewer than 10 people, nor the next smallest group where it would tell."}},
	{word{"Nhóm đối tượng", "Categories"}, word{
		"Không bao giờ in trong báo cáo này.", "Never printed in this report."}},
}

// formOf says how money reaches the person.
func formOf(kind string) string {
	if kind == "bank" {
		return "Chuyển khoản"
	}
	return "Nơi chi trả"
}
