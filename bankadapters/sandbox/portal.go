package sandbox

import (
	"errors"
	"net/http"
	"strconv"
)

type sheetLine struct {
	Cell string `json:"cell"`
	Text string `json:"text"`
}

// sheetRefusal refuses a whole workbook.
type sheetRefusal struct {
	Code  string      `json:"error"`
	Lines []sheetLine `json:"lines"`
}

func (r *sheetRefusal) Error() string { return r.Code }

func badSheet(cell, text string) *sheetRefusal {
	return &sheetRefusal{Code: "FF01", Lines: []sheetLine{{cell, text}}}
}

var sheetHeadings = []string{"STT", "Mã khoản", "Họ tên", "Số tài khoản", "Mã ngân hàng", "Số tiền", "Nội dung"}

const (
	sheetTitle     = "BẢNG KÊ LỆNH CHI"
	resultTitle    = "KẾT QUẢ LỆNH CHI"
	sheetHeadRow   = 8 // headings; payments follow
	resultPaid     = "THÀNH CÔNG"
	resultRejected = "TỪ CHỐI"
	resultWorking  = "ĐANG XỬ LÝ"
)

// readSheetInstruction reads an uploaded workbook by docs/BANKS.md §7.
func readSheetInstruction(body []byte) (instruction, error) {
	var d instruction
	rows, err := readWorkbook(body)
	if err != nil {
		return d, badSheet("A1", err.Error())
	}
	at := func(row, column int) string {
		if row <= len(rows) && column < len(rows[row-1]) {
			return rows[row-1][column]
		}
		return ""
	}
	if at(1, 0) != sheetTitle {
		return d, badSheet("A1", "title is not "+sheetTitle)
	}
	d.id, d.account, d.date = at(2, 1), at(3, 1), at(4, 1)
	d.info = d.id
	if d.id == "" || len(d.id) > 35 {
		return d, badSheet("B2", "submission reference is missing or longer than 35 characters")
	}
	count, err := strconv.Atoi(at(5, 1))
	if err != nil {
		return d, badSheet("B5", "count is not a whole number")
	}
	total, ok := wholeDong(at(6, 1))
	if !ok {
		return d, badSheet("B6", "sum is not whole đồng")
	}
	d.count, d.total = count, total
	for i, want := range sheetHeadings {
		if at(sheetHeadRow, i) != want {
			return d, badSheet(columnName(i)+strconv.Itoa(sheetHeadRow), "heading is not "+want)
		}
	}
	if err := d.readRows(rows, at); err != nil {
		return d, err
	}
	if len(d.rows) != count {
		return d, &sheetRefusal{"AM18", []sheetLine{{"B5", "count is " + at(5, 1) + ", rows " + strconv.Itoa(len(d.rows))}}}
	}
	for _, check := range []func() error{d.addsUp, d.distinct} {
		var bad refusal
		if errors.As(check(), &bad) {
			return d, &sheetRefusal{bad.code, []sheetLine{{"B6", bad.text}}}
		}
	}
	return d, nil
}

func (d *instruction) readRows(rows [][]string, at func(row, column int) string) error {
	for row := sheetHeadRow + 1; row <= len(rows); row++ {
		empty := true
		for c := range sheetHeadings {
			empty = empty && at(row, c) == ""
		}
		if empty {
			return nil
		}
		n := strconv.Itoa(row)
		amount, ok := wholeDong(at(row, 5))
		switch {
		case !ok || amount == 0:
			return badSheet("F"+n, "amount is not whole đồng above 0")
		case at(row, 1) == "" || len(at(row, 1)) > 35:
			return badSheet("B"+n, "reference is missing or longer than 35 characters")
		case len(d.rows) == rowsMax:
			return badSheet("A"+n, "more than 10000 payments")
		}
		d.rows = append(d.rows, instructed{endToEnd: at(row, 1), name: at(row, 2), account: at(row, 3), bin: at(row, 4),
			amount: amount, text: at(row, 6)})
	}
	return nil
}

