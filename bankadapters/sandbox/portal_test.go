package sandbox_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ansinh/bankadapters/sandbox"
)

// sheet writes the portal's template with another program's writer.
func sheet(t *testing.T, reference string, rows []pay, spoil func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var sum int64
	set := func(cell string, v any) {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range rows {
		sum += p.amount
		cell, err := excelize.CoordinatesToCellName(1, 9+i)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", cell, &[]any{i + 1, p.id, "Nguyễn Văn A", p.account, "999004", p.amount, "Quà Tết Bính Ngọ 2026"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetSheetRow("Sheet1", "A8", &[]any{"STT", "Mã khoản", "Họ tên", "Số tài khoản", "Mã ngân hàng", "Số tiền", "Nội dung"}); err != nil {
		t.Fatal(err)
	}
	set("A1", "BẢNG KÊ LỆNH CHI")
	set("B2", reference)
	set("B3", payingAccount)
	set("B4", "2026-02-10")
	set("B5", len(rows))
	set("B6", sum)
	if spoil != nil {
		spoil(f)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPortalTakesAWorkbookAndGivesAResult(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1, Script: sandbox.Script{Payments: []sandbox.ScriptedPayment{
		{Nth: 2, Fate: sandbox.Fate{Do: sandbox.DoReject, Code: "AC01"}}}}})
	c.fund("D", 1_000_000)
	body := sheet(t, longID, pays("P", 1000, 2000, 3000), nil)
	status, answer := c.ask("D", "POST", "/portal/uploads", body)
	var receipt struct{ Receipt, Reference, Total string }
	if err := json.Unmarshal(answer, &receipt); err != nil || status != 201 || receipt.Reference != longID[:16] || receipt.Total != "6000" {
		t.Fatalf("status %d: %s", status, answer)
	}
	if status, answer = c.ask("D", "POST", "/portal/uploads", body); status != 409 || !strings.Contains(string(answer), receipt.Receipt) {
		t.Errorf("again: status %d: %s", status, answer)
	}
	result := "/portal/uploads/" + receipt.Receipt + "/result"
	if status, _ = c.ask("D", "GET", result, nil); status != 404 {
		t.Errorf("result before the close: status %d", status)
	}
	c.closeDay("2026-02-10")
	if _, answer = c.ask("D", "GET", "/portal/uploads?reference="+longID, nil); !strings.Contains(string(answer), `"state":"done"`) {
		t.Errorf("uploads: %s", answer)
	}
	_, answer = c.ask("D", "GET", result, nil)
	f, err := excelize.OpenReader(bytes.NewReader(answer))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("KET QUA")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 11 || rows[0][0] != "KẾT QUẢ LỆNH CHI" || rows[5][1] != "6000" || rows[6][1] != receipt.Receipt {
		t.Fatalf("result: %q", rows)
	}
	if rows[8][7] != "THÀNH CÔNG" || rows[8][10] != "2026-02-10" || rows[9][7] != "TỪ CHỐI" || rows[9][8] != "AC01" {
		t.Errorf("rows: %q", rows[8:])
	}
	if s := readStatement(t, c.files("D", "camt.053")[0].body); len(s.entries) != 3 || !s.addsUp() {
		t.Errorf("statement: %+v", s)
	}
}

func TestPortalRefusesABadWorkbook(t *testing.T) {
	t.Parallel()
	put := func(cell string, v any) func(*excelize.File) {
		return func(f *excelize.File) { _ = f.SetCellValue("Sheet1", cell, v) }
	}
	tests := map[string]struct {
		spoil      func(*excelize.File)
		code, cell string
	}{
		"title":           {put("A1", "x"), "FF01", "A1"},
		"heading":         {put("C8", "x"), "FF01", "C8"},
		"fraction":        {put("F10", 2000.5), "FF01", "F10"},
		"count":           {put("B5", 4), "AM18", "B5"},
		"sum":             {put("B6", 1), "AM10", "B6"},
		"id twice":        {put("B10", "P000001"), "DU04", "B6"},
		"unknown account": {put("B3", "777"), "AC02", "B3"},
		"date":            {put("B4", "10/02/2026"), "DT01", "B4"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, sandbox.Config{Seed: 1})
			status, answer := c.ask("D", "POST", "/portal/uploads", sheet(t, "M1", pays("P", 1000, 2000, 3000), tt.spoil))
			if status != 400 || !strings.Contains(string(answer), tt.code) || !strings.Contains(string(answer), `"`+tt.cell+`"`) {
				t.Errorf("status %d: %s, want %s at %s", status, answer, tt.code, tt.cell)
			}
		})
	}
	c := open(t, sandbox.Config{Seed: 1})
	if status, answer := c.ask("D", "POST", "/portal/uploads", []byte("STT,Mã khoản")); status != 400 {
		t.Errorf("text file: status %d: %s", status, answer)
	}
}

