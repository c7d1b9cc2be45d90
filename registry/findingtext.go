package registry

import "slices"

// Code is the stable name of a finding. docs/ERRORS.md lists every one.
type Code string

// The findings about a whole file. Any of them stops the import.
const (
	FileText          Code = "LIST-FILE-TEXT"
	FilePassword      Code = "LIST-FILE-PASSWORD"
	FilePasswordWrong Code = "LIST-FILE-PASSWORD-WRONG"
	FilePasswordXLS   Code = "LIST-FILE-PASSWORD-XLS"
	FileFormat        Code = "LIST-FILE-FORMAT"
	FileDamaged       Code = "LIST-FILE-DAMAGED"
	FileLimit         Code = "LIST-FILE-LIMIT"
	FileUnknown       Code = "LIST-FILE-UNKNOWN"
	FileLarge         Code = "LIST-FILE-LARGE"
	FileExpands       Code = "LIST-FILE-EXPANDS"
	FileEmpty         Code = "LIST-FILE-EMPTY"
	RowsMany          Code = "LIST-ROWS-MANY"
	RowsNone          Code = "LIST-ROWS-NONE"
	SheetsMany        Code = "LIST-SHEETS-MANY"
	SheetUnknown      Code = "LIST-SHEET-UNKNOWN"
	SheetHidden       Code = "LIST-SHEET-HIDDEN"
	SheetUnread       Code = "LIST-SHEET-UNREAD"
	SheetEnded        Code = "LIST-SHEET-ENDED"
	ColumnHidden      Code = "LIST-COLUMN-HIDDEN"
	ColumnUnread      Code = "LIST-COLUMN-UNREAD"
	HeaderNone        Code = "LIST-HEADER-MISSING"
	HeaderColumn      Code = "LIST-HEADER-COLUMN"
	HeaderTwice       Code = "LIST-HEADER-TWICE"
	UnitUnknown       Code = "LIST-UNIT-UNKNOWN"
	UnitTitle         Code = "LIST-UNIT-TITLE"
	TextLegacy        Code = "LIST-TEXT-LEGACY"
	TextChanged       Code = "LIST-TEXT-CHANGED"
	TextUnread        Code = "LIST-TEXT-UNREAD"
	TextLost          Code = "LIST-TEXT-LOST"
)

// The findings about a row.
const (
	RowSkipped      Code = "LIST-ROW-SKIPPED"
	RowHidden       Code = "LIST-ROW-HIDDEN"
	RowTwice        Code = "LIST-ROW-TWICE"
	CellLong        Code = "LIST-CELL-LONG"
	CellMerged      Code = "LIST-CELL-MERGED"
	CellDitto       Code = "LIST-CELL-DITTO"
	TextDamaged     Code = "LIST-TEXT-DAMAGED"
	TextSuspect     Code = "LIST-TEXT-SUSPECT"
	CellError       Code = "LIST-CELL-ERROR"
	NameMissing     Code = "LIST-NAME-MISSING"
	NameShape       Code = "LIST-NAME-SHAPE"
	NameTwo         Code = "LIST-NAME-TWO"
	BirthMissing    Code = "LIST-BIRTH-MISSING"
	BirthShape      Code = "LIST-BIRTH-SHAPE"
	BirthMonthFirst Code = "LIST-BIRTH-MONTH-FIRST"
	BirthOrder      Code = "LIST-BIRTH-ORDER"
	BirthFuture     Code = "LIST-BIRTH-FUTURE"
	BirthOld        Code = "LIST-BIRTH-OLD"
	SexUnknown      Code = "LIST-SEX-UNKNOWN"
	SexMissing      Code = "LIST-SEX-MISSING"
	IDMissing       Code = "LIST-ID-MISSING"
	IDLength        Code = "LIST-ID-LENGTH"
	IDZeroLost      Code = "LIST-ID-ZERO-LOST"
	IDOld           Code = "LIST-ID-OLD"
	IDScientific    Code = "LIST-ID-SCIENTIFIC"
	IDLetter        Code = "LIST-ID-LETTER"
	IDYear          Code = "LIST-ID-YEAR"
	IDSex           Code = "LIST-ID-SEX"
	IDCentury       Code = "LIST-ID-CENTURY"
	IDDemoInReal    Code = "LIST-ID-DEMO"
	IDRealInDemo    Code = "LIST-ID-REAL"
	IDProvince      Code = "LIST-ID-PROVINCE"
	IDTwice         Code = "LIST-ID-TWICE"
	IDKnown         Code = "LIST-ID-KNOWN"
	IDFormer        Code = "LIST-ID-FORMER"
	LocalTwice      Code = "LIST-LOCAL-TWICE"
	LocalKnown      Code = "LIST-LOCAL-KNOWN"
	PersonFile      Code = "LIST-PERSON-FILE"
	PersonBatch     Code = "LIST-PERSON-BATCH"
	PersonCommune   Code = "LIST-PERSON-COMMUNE"
	PersonList      Code = "LIST-PERSON-LIST"
	PersonDead      Code = "LIST-PERSON-DEAD"
	PersonReported  Code = "LIST-PERSON-REPORTED"
	PersonSuspended Code = "LIST-PERSON-SUSPENDED"
	PersonEnded     Code = "LIST-PERSON-ENDED"
	PersonAlive     Code = "LIST-PERSON-ALIVE"
	PersonLater     Code = "LIST-PERSON-LATER"
	PersonMerged    Code = "LIST-PERSON-MERGED"
	PhoneShape      Code = "LIST-PHONE-SHAPE"
	PhoneOld        Code = "LIST-PHONE-OLD"
	AddressOld      Code = "LIST-ADDRESS-OLD"
	CategoryMissing Code = "LIST-CATEGORY-MISSING"
	CategoryUnknown Code = "LIST-CATEGORY-UNKNOWN"
	CategoryAge     Code = "LIST-CATEGORY-AGE"
	CategoryYear    Code = "LIST-CATEGORY-YEAR"
	DecisionDate    Code = "LIST-DECISION-DATE"
	MethodMissing   Code = "LIST-METHOD-MISSING"
	MethodUnknown   Code = "LIST-METHOD-UNKNOWN"
	BankMissing     Code = "LIST-BANK-MISSING"
	BankUnknown     Code = "LIST-BANK-UNKNOWN"
	BankNear        Code = "LIST-BANK-NEAR"
	BankShared      Code = "LIST-BANK-SHARED"
	BankDemo        Code = "LIST-BANK-DEMO"
	AccountMissing  Code = "LIST-ACCOUNT-MISSING"
	AccountShape    Code = "LIST-ACCOUNT-SHAPE"
	AccountLost     Code = "LIST-ACCOUNT-SCIENTIFIC"
	AccountLength   Code = "LIST-ACCOUNT-LENGTH"
	AccountShared   Code = "LIST-ACCOUNT-SHARED"
	AccountMany     Code = "LIST-ACCOUNT-MANY"
	AccountStaff    Code = "LIST-ACCOUNT-STAFF"
	HolderMissing   Code = "LIST-HOLDER-MISSING"
	HolderDiffers   Code = "LIST-HOLDER-DIFFERS"
	HolderPayee     Code = "LIST-HOLDER-PAYEE"
	PayeeID         Code = "LIST-PAYEE-ID"
	PayeeName       Code = "LIST-PAYEE-NAME"
	ChannelDiffers  Code = "LIST-CHANNEL-DIFFERS"
	AmountNegative  Code = "LIST-AMOUNT-NEGATIVE"
	AmountFraction  Code = "LIST-AMOUNT-FRACTION"
	AmountShape     Code = "LIST-AMOUNT-SHAPE"
	AmountZero      Code = "LIST-AMOUNT-ZERO"
	AmountSmall     Code = "LIST-AMOUNT-SMALL"
	NoteEnded       Code = "LIST-NOTE-ENDED"
	MonthSkipped    Code = "LIST-MONTH-SKIPPED"
)