// postUpload is POST /portal/uploads.
func (b *bank) postUpload(r *request) reply {
	d, err := readSheetInstruction(r.body)
	return b.locked(func(job *work) reply {
		var bad *sheetRefusal
		if errors.As(err, &bad) {
			return jsonReply(http.StatusBadRequest, bad)
		}
		how, rep := b.arrive(job, d.id)
		if how == meetUnavailable || how == meetDropBefore {
			return rep
		}
		old := b.known(b.kept(d.id))
		if old != nil && how != meetLate {
			rep.answer(jsonReply(http.StatusConflict, map[string]string{"error": "DUPL", "receipt": old.receipt, "reference": old.key}))
			return rep
		}
		if no := b.unfit(d); no.code != "" && old == nil {
			cell := map[string]string{"AC02": "B3", "DT01": "B4"}[no.code]
			return jsonReply(http.StatusBadRequest, &sheetRefusal{no.code, []sheetLine{{codeOr(cell, "A1"), no.text}}})
		}
		a := arrival{digest: hexDigest(r.body), head: r.Header.Get(headerHead), channel: "portal", unheard: true}
		if how == meetLate {
			a.due = b.lateBy(d.id)
			b.take(job, d, a)
			return rep
		}
		m := b.take(job, d, a)
		b.execute(job, m)
		rep.answer(jsonReply(http.StatusCreated, struct {
			Receipt   string `json:"receipt"`
			Reference string `json:"reference"`
			Rows      int    `json:"rows"`
			Total     string `json:"total"`
			SHA256    string `json:"sha256"`
		}{m.receipt, m.key, m.count, dong(m.total), m.digest}))
		return rep
	})
}

// getUploads is GET /portal/uploads?reference=.
func (b *bank) getUploads(r *request) reply {
	reference := r.URL.Query().Get("reference")
	type upload struct {
		Receipt   string `json:"receipt"`
		Reference string `json:"reference"`
		Rows      int    `json:"rows"`
		Total     string `json:"total"`
		State     string `json:"state"`
	}
	return b.locked(func(*work) reply {
		out := []upload{}
		for _, m := range b.messages {
			if m.channel != "portal" || m.state != "taken" || reference != "" && m.key != b.kept(reference) {
				continue
			}
			u := upload{m.receipt, m.key, m.count, dong(m.total), "done"}
			if m.news || m.waiting > 0 {
				u.State = "in work"
			}
			out = append(out, u)
		}
		return jsonReply(http.StatusOK, map[string]any{"uploads": out})
	})
}

// getUploadResult is GET /portal/uploads/{receipt}/result.
func (b *bank) getUploadResult(r *request) reply {
	receipt := r.PathValue("receipt")
	return b.locked(func(*work) reply {
		for i := len(b.files) - 1; i >= 0; i-- {
			f := b.files[i]
			if f.Kind != fileSheetResult || f.Of != receipt {
				continue
			}
			content, err := b.contentOf(f)
			if err != nil {
				return unavailable()
			}
			return reply{status: http.StatusOK, kind: typeXLSX, body: content}
		}
		return errorReply(http.StatusNotFound, "not ready")
	})
}

// resultWorkbook is the result of one upload as it stands.
func (b *bank) resultWorkbook(m *message) []byte {
	var lines [][]any
	var sum int64
	add := func(o *order, state, code string, p *payment) {
		id, amount, ref, date := o.endToEnd, o.amount, "", ""
		if p != nil {
			amount, ref, date = p.amount, p.ref, p.date
			id = codeOr(o.fate().ShownID, id)
		}
		sum += amount
		lines = append(lines, []any{number(len(lines) + 1), id, o.name, o.account, o.bin, number(amount), o.text, state, code, ref, date})
	}
	for _, o := range m.orders {
		switch o.state {
		case "paid":
			for _, p := range o.payments {
				add(o, resultPaid, "", p)
			}
		case "rejected":
			add(o, resultRejected, o.code, nil)
		case "open", "waiting":
			add(o, resultWorking, "", nil)
		}
	}
	head := []any{}
	for _, h := range append(sheetHeadings[:len(sheetHeadings):len(sheetHeadings)], "Trạng thái", "Mã lý do", "Số bút toán", "Ngày hạch toán") {
		head = append(head, h)
	}
	rows := append([][]any{
		{resultTitle}, {"Số lệnh", m.key}, {"Tài khoản chi", m.account}, {"Ngày chi", m.date},
		{"Số khoản", number(len(lines))}, {"Tổng tiền", number(sum)}, {"Biên nhận", m.receipt}, head,
	}, lines...)
	body, err := writeWorkbook(rows)
	if err != nil {
		b.log.err = err // memory cannot fail; if it does the bank stops rather than sends half a file
	}
	return body
}
