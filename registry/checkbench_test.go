package registry

import (
	"fmt"
	"testing"

	"ansinh/internal/calendar"
)

// BenchmarkCheckRows measures the checks of a list without the reading of its
// file: text, every cell of a row, and what shows between rows. One turn is one row; a
// list has 10,000 people, two of three with an account.
func BenchmarkCheckRows(b *testing.B) {
	const people = 10_000
	headings := []string{"STT", "Họ và tên", "Ngày sinh", "Giới tính", "CCCD", "Điện thoại", "Thôn", "Địa chỉ", "Đối tượng", "Quyết định", "Hình thức nhận",
		"Ngân hàng", "Số tài khoản", "Chủ tài khoản", "Người nhận thay", "Số tiền", "Ghi chú"}
	surnames := []string{"Nguyễn Thị", "Trần Văn", "Lê Đức", "Phạm Quang", "Hoàng Thị Bích", "Lý Bá"}
	given := []string{"Hòa", "Mẫu", "Thuý", "Phượng", "Bình", "Lá", "Long"}
	rows := make([]Row, people)
	for i := range rows {
		name := surnames[i%len(surnames)] + " " + given[i%len(given)]
		cells := []string{fmt.Sprint(i + 1), name, fmt.Sprintf("%02d/%02d/19%02d", 1+i%28, 1+i%12, 30+i%60), "Nam", fmt.Sprintf("0000%02d%06d", 30+i%60, i),
			fmt.Sprintf("0000%06d", i), "Tổ dân phố số 3", fmt.Sprintf("Số %d ngõ 5, phường Ba Đình", i), "TET-HN-2026-03 - Lao động đặc biệt khó khăn",
			fmt.Sprintf("%d/QĐ-UBND ngày 05/01/2026", i), "Tiền mặt", "", "", "", "", "500000", ""}
		if i%3 > 0 {
			cells[10], cells[11], cells[12], cells[13] = "Tài khoản", "Ngân hàng Mẫu A - CN Hà Nội", fmt.Sprintf("001%010d", i), name
		}
		rows[i] = Row{No: i + 2, Cells: cells}
	}
	h, _, _ := recognise("s", Row{No: 1, Cells: headings})
	b.ReportAllocs()
	var text *textRows
	var reader lineReader
	list, next := List{}, people
	for b.Loop() { // one row; every list is finished when it is full
		if next == people {
			text = newTextRows(&sheetRows{name: "s"}, TextOptions{})
			text.started = true
			reader = newLineReader(text, ReadOptions{Demo: true, Now: calendar.Must(2026, 1, 20).Start(), Unit: "00004"})
			reader.header, next = h, 0
			list = List{HeaderRow: 1, Lines: make([]Line, 0, people)}
		}
		text.convert(rows[next])
		line, findings := reader.read(rows[next])
		list.Lines, list.Findings = append(list.Lines, line), append(list.Findings, findings...)
		if next++; next == people {
			if list.finish(h); list.Taken() != people {
				b.Fatalf("%d rows taken, findings %v", list.Taken(), list.Findings[:1])
			}
		}
	}
}
