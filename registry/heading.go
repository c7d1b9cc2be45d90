package registry

import (
	"regexp"
	"slices"
	"strings"

	"ansinh/internal/vntext"
	"ansinh/registry/sheet"
)

// Column is what a column of a list means.
type Column int

// The columns of a list, in the order of the template.
const (
	ColNumber Column = iota
	ColName
	ColBirth
	ColSex
	ColID
	ColPhone
	ColContact
	ColGroup
	ColAddress
	ColCategory
	ColDecision
	ColMethod
	ColBank
	ColAccount
	ColHolder
	ColPayee
	ColAmount
	ColNote
	ColChange // of a change list; absent in a whole one
	columnCount
)

// columnSpec says how a column is headed, in the template and in the wild.
type columnSpec struct {
	title     string
	spellings []string // tight folds, beside that of the title
	required  bool
	masked    bool
}

var columnSpecs = [columnCount]columnSpec{
	ColNumber:   {title: "STT", spellings: []string{"tt", "sott", "sothutu"}},
	ColName:     {title: "Họ và tên", spellings: []string{"hoten", "hovatendem", "hotennguoihuong", "hovatennguoihuong", "hovatendoituong", "hotendoituong", "tennguoihuong", "tendoituong", "hovatennguoithuhuong", "nguoithuhuong", "hovatennguoinhanqua", "hotennguoinhanqua", "hovatennguoinhan", "hovatencongdan", "hotenkhaisinh", "hochudemvaten", "hotendem", "tendaydu"}, required: true},
	ColBirth:    {title: "Ngày, tháng, năm sinh", spellings: []string{"ngaysinh", "namsinh", "ngaythangnamsinh", "ngaynamsinh", "sinhngay", "ngthns", "ntns", "ngaythangsinh", "namsinhnam", "namsinhnu", "ngaysinhnam", "ngaysinhnu", "ngaythangnamsinhnam", "ngaythangnamsinhnu", "sinhnam"}},
	ColSex:      {title: "Giới tính", spellings: []string{"phai", "namnu", "gioi"}},
	ColID:       {title: "Số định danh cá nhân", spellings: []string{"sodinhdanh", "madinhdanh", "madinhdanhcanhan", "socccd", "cccd", "socancuoc", "socancuoccongdan", "cancuoccongdan", "socccddinhdanh", "socccdsodinhdanh", "sodinhdanhcccd", "sodinhdanhcanhancccd", "socccdcmnd", "cccdcmnd", "cccdmadinhdanh", "socccdmadinhdanh", "socccdcancuoc", "cccdcancuoc", "socancuoccccd", "cancuoc", "thecancuoc", "sothecancuoc", "cmndcccd", "socmndcccd", "socmtcccd", "dinhdanhcanhan", "madinhdanhcccd", "sodinhdanhcanhancmnd", "sodddcn", "sdddcn", "ddcn", "soddcn", "cccdsodinhdanh", "cccddinhdanh", "socccdhoacmnd", "socccdsodinhdanhcanhan"}, required: true, masked: true},
	ColPhone:    {title: "Số điện thoại", spellings: []string{"dienthoai", "sdt", "sodt", "dt", "dienthoailienhe", "sodienthoailienhe", "dtlienhe", "dtdd", "didong", "sodidong", "sodtlienhe", "sdtlienhe"}, masked: true},
	ColContact:  {title: "Người liên hệ (quan hệ)", spellings: []string{"nguoilienhe", "lienhe", "nguoilienhequanhe", "nguoithan"}},
	ColGroup:    {title: "Thôn/tổ dân phố", spellings: []string{"thon", "todanpho", "thontodanpho", "thonto", "tdp", "thontdp", "thonxom", "xom", "tothon", "khudancu", "khupho", "ap", "ban", "tothonxom", "thonbantodanpho", "thonbanto", "to", "xomto", "diabanthon", "todp"}},
	ColAddress:  {title: "Địa chỉ", spellings: []string{"noio", "noicutru", "diachithuongtru", "choohiennay", "noithuongtru", "diachicutru", "diachihiennay", "noiohiennay", "noiohientai", "diachihientai", "hokhauthuongtru", "hktt", "thuongtru", "diachinoio", "noidangkythuongtru"}},
	ColCategory: {title: "Nhóm đối tượng", spellings: []string{"doituong", "loaidoituong", "nhom", "manhom", "madoituong", "dienhuong", "diendoituong", "manhomdoituong", "nhomdoituonghuong", "diendoituonghuong", "loaidoituonghuong", "doituonghuong", "doituonghuongqua", "nhomdoituongnhanqua", "doituongthuhuong", "dien", "madien", "maloaidoituong", "nhomdt", "loaidt"}, required: true},
	ColDecision: {title: "Số, ngày quyết định", spellings: []string{"soquyetdinh", "quyetdinh", "soqd", "songayqd", "qdhuong", "quyetdinhso", "sovangayquyetdinh", "songaythangquyetdinh", "quyetdinhhuong"}},
	ColMethod:   {title: "Hình thức nhận", spellings: []string{"hinhthucchitra", "phuongthucnhan", "phuongthucchitra", "hinhthuc", "hinhthuclinh", "cachnhan", "hinhthucnhantien", "phuongthuc", "hinhthucchi", "hinhthucnhanqua", "hinhthucthanhtoan", "phuongthucthanhtoan", "hinhthuctra", "hinhthucchitradangky", "dangkyhinhthucnhan", "hinhthucnhantrocap", "kenhnhan", "kenhchitra"}, required: true},
	ColBank:     {title: "Ngân hàng", spellings: []string{"tennganhang", "nganhangmotaikhoan", "motainganhang", "nh", "nganhangthuhuong", "tainganhang", "tennh", "nganhangmotk", "nganhangnhan", "nganhangnhantien", "moitainganhang", "noimotaikhoan", "manganhang", "nganhangchinhanh"}},
	ColAccount:  {title: "Số tài khoản", spellings: []string{"sotk", "stk", "taikhoan", "sohieutaikhoan", "sotaikhoannganhang", "sotknganhang", "sotaikhoannhan", "sotaikhoanthuhuong", "taikhoannganhang", "sotaikhoannhantien", "sotaikhoancanhan", "stknganhang", "sotaikhoanatm"}, masked: true},
	ColHolder:   {title: "Chủ tài khoản", spellings: []string{"tenchutaikhoan", "chutk", "tentaikhoan", "tenchutk", "tentk", "hotenchutaikhoan", "chutaikhoannhan", "hovatenchutaikhoan", "tenchusohuutaikhoan", "tennguoithuhuongtaikhoan", "hotenchutk"}},
	ColPayee:    {title: "Người nhận thay", spellings: []string{"nguoinhanho", "nguoiduocuyquyen", "nguoinhan", "nguoinhanuyquyen", "nguoilinhthay", "hotennguoinhanthay", "hovatennguoinhanthay", "nguoidaidiennhan", "nguoinhanthayhoten", "nguoidaidien", "hotennguoiduocuyquyen", "hovatennguoiduocuyquyen"}, masked: true},
	ColAmount:   {title: "Số tiền", spellings: []string{"mucchi", "muchuong", "sotiendong", "thanhtien", "muctang", "sotienduochuong", "mucqua", "mucquatang", "sotiennhan", "muctrocap", "tongsotien", "sotienvnd", "sotiendongvn", "sotienhuong", "sotienqua", "sotienchitra", "tienqua", "giatriqua", "muctien", "sotienduocnhan", "sotienhotro", "muchotro", "mucnhan", "mucchitra", "tong", "tongtien", "cong", "sotientrocap"}},
	ColNote:     {title: "Ghi chú", spellings: []string{"chuthich", "ghichukhac", "gc", "lydo", "ghichunguoinhan"}},
	ColChange:   {title: "Tăng / Giảm / Đổi", spellings: []string{"biendong", "tanggiam", "tanggiamdoi", "loaibiendong", "noidungbiendong", "thaydoi", "tanggiamdieuchinh", "biendongtanggiam", "tinhtrangbiendong"}},
}