// The findings about a change list, which is held against the month before. Those
// of the whole file stop the import whatever is accepted.
const (
	ChangeOnce     Code = "LIST-CHANGE-ONCE"
	ChangeBase     Code = "LIST-CHANGE-BASE"
	ChangeMonth    Code = "LIST-CHANGE-MONTH"
	ChangeAbsent   Code = "LIST-CHANGE-ABSENT"
	ChangeHeld     Code = "LIST-CHANGE-HELD"
	ChangeUnknown  Code = "LIST-CHANGE-UNKNOWN"
	ChangeNear     Code = "LIST-CHANGE-NEAR"
	ChangeReason   Code = "LIST-CHANGE-REASON"
	ChangeKnown    Code = "LIST-CHANGE-KNOWN"
	ChangeStranger Code = "LIST-CHANGE-STRANGER"
	ChangeWhich    Code = "LIST-CHANGE-WHICH"
	ChangeNew      Code = "LIST-CHANGE-NEW"
	ChangeUnmarked Code = "LIST-CHANGE-UNMARKED"
	ChangeIgnored  Code = "LIST-CHANGE-IGNORED"
	ChangePerson   Code = "LIST-CHANGE-PERSON"
	ChangeStaff    Code = "LIST-CHANGE-STAFF"
)

// warningCodes are the findings that do not keep a row out.
var warningCodes = map[Code]bool{
	SheetHidden: true, SheetUnread: true, SheetEnded: true, ColumnHidden: true, ColumnUnread: true, CellDitto: true, AmountSmall: true, NoteEnded: true, RowSkipped: true, RowHidden: true, CellMerged: true, BirthMissing: true, BirthOrder: true, BirthOld: true, SexMissing: true, IDMissing: true, IDOld: true, IDProvince: true,
	PersonCommune: true, PersonList: true, PersonReported: true, PersonSuspended: true, PersonEnded: true, PersonLater: true, PersonMerged: true, MonthSkipped: true, PhoneShape: true, PhoneOld: true, AddressOld: true, CategoryYear: true,
	DecisionDate: true, AccountLength: true, AccountShared: true, HolderPayee: true, TextChanged: true,
	ChangeIgnored: true, ChangePerson: true, ChangeStaff: true,
}

// repairCodes are the findings that offer a value.
var repairCodes = map[Code]bool{IDZeroLost: true, BirthMonthFirst: true, BankNear: true, TextSuspect: true, ChangeNear: true, ChangeUnmarked: true}

// Severity returns what a finding of this code does to its row.
func (c Code) Severity() Severity {
	switch {
	case warningCodes[c]:
		return SeverityWarning
	case repairCodes[c]:
		return SeverityRepair
	default:
		return SeverityError
	}
}

// Repeats reports whether the code says that the row asks for what another row,
// file or batch already holds: to leave such a row out leaves nobody out.
func (c Code) Repeats() bool { return c == RowTwice || c == PersonFile || c == PersonBatch }

// findingText is what people read: the reason, and what to do about it.
type findingText struct{ vi, en, doVI, doEN string }

