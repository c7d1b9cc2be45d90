package reports

// All texts of the workbook of a list's changes, form DS-TANGGIAM.

const (
	sheetChangeCover = "Bìa"
	sheetChangeList  = "Tăng, giảm"
)

var changeWords = struct {
	title, detail, number, unit, masked, seeRow, none word
	once, again, noted                                word
	signMaker, signChair                              word
	committee                                         string
}{
	title:     word{"DANH SÁCH TĂNG, GIẢM ĐỐI TƯỢNG HƯỞNG TRỢ CẤP", "Additions, removals and changes of a month's list"},
	detail:    word{"CHI TIẾT TĂNG, GIẢM, ĐIỀU CHỈNH", "Additions, removals and changes, one row a right"},
	number:    word{"Số:        /……", "No."},
	unit:      word{"Đơn vị tính: suất (một người trong một nhóm đối tượng); tiền: đồng", "Unit: rights, a person in a category; VND"},
	masked:    word{"(nhóm nhạy cảm, đã che)", "(sensitive, masked)"},
	seeRow:    word{"xem dòng %d của tệp đã nộp", "see row %d of the file handed in"},
	none:      word{"Không có", "None"},
	once:      word{"so với danh sách tháng %s", "against the list of %s"},
	again:     word{"bổ sung cho danh sách đã nhận của tháng", "adds to the month's earlier list"},
	noted:     word{"Ghi Đổi; cách nhận, người nhận và số tiền như trước", "marked as changed; way, payee and amount as before"},
	signMaker: word{"NGƯỜI LẬP", "Prepared by"},
	signChair: word{"TM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH", "Chair of the commune's committee"},
	committee: "ỦY BAN NHÂN DÂN",
}

// changeParts are the parts of the list in their order, by the kind as stored.
var changeParts = []struct {
	kind, cells string // cells name the numbers of the part's rows for formulas
	name        word
}{
	{"added", "Tang_STT", word{"I. TĂNG", "Added"}},
	{"removed", "Giam_STT", word{"II. GIẢM", "Removed"}},
	{"changed", "DieuChinh_STT", word{"III. ĐIỀU CHỈNH", "Changed"}},
}

var changeColumns = []column{
	{name: word{"STT", "No."}, width: 6},
	{name: word{"Họ và tên", "Name"}, width: 24},
	{name: word{"Ngày, năm sinh", "Born"}, width: 12},
	{name: word{"Số định danh", "Personal id"}, width: 11},
	{name: word{"Nhóm đối tượng", "Category"}, width: 29},
	{name: word{"Số, ngày quyết định", "Decision"}, width: 19},
	{name: word{"Lý do; nội dung điều chỉnh", "Reason; what changed"}, width: 41},
	{name: word{"Cách nhận", "Way of payment"}, width: 25},
	{name: word{"Số tiền (nếu ghi)", "Amount, if stated"}, width: 14},
	{name: word{"Dòng", "Row"}, width: 7},
}

// changedFields are the words for what of a right changed.
var changedFields = struct{ category, way, holder, payee, amount word }{
	category: word{"Nhóm đối tượng", "category"},
	way:      word{"Cách nhận", "way of payment"},
	holder:   word{"Chủ tài khoản: đã đổi", "holder"},
	payee:    word{"Người nhận thay", "payee"},
	amount:   word{"Số tiền", "amount"},
}

// removedCauses say why a right ended that no row of the file ended.
var removedCauses = map[string]word{
	"death":   {"Đã mất ngày %s (hồ sơ)", "died, by the record"},
	"refused": {"Dòng của người này bị từ chối, chờ quyết định", "the row was refused and waits for a decision"},
	"absent":  {"Không có trong danh sách tháng này", "not on this month's list"},
}

var wayWords = map[string]string{"account": "Tài khoản", "cash": "Tiền mặt", "home": "Tại nhà", "bhxh": "BHXH"}

var changeTotals = struct{ before, added, removed, after, changed, kept word }{
	before:  word{"Trước danh sách này", "Before"},
	added:   word{"Tăng", "Added"},
	removed: word{"Giảm", "Removed"},
	after:   word{"Sau danh sách này = trước + tăng − giảm", "After"},
	changed: word{"Trong đó: điều chỉnh", "of which changed"},
	kept:    word{"Trong đó: giữ nguyên", "of which unchanged"},
}

var changeTable = []word{{"Chỉ tiêu (suất)", "Item (rights)"}, {"Theo hệ thống", "Recorded"}, {"Theo danh sách (công thức)", "By the list (formula)"}, {"Chênh lệch", "Difference"}}

var changeLabels = struct{ programme, basis, month, commune, base, list, form, made word }{
	programme: word{"Chương trình", "Programme"},
	basis:     word{"Căn cứ", "Legal basis"},
	month:     word{"Tháng hưởng", "Month"},
	commune:   word{"Xã, phường", "Commune"},
	base:      word{"So sánh", "Compared"},
	list:      word{"Danh sách đã nhận", "List taken"},
	form:      word{"Cách lập", "How it was made"},
	made:      word{"Lập bảng này", "This paper made"},
}

var changeForms = map[string]word{
	"changes": {"Xã nộp danh sách có cột Tăng / Giảm / Đổi", "handed in as changes"},
	"whole":   {"Xã nộp danh sách đầy đủ; tăng, giảm do hệ thống so sánh", "a whole list; changes found by comparing"},
}

const (
	changeControl = "I. TỔNG HỢP / Totals"
	changeCheck   = "II. CÁCH KIỂM TRA / How to check"
)

var changeChecks = []string{
	"1. Cột “Theo hệ thống” là số đã ghi khi nhận danh sách; cột “Theo danh sách” là công thức đếm lại sheet “Tăng, giảm”. Chênh lệch phải bằng 0.",
	"2. Cột “Dòng” là số dòng trong tệp xã đã nộp; “–” là tệp không có dòng nào về người đó. Chân trang in 16 chữ số đầu mã SHA-256 của tệp ấy.",
	"3. Số định danh và số tài khoản chỉ in bốn số cuối; nhóm nhạy cảm được che, lý do của họ xem ở tệp đã nộp.",
}
