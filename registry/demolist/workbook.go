package demolist

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/xuri/excelize/v2"
)

// Truth is what a workbook holds, known without reading it.
type Truth struct {
	Rows     int   // rows of people, defective ones included
	Sound    int   // rows the intake must take
	People   int   // distinct people on sound rows
	TotalVND int64 // of the sound rows, by the gifts the demo assumes
	Defects  []Defect
	ByMethod map[string]int // sound rows by account, bhxh, cash, home
}

// Defect is a row the intake must refuse, and why.
type Defect struct {
	Row  int
	Code string
}

// layout is how a commune arranges its list.
type layout struct {
	order     []int // of columns
	spelling  int
	amounts   bool
	bankStyle int
	titles    int // rows above the header
}

const columns = 16

func newLayout(rng *rand.Rand) layout {
	l := layout{order: make([]int, columns), spelling: rng.IntN(3), amounts: rng.IntN(3) > 0, bankStyle: rng.IntN(4), titles: 5 + rng.IntN(4)}
	for i := range l.order {
		l.order[i] = i
	}
	if rng.IntN(3) == 0 {
		rng.Shuffle(columns-1, func(i, j int) { l.order[i+1], l.order[j+1] = l.order[j+1], l.order[i+1] })
	}
	return l
}

// headings are three ways to write the same columns, in the order of cells.row.
var headings = [3][columns]string{
	{"STT", "Họ và tên", "Ngày, tháng, năm sinh", "Giới tính", "Số định danh cá nhân", "Số điện thoại", "Người liên hệ (quan hệ)",
		"Thôn/tổ dân phố", "Nhóm đối tượng", "Số, ngày quyết định", "Hình thức nhận", "Ngân hàng", "Số tài khoản", "Chủ tài khoản", "Số tiền", "Ghi chú"},
	{"TT", "HỌ TÊN", "NGÀY SINH", "GIỚI TÍNH", "SỐ CCCD", "SĐT", "LIÊN HỆ", "TỔ DÂN PHỐ", "ĐỐI TƯỢNG", "QUYẾT ĐỊNH", "HÌNH THỨC CHI TRẢ",
		"TÊN NGÂN HÀNG", "SỐ TK", "TÊN CHỦ TÀI KHOẢN", "MỨC QUÀ", "GHI CHÚ"},
	{"Số TT", "Ho va ten", "Năm sinh", "Phái", "Mã định danh cá nhân", "Điện thoại", "Người liên hệ", "Thôn, tổ dân phố", "Diện hưởng",
		"Số quyết định", "Phương thức nhận", "Ngân hàng", "Số tài khoản", "Chủ TK", "Số tiền (đồng)", "Ghi chú"},
}

// cells are the texts of one row before they are laid out.
type cells struct {
	name, birth, sex, id, phone, group, category, decision, method, bank, account, holder string
	serial                                                                                time.Time // set when the birth is a date cell
	amount                                                                                int64
}

// WriteTet writes the unit's list for the Tet gifts and returns the truth.
func (u Unit) WriteTet(w io.Writer) (Truth, error) {
	return u.write(w, "DANH SÁCH NGƯỜI NHẬN QUÀ TẾT NGUYÊN ĐÁN BÍNH NGỌ 2026", u.tetRows)
}

// WriteLongevity writes the unit's list for the longevity gifts: people of the
// Tet list with a round age, without defects, by the same channels. Truth.Rows
// may be 0: then the workbook holds nobody and need not be imported.
func (u Unit) WriteLongevity(w io.Writer) (Truth, error) {
	return u.write(w, "DANH SÁCH MỪNG THỌ XUÂN BÍNH NGỌ 2026", u.longevityRows)
}

func (u Unit) tetRows(add func(p person, c cells, code string) error) error {
	return u.each(func(p person) error {
		g := gifts[p.gift]
		c := u.cells(p, g.code+" - "+g.title, g.amount)
		p.spoil(&c)
		code := defectCodes[p.defect]
		if p.defect == rowTwice {
			code = "" // the first of the two is sound
		}
		if err := add(p, c, code); err != nil {
			return err
		}
		if p.defect == rowTwice {
			return add(p, c, defectCodes[rowTwice])
		}
		if p.also != 0 {
			second := gifts[p.also]
			return add(p, u.cells(p, second.code+" - "+second.title, second.amount), "")
		}
		return nil
	})
}

func (u Unit) longevityRows(add func(p person, c cells, code string) error) error {
	return u.each(func(p person) error {
		code, amount := p.longevity()
		if code == "" {
			return nil
		}
		return add(p, u.cells(p, code+" - Mừng thọ", amount), "")
	})
}

