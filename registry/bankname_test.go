package registry_test

import (
	"encoding/csv"
	"os"
	"testing"

	"ansinh/internal/vntext"
	"ansinh/registry"
)

func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, heading := range records[0] {
			row[heading] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// What the template offers, a BIN and the bank's own name, decides for every bank.
func TestABINBesideItsOwnNameIsCertain(t *testing.T) {
	t.Parallel()
	banks := append(table(t, "data/banks.csv"), table(t, "data/banks-demo.csv")...)
	for _, r := range banks {
		found, certain := registry.FindBank(r["bin"] + " - " + r["name_vi"])
		if !certain || len(found) != 1 || found[0].BIN != r["bin"] {
			t.Errorf("FindBank(%s - %s) = %v, %t", r["bin"], r["name_vi"], found, certain)
		}
	}
	if len(banks) < 50 {
		t.Errorf("%d banks are too few to say", len(banks))
	}
}

// Every way people write a bank's name finds the bank, alone and before a branch;
// a name of several banks decides nothing.
func TestEveryAliasFindsItsBank(t *testing.T) {
	t.Parallel()
	aliases, certain := 0, 0
	for _, r := range table(t, "data/bank-aliases.csv") {
		if r["bin"] == "" {
			continue // a word to cut off
		}
		aliases++
		for _, cell := range []string{r["alias"], r["alias"] + " - CN Ba Đình", r["alias"] + " PGD Kim Anh", r["bin"]} {
			found, sure := registry.FindBank(cell)
			has := false
			for _, bank := range found {
				has = has || bank.BIN == r["bin"]
			}
			if !has {
				t.Errorf("FindBank(%q) does not find %s", cell, r["bin"])
			}
			if sure && r["ambiguous"] == "yes" && cell != r["bin"] {
				t.Errorf("FindBank(%q) is certain, though several banks are called so", cell)
			}
			if sure {
				certain++
			}
		}
	}
	if aliases < 890 || certain < 3*aliases {
		t.Errorf("%d aliases, %d certain answers to four questions each", aliases, certain)
	}
	for _, r := range table(t, "data/banks.csv") {
		if found, sure := registry.FindBank(r["name_vi"]); !sure || found[0].BIN != r["bin"] {
			t.Errorf("FindBank(%q) = %v, %t; want %s", r["name_vi"], found, sure, r["bin"])
		}
	}
}

// A letter left out of a long name is offered as that bank, or nothing is.
func TestNearestBankOffersNoOther(t *testing.T) {
	t.Parallel()
	offered, asked := 0, 0
	for _, r := range table(t, "data/banks.csv") {
		name := []rune(vntext.FoldTight(r["name_vi"]))
		for i := 1; i < len(name); i += 5 {
			cell := string(name[:i]) + string(name[i+1:])
			if found, _ := registry.FindBank(cell); len(found) > 0 {
				continue
			}
			asked++
			near, ok := registry.NearestBank(cell, false)
			if ok && near.BIN != r["bin"] {
				t.Errorf("NearestBank(%q) offers %s (%s), want %s", cell, near.Name, near.BIN, r["name_vi"])
			}
			if ok {
				offered++
			}
		}
	}
	if asked < 200 || offered*10 < asked*8 {
		t.Errorf("%d of %d slips are offered a bank, want nearly all", offered, asked)
	}
	tests := map[string]string{"Vietcombamk": "970436", "Agribnak CN Sóc Sơn": "970405", "Ngân hàng Mẫu Z": "", "MBB": "", "ABC": "", "Ngân hàng Sao Hỏa": "", "": ""}
	for cell, want := range tests {
		if near, ok := registry.NearestBank(cell, true); near.BIN != want || ok != (want != "") {
			t.Errorf("NearestBank(%q) = %s, %t; want %q", cell, near.BIN, ok, want)
		}
	}
}