// Title returns the column's heading in the template.
func (c Column) Title() string { return columnSpecs[c].title }

var headingWords = func() map[string]Column {
	words := make(map[string]Column)
	for c := range columnCount {
		words[vntext.FoldTight(columnSpecs[c].title)] = c
		for _, spelling := range columnSpecs[c].spellings {
			words[spelling] = c
		}
	}
	return words
}()

// inBrackets is what people add to a heading: "(12 số)", "(đồng)".
var inBrackets = regexp.MustCompile(`\([^)]*\)|\[[^\]]*\]`)

// columnOf returns what a heading means.
func columnOf(heading string) (Column, bool) {
	if c, ok := headingWords[vntext.FoldTight(heading)]; ok {
		return c, true
	}
	c, ok := headingWords[vntext.FoldTight(inBrackets.ReplaceAllString(heading, " "))]
	return c, ok
}

// headingsMin is how many known headings make a row the header: titles hold
// none, data at most one by accident.
const headingsMin = 4

// headerRowMax is how far down a header is looked for.
const headerRowMax = 100

// header is the place of each column in one sheet.
type header struct {
	row      int
	at       [columnCount]int // index in the row, -1 = absent
	headings []string
	// women is the index of the second of two birth columns, "Nam" and "Nữ", in
	// which a year also says the sex; 0 = there is one birth column.
	women   int
	madeSex bool // the list has no other column of the sex
	// remarks is the column of an annotated copy that says what to mend; 0 = none. It
	// is no part of the list: beside it a row with a name only would be a person.
	remarks int
	// known remembers what category texts mean: a list repeats a few of them
	// thousands of times.
	known map[string]string
	// banks remembers in the same way what bank texts mean.
	banks map[string]foundBank
}