// cells writes a person as the commune's clerk would.
func (u Unit) cells(p person, category string, amount int64) cells {
	c := cells{
		name: p.name, sex: "Nam", id: p.id, phone: p.phone, group: fmt.Sprintf("Tổ dân phố số %d", p.group),
		category: category, decision: fmt.Sprintf("%d/QĐ-UBND ngày %d/%02d/2025", p.decision, 1+p.decision%28, 1+p.decision%12), amount: amount,
	}
	if p.female {
		c.sex = "Nữ"
	}
	switch {
	case p.month == 0:
		c.birth = fmt.Sprint(p.born)
	case p.dateStyle < 4:
		c.serial = time.Date(p.born, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	default:
		c.birth = fmt.Sprintf("%02d/%02d/%d", p.day, p.month, p.born)
	}
	switch p.method {
	case byAccount:
		c.method, c.account, c.holder = "Tài khoản", p.account, p.holder()
		c.bank = []string{"Ngân hàng Mẫu %c", "NH Mẫu %c", "Mẫu %c", "NGÂN HÀNG MẪU %c - CN Hà Nội"}[u.layout.bankStyle]
		c.bank = fmt.Sprintf(c.bank, 'A'+p.bank)
	case byBHXH:
		c.method = "BHXH"
	case byCash:
		c.method = "Tiền mặt"
	case byHome:
		c.method = "Tại nhà"
	}
	return c
}

// write lays out titles, headings, rows, totals and signatures, streaming.
func (u Unit) write(w io.Writer, title string, rows func(add func(person, cells, string) error) error) (Truth, error) {
	file := excelize.NewFile()
	defer file.Close()
	const sheet = "Danh sách"
	if err := file.SetSheetName("Sheet1", sheet); err != nil {
		return Truth{}, fmt.Errorf("name sheet of %s: %w", u.Code, err)
	}
	dateStyle, err := file.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		return Truth{}, fmt.Errorf("style of %s: %w", u.Code, err)
	}
	stream, err := file.NewStreamWriter(sheet)
	if err != nil {
		return Truth{}, fmt.Errorf("write list of %s: %w", u.Code, err)
	}
	s := sheetWriter{stream: stream, unit: u, dateStyle: dateStyle, truth: Truth{ByMethod: map[string]int{}}}
	s.titles(title)
	lastSound := -1
	if err := rows(func(p person, c cells, code string) error {
		s.person(c)
		if code != "" {
			s.truth.Defects = append(s.truth.Defects, Defect{Row: s.row, Code: code})
			return s.err
		}
		s.truth.Sound++
		s.truth.TotalVND += c.amount
		s.truth.ByMethod[[]string{"account", "bhxh", "cash", "home"}[p.method]]++
		if p.serial != lastSound {
			lastSound = p.serial
			s.truth.People++
		}
		return s.err
	}); err != nil {
		return Truth{}, fmt.Errorf("write list of %s: %w", u.Code, err)
	}
	s.foot()
	if s.err == nil {
		s.err = stream.Flush()
	}
	if s.err == nil {
		s.err = file.Write(w)
	}
	if s.err != nil {
		return Truth{}, fmt.Errorf("write list of %s: %w", u.Code, s.err)
	}
	return s.truth, nil
}

// sheetWriter writes rows downwards and keeps the first error.
type sheetWriter struct {
	stream    *excelize.StreamWriter
	unit      Unit
	dateStyle int
	row       int
	truth     Truth
	total     int64
	err       error
}

func (s *sheetWriter) line(values ...any) {
	s.row++
	if s.err != nil || len(values) == 0 {
		return
	}
	s.err = s.stream.SetRow(fmt.Sprintf("A%d", s.row), values)
}

func (s *sheetWriter) titles(title string) {
	s.line("ỦY BAN NHÂN DÂN " + s.unit.Name)
	s.line("DỮ LIỆU GIẢ LẬP")
	s.line(title)
	for s.row < s.unit.layout.titles-1 {
		s.line()
	}
	s.line("", "", "", "", "", "", "", "", "Đơn vị tính: đồng")
	headings, numbers := make([]any, columns), make([]any, columns)
	for i, column := range s.unit.layout.order {
		headings[i], numbers[i] = headingsOf(s.unit.layout)[column], fmt.Sprintf("(%d)", i+1)
	}
	s.line(headings...)
	s.line(numbers...)
}

func headingsOf(l layout) [columns]string { return headings[l.spelling] }

// person writes one row of a list.
func (s *sheetWriter) person(c cells) {
	s.truth.Rows++
	s.total += c.amount
	var birth any = c.birth
	if c.birth == "" {
		birth = excelize.Cell{StyleID: s.dateStyle, Value: c.serial}
	}
	var amount any = ""
	if s.unit.layout.amounts {
		amount = c.amount
	}
	plain := [columns]any{s.truth.Rows, c.name, birth, c.sex, c.id, c.phone, "", c.group, c.category, c.decision, c.method,
		c.bank, c.account, c.holder, amount, ""}
	row := make([]any, columns)
	for i, column := range s.unit.layout.order {
		row[i] = plain[column]
	}
	s.line(row...)
}

func (s *sheetWriter) foot() {
	s.line(fmt.Sprintf("Tổng cộng: %d dòng, %d đồng", s.truth.Rows, s.total))
	s.line()
	s.line("NGƯỜI LẬP BIỂU", "", "", "", "KẾ TOÁN", "", "", "", "TM. ỦY BAN NHÂN DÂN")
	s.line("(Ký, họ tên)", "", "", "", "(Ký, họ tên)", "", "", "", "(Ký, họ tên, đóng dấu)")
}
