package sheet

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// kindTemplate names our own workbook in the read-back's errors.
const kindTemplate bankadapters.Kind = "portal template"

// ReadSubmission opens a finished template again and reads it as the portal
// will. Cells must stand exactly where the portal looks.
func (Template) ReadSubmission(r io.Reader, _ bankadapters.Submission) (back bankadapters.ReadBack, err error) {
	sum := sha256.New()
	t, err := openTable(io.TeeReader(r, sum), kindTemplate)
	if err != nil {
		return back, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if back, err = readTemplateHead(t); err != nil {
		return bankadapters.ReadBack{}, err
	}
	if err = readTemplateRows(t, &back); err != nil {
		return bankadapters.ReadBack{}, err
	}
	sum.Sum(back.SHA256[:0])
	return back, nil
}

func readTemplateHead(t *table) (bankadapters.ReadBack, error) {
	var back bankadapters.ReadBack
	for row := 1; row <= 8; row++ {
		more, err := t.next()
		if err != nil {
			return back, err
		}
		if !more {
			return back, t.file(bankadapters.CodeTruncated, "the sheet ends before its headings")
		}
		value := t.at(1)
		switch row {
		case 1:
			if t.at(0) != "BẢNG KÊ LỆNH CHI" {
				err = errors.New("another title")
			}
		case 2:
			back.Message = bankadapters.MessageID(value)
		case 3:
			back.Paying = value
		case 4:
			back.Execution, err = calendar.ParseISO(value)
		case 5:
			back.Count, err = strconv.Atoi(value)
		case 6:
			back.Total, err = money.ParseExact(value)
		case 8:
			for i, want := range [...]string{"STT", "Mã khoản", "Họ tên", "Số tài khoản", "Mã ngân hàng", "Số tiền", "Nội dung"} {
				if t.at(i) != want {
					err = fmt.Errorf("heading %q, want %q", t.at(i), want)
				}
			}
		}
		if err != nil {
			return back, t.fail(1, bankadapters.CodeValue, "%v", err)
		}
	}
	return back, nil
}

func readTemplateRows(t *table, back *bankadapters.ReadBack) error {
	hash := bankadapters.NewInstructionHash(back.Paying, back.Execution)
	seen := make(map[string]struct{})
	for {
		more, err := t.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		amount, err := t.amount(5)
		if err != nil {
			return err
		}
		id := t.at(1)
		if _, twice := seen[id]; twice || id == "" {
			return t.fail(1, bankadapters.CodeRepeated, "reference %q is empty or stands twice", id)
		}
		seen[id] = struct{}{}
		if t.at(0) != strconv.Itoa(len(seen)) {
			return t.fail(0, bankadapters.CodeValue, "number %q, want %d", t.at(0), len(seen))
		}
		hash.Add(bankadapters.Instruction{
			EndToEnd: bankadapters.EndToEndID(id), Amount: amount,
			Creditor: bankadapters.Party{Name: t.at(2), Account: t.at(3), BIN: t.at(4)},
		})
	}
	digest, count, total, err := hash.Sum()
	switch {
	case err != nil:
		return t.file(bankadapters.CodeSum, "%v", err)
	case count != back.Count:
		return t.file(bankadapters.CodeCount, "%d rows, B5 says %d", count, back.Count)
	case total != back.Total:
		return t.file(bankadapters.CodeSum, "rows add up to %s đồng, B6 says %s", total, back.Total)
	}
	back.Digest = digest
	return nil
}