// foundBank is what FindBank and NearestBank say of a text.
type foundBank struct {
	found   []Bank
	certain bool
	near    Bank // when nothing was found and one name is near
	isNear  bool
}

// remarksHeading is the tight fold of the heading that annotated copies add.
const remarksHeading = "cansua"

// recognise returns the header if row is one, with findings about columns that
// are missing or doubled.
func recognise(sheetName string, row Row) (header, []Finding, bool) {
	h := header{row: row.No, headings: slices.Clone(row.Cells), known: map[string]string{}, banks: map[string]foundBank{}}
	for c := range h.at {
		h.at[c] = -1
	}
	var findings []Finding
	known := 0
	for i, cell := range row.Cells {
		c, ok := columnOf(cell)
		if !ok {
			if vntext.FoldTight(cell) == remarksHeading {
				h.remarks = i
			}
			continue
		}
		if c == ColBirth && h.splitBirth(i, cell) {
			continue
		}
		if h.at[c] >= 0 {
			findings = append(findings, Finding{Code: HeaderTwice, Severity: SeverityError, Sheet: sheetName, Row: row.No,
				Column: columnLetters(i), Heading: cell, Value: cell, args: []any{c.Title()}})
			continue
		}
		h.at[c] = i
		known++
	}
	if known < headingsMin {
		return header{}, nil, false
	}
	h.placeSex()
	for c := range columnCount {
		if columnSpecs[c].required && h.at[c] < 0 {
			findings = append(findings, Finding{Code: HeaderColumn, Severity: SeverityError, Sheet: sheetName, Row: row.No,
				Heading: c.Title(), args: []any{c.Title()}})
		}
	}
	return h, findings, true
}

// has reports whether the list has column c.
func (h header) has(c Column) bool { return h.at[c] >= 0 }

// cell returns the cleaned text of column c: trimmed, in NFC.
func (h header) cell(row Row, c Column) string {
	return strings.TrimSpace(vntext.NFC(row.Cell(h.at[c])))
}

// knownMax bounds that memory against a hostile list.
const knownMax = 1000

// category returns the code of the row's category cell, or false.
func (h header) category(row Row) (string, bool) {
	text := row.Cell(h.at[ColCategory])
	code, seen := h.known[text]
	if !seen {
		code, _ = categoryOf(h.cell(row, ColCategory))
		if len(h.known) < knownMax {
			h.known[text] = code
		}
	}
	return code, code != ""
}

// bank looks a bank's text up, at most once.
func (h header) bank(text string, demo bool) foundBank {
	b, seen := h.banks[text]
	if !seen {
		if b.found, b.certain = FindBank(text); len(b.found) == 0 {
			b.near, b.isNear = NearestBank(text, demo)
		}
		if len(h.banks) < knownMax {
			h.banks[text] = b
		}
	}
	return b
}

// columnLetters returns A for 0, Z for 25, AA for 26.
func columnLetters(i int) string { return sheet.ColumnLetters(i) }