// Codes returns every code in alphabetical order, for docs and tests that must
// leave none out.
func Codes() []Code {
	codes := make([]Code, 0, len(findingTexts))
	for code := range findingTexts {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// findingTexts holds the words; %v are filled from the finding. Ids, accounts
// and phones never stand in them, because messages are stored.
var findingTexts = map[Code]findingText{
	FileText: {"tệp là văn bản thường, không có dòng tiêu đề cột của một danh sách", "the file is plain text without the headings of a list",
		"Mở bằng Excel, lưu dạng Excel Workbook (.xlsx) rồi nộp lại; tệp .csv cần dòng tiêu đề và dấu phân cách , hoặc ;", "Open it in Excel, save it as Excel Workbook (.xlsx) and send it again; a .csv needs headings and , or ; between its columns"},
	FilePassword: {"tệp Excel có mật khẩu", "the workbook is protected by a password",
		"Đưa mật khẩu (--password-file), hoặc mở tệp, vào File > Info > Protect Workbook, bỏ mật khẩu, lưu rồi nộp lại", "Give the password (--password-file), or open the workbook, remove it under File > Info > Protect Workbook, save and send it again"},
	FilePasswordWrong: {"mật khẩu không mở được tệp này", "the password does not open this workbook",
		"Kiểm tra chữ hoa, chữ thường, bộ gõ tiếng Việt rồi nhập lại mật khẩu", "Check capitals and the keyboard's Vietnamese input, then give the password again"},
	FilePasswordXLS: {"tệp Excel kiểu cũ (.xls) có mật khẩu nên không đọc được", "the old Excel workbook (.xls) has a password and cannot be read",
		"Mở bằng Excel, bỏ mật khẩu hoặc lưu thành (Save As) dạng Excel Workbook (.xlsx) rồi nộp lại", "Open it in Excel, remove the password or save it as Excel Workbook (.xlsx), and send it again"},
	FileFormat: {"tệp ở dạng %v, không phải .xlsx, .xls hay .csv", "the file is %v, not .xlsx, .xls or .csv",
		"Mở bằng Excel, chọn Lưu thành (Save As) dạng Excel Workbook (.xlsx) rồi nộp lại", "Open it in Excel, save it as Excel Workbook (.xlsx) and send it again"},
	FileUnknown: {"tệp không phải .xlsx, .xls hay .csv, hoặc đã hỏng", "the file is no .xlsx, .xls or .csv, or it is damaged",
		"Mở thử bằng Excel; nếu mở được thì lưu lại dạng .xlsx, nếu không thì lấy lại bản gốc", "Try to open it in Excel; if it opens save it again as .xlsx, otherwise fetch the original"},
	FileDamaged: {"tệp hỏng, không đọc tiếp được từ %v", "the file is damaged and cannot be read on from %v",
		"Mở thử bằng Excel; nếu mở được thì lưu lại dạng .xlsx, nếu không thì lấy lại bản gốc", "Try to open it in Excel; if it opens save it again as .xlsx, otherwise fetch the original"},
	FileLimit: {"nội dung tại %v vượt quá mức một danh sách có thể có", "what stands at %v is more than any list can have",
		"Sao chép riêng danh sách sang sổ Excel mới rồi nộp lại", "Copy the list alone into a new workbook and send it again"},
	FileLarge: {"tệp lớn %v MB, tối đa %v MB", "the file has %v MB, at most %v MB are read",
		"Xóa hình ảnh và trang thừa, hoặc chia danh sách theo xã, phường", "Remove pictures and spare sheets, or split the list by commune"},
	FileExpands: {"nội dung nén trong tệp nở ra quá giới hạn", "the compressed content expands beyond the limit",
		"Sao chép danh sách sang sổ Excel mới rồi nộp lại", "Copy the list into a new workbook and send it again"},
	FileEmpty: {"tệp rỗng", "the file is empty", "Gửi lại tệp danh sách", "Send the list again"},
	RowsMany: {"danh sách có hơn %v dòng", "the list has more than %v rows",
		"Chia danh sách thành nhiều tệp", "Split the list into several files"},
	RowsNone: {"dưới dòng tiêu đề không có người nào", "no person stands under the headings",
		"Kiểm tra lại trang danh sách", "Check the sheet with the list"},
	SheetsMany: {"nhiều trang cùng có danh sách: %v", "several sheets hold lists: %v",
		"Chỉ rõ trang cần đọc (--sheet TÊN), đọc tất cả (--all-sheets), hoặc để mỗi danh sách trong một tệp", "Name the sheet (--sheet NAME), take all (--all-sheets), or keep one list per file"},
	SheetUnknown: {"không có trang “%v”; tệp có: %v", "there is no sheet “%v”; the file has: %v",
		"Viết đúng tên trang", "Give the sheet's name as it stands"},
	SheetHidden: {"trang ẩn “%v” cũng có danh sách và không được đọc", "the hidden sheet “%v” holds a list too and was not read",
		"Nếu cần thì bỏ ẩn (Unhide) hoặc chỉ rõ trang (--sheet TÊN)", "If it counts, unhide it or name it (--sheet NAME)"},
	SheetUnread: {"trang “%v” không có dòng tiêu đề cột nên không được đọc, nhưng dòng %v có số định danh", "the sheet “%v” has no row of headings and was not read, and row %v holds a personal id",
		"Nếu là người hưởng thì chuyển vào trang danh sách; nếu không thì xóa trang này", "Move these people into the list's sheet if they are to be paid; otherwise delete the sheet"},
	SheetEnded: {"trang “%v” ghi “%v”: có thể là danh sách người không còn nhận, nhưng được đọc như danh sách chi", "the sheet “%v” says “%v”: perhaps people who receive no more, and it is read as a list to pay",
		"Nếu những người này không còn nhận thì đừng nộp trang này; báo tử hoặc thôi hưởng trong hồ sơ", "If these people receive no more do not hand the sheet in; record death or end in their records"},
	ColumnUnread: {"cột %v không được đọc, có %v ô ghi nội dung, từ dòng %v", "column %v is not read; %v cells of people hold something, from row %v on",
		"Xem các ô đó: người không được nhận thì bỏ dòng; nội dung cần nhận thì đặt vào cột đúng tên như mẫu", "Look at these cells: leave out the row of whoever is not to be paid; put what counts into a column headed as in the template"},
	ColumnHidden: {"cột %v đang ẩn nhưng vẫn được đọc", "column %v is hidden, and is read all the same",
		"Bỏ ẩn cột và kiểm tra nội dung", "Unhide the column and check what it holds"},
	HeaderNone: {"không tìm thấy dòng tiêu đề cột", "no row with column headings was found",
		"Thêm dòng tiêu đề có các cột: Họ và tên, Số định danh cá nhân, Nhóm đối tượng, Hình thức nhận", "Add a row of headings with at least: Họ và tên, Số định danh cá nhân, Nhóm đối tượng, Hình thức nhận"},
	HeaderColumn: {"thiếu cột “%v”", "the column “%v” is missing",
		"Thêm cột này vào dòng tiêu đề", "Add this column to the row of headings"},
	HeaderTwice: {"hai cột cùng mang nghĩa “%v”", "two columns both mean “%v”",
		"Chỉ giữ một cột", "Keep only one of them"},
	UnitUnknown: {"không có xã, phường mã %v vào ngày này", "there is no commune with code %v on this day",
		"Chọn lại đơn vị hành chính", "Choose the unit again"},

	UnitTitle: {"phần đầu danh sách ghi “%v”, nhưng danh sách được nộp cho %v", "the titles name “%v”, but the list is handed in for %v",
		"Kiểm tra lại đơn vị hành chính đã chọn", "Check which commune was chosen"},
	TextLegacy: {"chữ ở cột %v dùng bảng mã %v, chưa phải Unicode; ví dụ: %v", "the text of column %v is stored in %v, not in Unicode; for example: %v",
		"Xem kỹ chữ sau khi chuyển. Nếu đúng thì xác nhận (--confirm-encoding); hoặc lưu danh sách bằng phông Unicode", "Read the converted text with care. If it is right confirm it (--confirm-encoding); or save the list in a Unicode font"},
	TextChanged: {"chữ ở cột %v được chuyển từ bảng mã %v sang Unicode theo xác nhận", "the text of column %v was converted from %v to Unicode, as confirmed",
		"Lần sau lưu danh sách bằng phông Unicode", "Save the next list in a Unicode font"},
	TextUnread: {"phông %v dùng bảng mã mà hệ thống không chuyển được", "font %v uses an encoding that is not converted here",
		"Dùng Unikey: Công cụ, Chuyển mã, chọn đích là Unicode, rồi nộp lại", "Convert it to Unicode with Unikey (Tools, Convert) and send it again"},
	TextLost: {"chữ tiếng Việt đã mất khi lưu tệp; ví dụ: “%v”", "Vietnamese letters were lost when the file was saved; for example: “%v”",
		"Nộp tệp .xlsx gốc, hoặc lưu lại bằng “CSV UTF-8”; không lưu bằng “CSV (Comma delimited)”", "Send the original .xlsx, or save it again as “CSV UTF-8”, not as “CSV (Comma delimited)”"},

	RowSkipped: {"dòng chỉ có tên, không được nhận", "the row has a name only and was not taken",
		"Nếu là người hưởng thì điền đủ các cột", "If this is a person, fill in the other columns"},
	RowHidden: {"dòng đang bị ẩn nhưng vẫn được đọc", "the row is hidden but was read",
		"Bỏ ẩn dòng để kiểm tra, hoặc xóa nếu không cần", "Show the row and check it, or delete it"},
	RowTwice: {"người này với nhóm đối tượng này đã có ở dòng %v", "this person with this category already stands in row %v",
		"Xóa một trong hai dòng", "Delete one of the two rows"},
	CellError: {"ô chứa lỗi công thức", "the cell holds the error of a formula",
		"Thay công thức bằng giá trị đúng", "Put the right value in place of the formula"},
	CellMerged: {"ô gộp đến dòng %v: nội dung được hiểu là của mọi dòng trong đó", "the cell is merged down to row %v: what it holds is taken for every row in it",
		"Kiểm tra lại; nên bỏ gộp ô và ghi ở từng dòng", "Check it; better split the cell and write it in every row"},
	CellDitto: {"ô ghi “%v” được hiểu là như dòng trên; cột này có %v ô như vậy", "the cell says “%v”, taken for what stands in the row above; the column has %v such cells",
		"Kiểm tra lại, nhất là khi danh sách đã sắp xếp; nên ghi đủ ở từng dòng", "Check it, above all where the list was sorted; better write it in every row"},
	CellLong: {"ô dài quá %v ký tự hoặc có ký tự điều khiển", "the cell has more than %v characters or holds control characters",
		"Rút gọn nội dung ô", "Shorten the cell"},
	TextDamaged: {"ô có ký tự không thuộc bảng mã %v", "the cell holds a character that %v does not have",
		"Gõ lại ô này bằng Unicode", "Type the cell again in Unicode"},
	TextSuspect: {"chữ trong ô này có vẻ dùng bảng mã %v, khác các ô khác", "the text of this cell seems to be stored in %v, unlike the others",
		"Nếu chữ đề nghị là đúng thì chấp nhận, nếu không thì gõ lại", "Accept the offered text if it is right, else type the cell again"},
	NameMissing: {"thiếu họ tên", "the name is missing", "Điền họ và tên đầy đủ", "Fill in the full name"},
	NameShape: {"họ tên có chữ số hoặc ký tự lạ", "the name has digits or odd characters",
		"Ghi họ và tên bằng chữ, không ghi chú thêm", "Write the name in letters, without remarks"},
	NameTwo: {"ô họ tên ghi hai người", "the cell names two people",
		"Ghi mỗi người một dòng, với ngày sinh và số định danh của chính người đó", "Give each person a row, with that person's own birth and id"},
	BirthMissing: {"thiếu ngày hoặc năm sinh", "the birth date is missing", "Điền ngày sinh, hoặc năm sinh nếu chỉ biết năm", "Fill in the date, or the year if only that is known"},
	BirthShape: {"không đọc được ngày sinh", "the birth date cannot be read",
		"Ghi ngày/tháng/năm, năm đủ bốn chữ số, ví dụ 05/03/1936, hoặc chỉ năm 1936; không ghi tuổi", "Write day/month/year with all four digits of the year, for example 05/03/1936, or only 1936; never an age"},
	BirthMonthFirst: {"ngày sinh ghi tháng trước ngày", "the birth date has the month before the day",
		"Nếu ngày đề nghị là đúng thì chấp nhận; nên nộp tệp .xlsx thay cho .csv", "Accept the offered date if it is right; better send the .xlsx than a .csv"},
	BirthOrder: {"có thể ngày và tháng sinh bị đảo, như ở dòng %v", "day and month of birth may be the wrong way round, as in row %v",
		"Đối chiếu giấy tờ; nên nộp tệp .xlsx thay cho .csv", "Compare with the document; better send the .xlsx than a .csv"},
	BirthFuture: {"ngày sinh sau ngày lập danh sách", "the birth date lies after the day of the list", "Kiểm tra lại ngày sinh", "Check the birth date"},
	BirthOld:    {"người này đã %v tuổi", "the person is %v years old", "Đối chiếu giấy tờ: kiểm tra năm sinh và người còn sống không", "Compare with the document: check the year, and whether the person lives"},
	SexMissing:  {"thiếu giới tính; theo số định danh là %v", "the sex is missing; the id says %v", "Điền theo giấy tờ; số định danh có thể là của người nhận thay", "Fill it in from the document; the id may be the payee's"},
	SexUnknown:  {"không đọc được giới tính", "the sex cannot be read", "Ghi Nam hoặc Nữ", "Write Nam or Nữ"},

	IDMissing: {"thiếu số định danh cá nhân; người này được ghi tạm theo tên, ngày sinh và xã", "the personal id is missing; the person is kept provisionally by name, birth and commune",
		"Bổ sung số định danh 12 chữ số", "Add the 12-digit id"},
	IDLength: {"số định danh có %v chữ số, phải đủ 12", "the personal id has %v digits, it must have 12",
		"Định dạng cột là Văn bản (Text) rồi gõ lại đủ 12 chữ số, kể cả số 0 ở đầu", "Format the column as Text and type all 12 digits, leading zeros too"},
	IDZeroLost: {"số định danh thiếu %v số 0 ở đầu do ô kiểu số; thêm vào thì khớp ngày sinh và giới tính", "the personal id lacks leading zeros (%v), lost in a number cell; with them it fits birth and sex",
		"Nếu số đề nghị đúng với giấy tờ thì chấp nhận; hoặc định dạng cột là Văn bản (Text) rồi gõ lại đủ 12 chữ số", "Accept the offered number if it is the document's; or format the column as Text and type all 12 digits"},
	IDOld: {"9 chữ số: là CMND cũ, hoặc ô kiểu số đã mất số 0 ở đầu; người này được ghi tạm theo tên, ngày sinh và xã", "9 digits: an old identity card, or a number cell that lost its zeros; the person is kept provisionally by name, birth and commune",
		"Bổ sung số định danh 12 chữ số, cột định dạng Văn bản (Text)", "Add the 12-digit id, with the column formatted as Text"},
	IDScientific: {"số định danh bị Excel rút gọn nên đã mất chữ số", "the spreadsheet shortened the id and its digits are lost",
		"Định dạng cột là Văn bản (Text) rồi gõ lại từ giấy tờ", "Format the column as Text and type it again from the document"},
	IDLetter: {"ký tự thứ %v của số định danh là “%v”, không phải chữ số", "character %v of the id is “%v”, not a digit",
		"Sửa ký tự này theo giấy tờ", "Correct it from the document"},
	IDYear: {"hai số năm sinh trong số định danh là %v, cột ngày sinh ghi %v", "the id says birth year …%v, the birth column says %v",
		"Đối chiếu giấy tờ: có thể gõ đảo chữ số", "Compare with the document: digits may be turned round"},
	IDSex: {"chữ số thứ tư của số định danh là %v, nghĩa là %v, cột giới tính ghi %v", "digit four of the id is %v, which means %v, the sex column says %v",
		"Đối chiếu giấy tờ", "Compare with the document"},
	IDCentury: {"số định danh cho năm sinh %v, cột ngày sinh ghi %v", "the id gives birth year %v, the birth column says %v",
		"Đối chiếu giấy tờ: sai thế kỷ", "Compare with the document: the century is wrong"},
	IDDemoInReal: {"số định danh bắt đầu bằng 000 chỉ dùng cho dữ liệu giả lập", "ids that begin with 000 are for invented people only",
		"Ghi số định danh thật", "Write the real id"},
	IDRealInDemo: {"cơ sở dữ liệu này chỉ nhận số định danh giả lập bắt đầu bằng 000", "this database takes invented ids beginning with 000 only",
		"Không nạp dữ liệu người thật vào bản trình diễn", "Do not load real people into a demo"},
	IDProvince: {"ba số đầu %v không phải mã tỉnh đã biết", "the first three digits %v are no known province",
		"Đối chiếu giấy tờ; có thể là người sinh ở nước ngoài", "Compare with the document; the person may be born abroad"},
	IDTwice: {"số định danh này đã có ở dòng %v với tên khác", "row %v has the same id with another name",
		"Đối chiếu giấy tờ của cả hai người; hai dòng đều chưa được nhận", "Compare both documents; neither row is taken"},
	IDKnown: {"số định danh này đã đăng ký với tên khác", "this id is registered under another name",
		"Đối chiếu giấy tờ; sửa số định danh hoặc làm thủ tục đổi tên", "Compare with the document; correct the id or have the name changed"},
	IDFormer: {"số định danh này là số cũ của một người đã được đổi số", "this is the former id of a person whose id was changed",
		"Ghi số định danh hiện nay; nếu là người khác thì liên hệ phòng nghiệp vụ", "Write the id of today; if it is somebody else, ask the department"},
	LocalTwice: {"người không có số định danh trùng tên, ngày sinh và giới tính với dòng %v", "a person without id has the same name, birth and sex as row %v",
		"Bổ sung số định danh cho cả hai", "Add the id of both"},
	LocalKnown: {"trong xã đã đăng ký một người cùng tên, cùng ngày sinh, một bên có và một bên không có số định danh", "the commune already has a person of this name and birth, one record with an id and one without",
		"Ghi số định danh nếu là một người; nếu là hai người thì liên hệ phòng nghiệp vụ để xác nhận", "If it is the same person write the same id; if not, ask the department to confirm"},
	PersonFile: {"người này với nhóm đối tượng này đã có ở tệp %v, dòng %v", "this person with this category already stands in file %v, row %v",
		"Chỉ để người này ở một danh sách", "Keep the person on one list only"},
	PersonBatch: {"người này với nhóm đối tượng này đã có trong đợt %v (danh sách %v, dòng %v)", "this person with this category is already in batch %v (list %v, row %v)",
		"Bỏ dòng này; nếu đợt kia sai thì sửa ở đợt kia", "Leave the row out; if that batch is wrong, correct it there"},
	PersonCommune: {"người này đang đăng ký ở %v", "the person is registered in %v",
		"Xác nhận nơi cư trú; nếu chuyển đến thì làm thủ tục chuyển, nếu không thì bỏ dòng", "Confirm where the person lives; record the move, or leave the row out"},
	PersonList: {"người này cũng có trong danh sách %v của %v, dòng %v", "the person also stands in list %v of %v, row %v",
		"Hai xã thống nhất để người này ở một danh sách; hệ thống chỉ chi một lần", "Agree with the other commune who keeps the person; it is paid once only"},
	PersonDead: {"người này đã mất ngày %v", "the person died on %v",
		"Bỏ dòng này; khoản còn được hưởng thì làm thủ tục chi cho người thừa kế hoặc người chăm sóc", "Leave the row out; what is still due goes to an heir or carer, by their paper"},
	PersonReported: {"có người báo người này đã mất, đang chờ xác nhận; tiền được giữ lại", "somebody reported that the person died; it waits to be confirmed and the money rests",
		"Xác nhận hoặc bác báo tử", "Confirm or refuse the report"},
	PersonSuspended: {"người này đang tạm dừng hưởng theo quyết định", "the person's money rests by a decision",
		"Kiểm tra quyết định; nếu được hưởng lại thì ghi nhận trước", "Check the decision; record first that the right goes on"},
	PersonEnded: {"người này đã thôi hưởng theo quyết định", "the person's right ended by a decision",
		"Kiểm tra quyết định; nếu không còn hưởng thì bỏ dòng", "Check the decision; leave the row out if the right ended"},
	PersonAlive: {"danh sách không có người này vì đã ghi báo tử, và báo tử đã hủy", "the list leaves the person out because of a death, and the death was withdrawn",
		"Nộp danh sách bổ sung của tháng này có người này, hoặc quyết định khác", "Hand in a supplementary list of this month with the person, or decide otherwise"},
	PersonLater: {"đã nhận danh sách tháng %v và không có người này", "the list of %v was taken already, without this person",
		"Nếu tháng đó còn được hưởng, nộp danh sách bổ sung của tháng đó có người này", "If the right goes on in that month, hand in a supplementary list of it with the person"},
	PersonMerged: {"số định danh này là của hồ sơ đã gộp vào hồ sơ khác, và cách nhận ở đây khác với hồ sơ đó: tiền đi theo hồ sơ đó", "the record of this id was merged into another, and the way of payment differs from that one's: money follows that one",
		"Ghi số định danh của hồ sơ kia để đổi cách nhận; nếu là hai người thì tách hồ sơ", "Write the other record's id to change the way; undo the merge if they are two people"},
	MonthSkipped: {"chưa có danh sách nào của tháng %v: tháng đó chưa chi cho ai", "there is no list of %v yet: nobody is paid for that month",
		"Nộp danh sách của tháng đó, nếu tháng đó được chi", "Hand in the list of that month, if the month is due"},
	AddressOld: {"địa chỉ ghi “%v”, là đơn vị cũ không thuộc xã, phường này", "the address names “%v”, a former unit that is no part of this commune",
		"Kiểm tra nơi cư trú hiện nay", "Check where the person lives now"},
	PhoneOld: {"số điện thoại 11 chữ số đã đổi đầu số", "an 11-digit number whose prefix was changed",
		"Nếu số đề nghị liên lạc được thì ghi số đó", "Write the offered number if it answers"},
	PhoneShape: {"số điện thoại không đúng dạng nên không được lưu", "the phone number has an odd shape and was not kept",
		"Ghi 10 chữ số bắt đầu bằng 0", "Write 10 digits beginning with 0"},

	CategoryMissing: {"thiếu nhóm đối tượng", "the category is missing", "Ghi mã nhóm, ví dụ HTXH-75", "Write the category's code, for example HTXH-75"},
	CategoryUnknown: {"không có nhóm đối tượng này", "this category is not known", "Ghi mã nhóm đúng danh mục (trang “Danh mục” của mẫu danh sách), ví dụ HTXH-75 - Hưu trí xã hội", "Write a code of the catalogue (sheet “Danh mục” of the template), for example HTXH-75"},
	CategoryAge:     {"nhóm này dành cho độ tuổi %v, người này sinh %v", "this category is for ages %v, the person was born %v", "Kiểm tra ngày sinh và nhóm đối tượng", "Check birth date and category"},
	CategoryYear:    {"nhóm này dành cho độ tuổi %v; chỉ biết năm sinh %v nên chưa rõ", "this category is for ages %v; with the birth year %v alone it is not clear", "Bổ sung ngày, tháng sinh", "Add day and month of birth"},
	DecisionDate:    {"không đọc được ngày của quyết định", "the decision's date cannot be read", "Ghi dạng 10/QĐ-UBND ngày 15/01/2025", "Write it like 10/QĐ-UBND ngày 15/01/2025"},

	MethodMissing: {"thiếu hình thức nhận", "the way of payment is missing", "Ghi Tài khoản, Tiền mặt, Tại nhà hoặc BHXH", "Write Tài khoản, Tiền mặt, Tại nhà or BHXH"},
	MethodUnknown: {"không có hình thức nhận này", "this way of payment is not known", "Ghi Tài khoản, Tiền mặt, Tại nhà hoặc BHXH", "Write Tài khoản, Tiền mặt, Tại nhà or BHXH"},
	BankMissing:   {"nhận qua tài khoản nhưng thiếu ngân hàng", "paid to an account but the bank is missing", "Điền tên ngân hàng hoặc mã BIN", "Fill in the bank's name or BIN"},
	BankUnknown:   {"không tìm thấy ngân hàng này", "this bank is not known", "Ghi tên đầy đủ hoặc mã BIN 6 chữ số của ngân hàng", "Write the full name or the 6-digit BIN"},
	BankNear:      {"không có tên ngân hàng này; gần nhất là %v", "no bank has this name; the nearest is %v", "Nếu đúng thì chấp nhận; nếu không thì ghi tên đầy đủ hoặc mã BIN 6 chữ số", "Accept it if it is right; else write the full name or the 6-digit BIN"},
	BankShared:    {"tên này có thể là: %v", "this name may mean: %v", "Ghi tên đầy đủ hoặc mã BIN 6 chữ số", "Write the full name or the 6-digit BIN"},
	BankDemo:      {"ngân hàng giả lập không dùng được ở đây", "an invented bank cannot be used here", "Ghi ngân hàng thật", "Write the real bank"},

	AccountMissing: {"nhận qua tài khoản nhưng thiếu số tài khoản", "paid to an account but the account number is missing", "Điền số tài khoản hoặc đổi hình thức nhận", "Fill it in or change the way of payment"},
	AccountShape:   {"số tài khoản phải gồm 6 đến 19 chữ số", "an account number has 6 to 19 digits", "Gõ lại số tài khoản, cột định dạng Văn bản (Text)", "Type it again, with the column formatted as Text"},
	AccountLost:    {"số tài khoản bị Excel rút gọn nên đã mất chữ số", "the spreadsheet shortened the account number and its digits are lost", "Định dạng cột là Văn bản (Text) rồi gõ lại", "Format the column as Text and type it again"},
	AccountLength:  {"số tài khoản có %v chữ số, ngân hàng này thường dùng độ dài khác", "the account has %v digits, unusual for this bank", "Kiểm tra lại số tài khoản, nhất là số 0 ở đầu", "Check the number, leading zeros above all"},
	AccountShared:  {"tài khoản này cũng nhận cho %v người khác (%v)", "the account also receives for %v others (%v)", "Kiểm tra từng người, bổ sung giấy tờ nhận thay", "Check each person, add the payee's papers"},
	AccountMany:    {"tài khoản này nhận cho %v người mà không có giấy tờ nhận thay (%v)", "the account receives for %v people without a payee's papers (%v)", "Ghi tài khoản của từng người, hoặc người nhận thay kèm số định danh, tư cách và giấy tờ", "Give each person's own account, or the payee with id, capacity and paper"},
	AccountStaff:   {"tài khoản này là của cán bộ %v, không nhận tiền của người hưởng", "the account belongs to staff member %v, who may not receive for people", "Ghi tài khoản của người hưởng", "Give the person's own account"},
	HolderMissing:  {"có người nhận thay nhưng thiếu tên chủ tài khoản", "someone receives for the person but the account's holder is missing", "Điền tên chủ tài khoản", "Fill in the holder's name"},
	HolderDiffers:  {"chủ tài khoản không phải người hưởng và không phải người nhận thay đã ghi", "the account's holder is neither the person nor the named payee", "Sửa số tài khoản, hoặc ghi người nhận thay kèm giấy tờ", "Correct the account, or name the payee with the paper"},
	HolderPayee:    {"chủ tài khoản là người nhận thay nhưng chưa ghi tư cách", "the holder is the named payee, whose capacity is not stated", "Ghi tư cách: giám hộ, chăm sóc, chủ hộ, thừa kế hoặc ủy quyền, kèm giấy tờ", "State it: guardian, carer, household head, heir or proxy, with the paper"},
	PayeeID:        {"số định danh của người nhận thay không đúng", "the payee's personal id is not right", "Ghi đủ 12 chữ số, ví dụ: Nguyễn Văn A - 012345678901", "Write all 12 digits, for example: Nguyễn Văn A - 012345678901"},
	PayeeName:      {"ô người nhận thay không ghi họ tên", "the payee's cell holds no name", "Ghi họ tên người nhận thay; không có ai nhận thay thì để trống", "Write the payee's name; leave the cell empty if nobody receives for the person"},
	ChannelDiffers: {"cách nhận khác với dòng %v của cùng người này", "the way of payment differs from row %v of the same person", "Ghi cùng một cách nhận ở mọi dòng của một người", "Give one way of payment in all rows of a person"},

	AmountNegative: {"số tiền âm", "the amount is negative", "Ghi số tiền lớn hơn 0, không có dấu trừ", "Write more than zero, without a minus sign"},
	AmountFraction: {"số tiền có phần lẻ hoặc có thể hiểu là phần lẻ", "the amount has a fraction or could be read as one", "Ghi số nguyên đồng, ví dụ 1.000.000", "Write whole đồng, for example 1.000.000"},
	AmountShape:    {"không đọc được số tiền", "the amount cannot be read", "Chỉ ghi chữ số, ví dụ 1.000.000 hoặc 1000000", "Write digits only, for example 1.000.000 or 1000000"},
	AmountZero:     {"số tiền bằng 0", "the amount is zero", "Ghi số tiền lớn hơn 0 hoặc bỏ dòng này", "Write more than zero or leave the row out"},
	AmountSmall:    {"số tiền dưới 10.000 đồng, có lẽ ghi theo nghìn đồng", "the amount is below 10.000 đồng, perhaps written in thousands", "Ghi đủ số đồng, ví dụ 1.000.000; số tiền khác mức quy định thì không được chi", "Write whole đồng, for example 1.000.000; another amount than the rule's is not paid"},
	NoteEnded: {"ghi chú có thể nghĩa là người này đã mất, đã chuyển đi hoặc thôi nhận; dòng vẫn được nhận", "the note may mean that the person died, moved or receives no more; the row is taken all the same",
		"Nếu đúng thì bỏ dòng (danh sách tăng, giảm: ghi Giảm), và báo tử hoặc chuyển đi trong hồ sơ; nếu không thì sửa ghi chú", "If so leave the row out (on a list of changes: mark it Giảm) and record the death or the move; otherwise correct the note"},
	ChangeOnce: {"danh sách có cột Tăng / Giảm / Đổi, nhưng chương trình này chi một lần, không theo tháng", "the list has marks of change, and this programme pays once, not by the month",
		"Bỏ cột Tăng / Giảm / Đổi và nộp danh sách những người được nhận", "Take the column of changes out and hand in the people who receive"},
	ChangeBase: {"chưa có danh sách tháng trước để tính tăng, giảm", "there is no list of an earlier month to change",
		"Nộp danh sách đầy đủ: bỏ cột Tăng / Giảm / Đổi", "Hand in a whole list: take the column of changes out"},
	ChangeMonth: {"tháng này đã nhận danh sách %v, chỉ nhận một danh sách tăng, giảm cho mỗi tháng", "list %v of this month was taken already, and a month has one change list",
		"Người bổ sung: nộp danh sách bổ sung không có cột Tăng / Giảm / Đổi; người giảm: ghi thôi hưởng trong hồ sơ (person propose standing) hoặc ghi vào tháng sau", "Add people by a list without the column of changes; end a right in the person's record (person propose standing) or in the next month's list"},
	ChangeAbsent: {"%v người của danh sách trước không có trong tệp: %v", "%v people of the list before are not in the file: %v",
		"Đừng xóa dòng: giữ dòng của họ, ghi Giảm và lý do nếu thôi hưởng", "Delete no rows: keep theirs, and mark them Giảm with the reason if the right ended"},
	ChangeHeld: {"%v dòng Giảm hoặc dòng ghi không rõ có lỗi nên cả danh sách chưa được nhận", "%v rows that end a right, or whose mark is unclear, have errors, so nothing of the list is taken",
		"Sửa các dòng đó trước: chi tiếp hay dừng chi đều có thể sai", "Correct these rows first: paying on and stopping may both be wrong"},
	ChangeUnknown: {"không hiểu cách ghi ở cột Tăng / Giảm / Đổi", "the mark of change is not understood",
		"Ghi Tăng, Giảm, Đổi hoặc để trống", "Write Tăng, Giảm, Đổi or leave it empty"},
	ChangeNear: {"cột Tăng / Giảm / Đổi có lẽ là %v", "the mark of change is probably %v",
		"Chọn từ danh sách thả xuống, hoặc nhận giá trị đề nghị", "Choose from the drop-down, or accept the offer"},
	ChangeReason: {"dòng Giảm chưa có số quyết định hay lý do", "a right ends without a decision or a reason",
		"Ghi số, ngày quyết định, hoặc lý do vào cột Ghi chú", "Give the decision with its date, or the reason in the note"},
	ChangeKnown: {"ghi Tăng nhưng đã có ở danh sách trước (danh sách %v, dòng %v)", "marked as new, and stands on the list before already (list %v, row %v)",
		"Ghi Đổi nếu có thay đổi, để trống nếu giữ nguyên", "Mark Đổi if something changed, leave it empty if nothing did"},
	ChangeStranger: {"ghi %v nhưng không có ở danh sách trước", "marked %v, and does not stand on the list before",
		"Kiểm tra số định danh, họ tên và nhóm đối tượng; người mới thì ghi Tăng", "Check id, name and category; mark a new person Tăng"},
	ChangeWhich: {"người này có nhiều nhóm đối tượng ở danh sách trước: %v", "this person stands on the list before in several categories: %v",
		"Ghi rõ nhóm đối tượng của dòng này", "Say which category this row is about"},
	ChangeNew: {"không có ở danh sách trước mà chưa ghi Tăng", "does not stand on the list before and is not marked Tăng",
		"Ghi Tăng nếu là người mới; nếu không, sửa lại số định danh cho đúng người", "Mark a new person Tăng; otherwise correct the id"},
	ChangeUnmarked: {"đã sửa %v so với danh sách trước mà chưa ghi Đổi", "%v differ from the list before and the row is not marked Đổi",
		"Ghi Đổi nếu đúng là thay đổi; nếu không, trả lại nội dung cũ", "Mark the row Đổi if this is a change; otherwise put the old content back"},
	ChangeIgnored: {"đã sửa ô “%v” mà không ghi Đổi: không được nhận", "the cell “%v” was changed and the row is not marked Đổi: it is not taken",
		"Ghi Đổi nếu nội dung mới là đúng; nếu không, trả lại nội dung cũ", "Mark the row Đổi if the new content is right; otherwise put the old content back"},
	ChangePerson: {"ô “%v” khác hồ sơ của người này: danh sách không sửa được hồ sơ", "the cell “%v” differs from the person's record, which no list changes",
		"Nếu hồ sơ sai thì đề nghị sửa kèm giấy tờ (person propose birth); nếu không, sửa lại ô này", "If the record is wrong propose a change with the paper (person propose birth); otherwise correct the cell"},
	ChangeStaff: {"%v giữ nguyên như tháng trước, nhưng tài khoản nhận nay ghi là của cán bộ %v", "%v stays as in the month before, and the account is now noted as that of staff member %v",
		"Ghi Đổi với tài khoản của chính người hưởng", "Mark the row Đổi with the person's own account"},
}