func TestProviderPaysAList(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 3, Faults: sandbox.Faults{Unpaid: 2000}})
	body := providerList("L1", "P1", 50)
	status, first := c.ask("P1", "POST", "/v1/lists", body)
	if again, second := c.ask("P1", "POST", "/v1/lists", body); status != 202 || again != 202 || !bytes.Equal(first, second) {
		t.Fatalf("status %d, %d: %s %s", status, again, first, second)
	}
	if status, _ = c.ask("P1", "POST", "/v1/lists", providerList("L1", "P1", 49)); status != 409 {
		t.Errorf("other content: status %d, want 409", status)
	}
	if status, _ = c.ask("P1", "POST", "/v1/lists", bytes.Replace(providerList("L2", "P1", 5), []byte(",300000\n"), []byte(",300001\n"), 1)); status != 400 {
		t.Errorf("changed amount: status %d, want 400", status)
	}
	if status, answer := c.ask("P1", "GET", "/v1/lists/L9/results", nil); status != 404 || !strings.Contains(string(answer), `"known":false`) {
		t.Errorf("unknown list: status %d: %s", status, answer)
	}
	for day := range 11 {
		c.closeDay("2026-02-" + []string{"10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"}[day])
	}
	_, result := c.ask("P1", "GET", "/v1/lists/L1/results", nil)
	in := csv.NewReader(bytes.NewReader(result))
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil || len(rows) != 52 {
		t.Fatalf("%v: %s", err, result)
	}
	end := rows[51]
	if end[8] != "FINAL" || end[5] != "0" || end[7] != end[4] || end[7] == "0" {
		t.Errorf("trailer %v", end)
	}
	lastLine := bytes.LastIndex(bytes.TrimRight(result, "\n"), []byte("\n")) + 1
	if end[9] != hash(result[:lastLine]) {
		t.Error("hash of the result is wrong")
	}
}

func TestWithdrawalFilesPromiseWhatTheyCover(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 2})
	for _, bank := range []string{"A", "B", "C", "D", "E"} {
		c.fund(bank, 1_000_000)
		c.post(bank, "M-"+bank, pays("P"+bank, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000))
		if err := c.world.Withdrawals(bank, "2026-02-20"); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]int{}
	for _, bank := range []string{"A", "B", "C", "D", "E"} {
		for _, f := range c.files(bank, "withdrawals") {
			rows, err := csv.NewReader(bytes.NewReader(bytes.Split(f.body, []byte("\nT,"))[0][bytes.IndexByte(f.body, '\n')+1:])).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if len(r) != 6 || (r[2] == "") != (r[3] == "") {
					t.Errorf("bank %s: row %v", bank, r)
				}
			}
			got[bank] = len(rows)
		}
	}
	if got["A"] != 10 || got["B"] != 10 || got["C"] != 5 || got["D"] != 0 || got["E"] == 0 || got["E"] == 10 {
		t.Errorf("covered payments by bank: %v", got)
	}
}

func TestHolderNameIsAnswered(t *testing.T) {
	t.Parallel()
	c := open(t, sandbox.Config{Seed: 1})
	_, answer := c.ask("A", "POST", "/v1/accounts/verify", []byte(`{"bin":"999001","account":"0123456789","name":"Nguyễn Thị Đượm"}`))
	if !strings.Contains(string(answer), `"status":"open","holder":"NGUYEN THI DUOM","match":"yes"`) {
		t.Errorf("%s", answer)
	}
	if status, _ := c.ask("A", "POST", "/v1/accounts/verify", []byte(`{"bin":"1"}`)); status != 400 {
		t.Errorf("malformed: status %d", status)
	}
}
