package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh/internal/pgtest"
	"ansinh/ledger"
)

// journal runs hledger on an export.
func journal(t *testing.T, file string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "hledger", append([]string{"-f", file}, args...)...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("hledger %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// balances asks hledger for flat balances, by account name.
func balances(t *testing.T, file string, args ...string) map[string]int64 {
	t.Helper()
	out := journal(t, file, append(append([]string{"bal"}, args...), "--flat", "--empty", "--no-total", "-O", "csv")...)
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, r := range records[1:] {
		n, err := strconv.ParseInt(strings.TrimSuffix(r[1], " VND"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			got[r[0]] = n
		}
	}
	return got
}

func TestHledgerAgrees(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b, db := filled(t)
	b.mustMove("allotted", 0, ledger.Allot(programme, 20_000_000)...)
	b.mustMove("proved", 0, ledger.Prove(programme, 100_002)...)
	b.mustMove("returned", 0, ledger.Unprove(programme, 50)...)
	odd := b.voucher("=key; with \"signs\"", 0)
	odd.Text, odd.Cause = "! (x) a; b | c\nd  e\t\u2028f", 8
	if _, err := b.move(odd, ledger.Mirror(ledger.UnknownCredit(bankA, programme, 33))...); err != nil {
		t.Fatal(err)
	}
	late := b.voucher("late", 0)
	late.AccountingDate = day.AddDays(30)
	if _, err := b.move(late, ledger.Allot(programme, 7)...); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]ledger.ExportOptions{
		"sums":          {},
		"lines":         {PerLine: true},
		"one book":      {Book: b.book},
		"as of the day": {AsOf: ledger.AsOf{Date: day}},
		"known before":  {AsOf: ledger.AsOf{Known: now.Add(-time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := ledger.ExportHledger(ctx, db, &text, options); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "books.journal")
			if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			journal(t, file, "check", "--strict")
			list, err := ledger.TrialBalance(ctx, db, options.Book, options.AsOf)
			if err != nil {
				t.Fatal(err)
			}
			on, off := map[string]int64{}, map[string]int64{}
			for _, row := range list {
				if row.Net() == 0 || row.Role == ledger.RoleTechnical {
					continue
				}
				name := declared(t, text.String(), row.Code, row.Book)
				if row.OffBook {
					off[name] = int64(row.Net())
				} else {
					on[name] = int64(row.Net())
				}
			}
			if diff := cmp.Diff(on, balances(t, file, "-R")); diff != "" {
				t.Errorf("on balance (-trial balance +hledger):\n%s", diff)
			}
			if diff := cmp.Diff(off, balances(t, file, "008")); diff != "" {
				t.Errorf("008 (-trial balance +hledger):\n%s", diff)
			}
		})
	}
}

// declared finds the journal's name of an account by the code in its comment.
func declared(t *testing.T, text, code, book string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		name, comment, _ := strings.Cut(line, "  ; ")
		if strings.HasPrefix(comment, "code: "+code+", book: "+book+",") {
			return strings.TrimPrefix(name, "account ")
		}
	}
	t.Fatalf("account %s of book %s is not declared", code, book)
	return ""
}

// TestAnAuditorRecomputesTheChain follows docs/AUDITOR.md with nothing but the
// two CSV files and SHA-256: leaves, roots, digests, chain.
func TestAnAuditorRecomputesTheChain(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b, db := filled(t)
	v := b.voucher("=1+1", 0)
	v.Text = "@SUM(A1)"
	if _, err := b.move(v, ledger.Allot(programme, 7)...); err != nil {
		t.Fatal(err)
	}
	_, head, err := ledger.Seal(ctx, db, now)
	if err != nil {
		t.Fatal(err)
	}
	var lineFile, voucherFile bytes.Buffer
	if err := ledger.ExportCSV(ctx, db, &lineFile, ledger.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := ledger.ExportVouchersCSV(ctx, db, &voucherFile, ledger.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(voucherFile.String(), `,'=1+1,`) || !strings.Contains(voucherFile.String(), `,'@SUM(A1),`) {
		t.Errorf("formulas are not quoted:\n%s", voucherFile.String())
	}
	leaves := leavesOf(t, &lineFile)
	prev := sha256.Sum256([]byte("ansinh ledger chain 1"))
	for i, r := range table(t, &voucherFile) {
		p := leaves[r["voucher"]]
		root := inner(tree(p.payments), tree(p.loose))
		form := []byte{2}
		for _, column := range []string{"key", "posting_set", "kind", "accounting_date", "text"} {
			text := strings.TrimPrefix(r[column], "'")
			form = append(binary.BigEndian.AppendUint32(form, uint32(len(text))), text...)
		}
		form = append(form, unhex(t, r["facts"])...)
		for _, column := range []string{"book", "posted_at_us", "batch", "order_no", "cause", "reverses", "lines"} {
			form = append(form, fixed(t, r[column], 8)...)
		}
		digest := sha256.Sum256(append(form, root[:]...))
		if hex.EncodeToString(digest[:]) != r["digest"] {
			t.Fatalf("voucher %s: digest %x, the file says %s", r["voucher"], digest, r["digest"])
		}
		if r["chain_no"] != strconv.Itoa(i+1) || r["prev_hash"] != hex.EncodeToString(prev[:]) {
			t.Fatalf("voucher %s: no. %s after %s", r["voucher"], r["chain_no"], r["prev_hash"])
		}
		prev = sha256.Sum256(slices.Concat([]byte{3}, fixed(t, r["chain_no"], 8), prev[:], digest[:]))
	}
	if prev != head.Hash {
		t.Errorf("the chain ends at %x, the head is %s", prev, head)
	}
}

// pair is the leaves of one voucher.
type pair struct{ payments, loose [][32]byte }

// leavesOf computes the leaves of a file of lines, by voucher.
func leavesOf(t *testing.T, file *bytes.Buffer) map[string]*pair {
	t.Helper()
	leaves := map[string]*pair{}
	for _, r := range table(t, file) {
		form := []byte{0}
		for _, f := range []struct {
			column string
			bytes  int
		}{{"batch", 4}, {"payment", 8}, {"seq", 2}, {"attempt", 2}, {"about", 2}, {"leg", 2}, {"debit", 4}, {"credit", 4}, {"amount", 8}} {
			form = append(form, fixed(t, r[f.column], f.bytes)...)
		}
		form = append(form, map[string]byte{"true": 1, "false": 0}[r["red"]])
		leaf := sha256.Sum256(form)
		if hex.EncodeToString(leaf[:]) != r["leaf"] {
			t.Errorf("line %s/%s/%s: leaf %x, the file says %s", r["batch"], r["payment"], r["seq"], leaf, r["leaf"])
		}
		p := leaves[r["voucher"]]
		if p == nil {
			p = &pair{}
			leaves[r["voucher"]] = p
		}
		if r["batch"] == "0" {
			p.loose = append(p.loose, leaf)
		} else {
			p.payments = append(p.payments, leaf)
		}
	}
	return leaves
}

func table(t *testing.T, file *bytes.Buffer) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, value := range record {
			row[records[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

func fixed(t *testing.T, text string, width int) []byte {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.AppendUint64(nil, uint64(n))[8-width:]
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tree is RFC 6962 by its recursive definition, unlike the streaming one tested.
func tree(leaves [][32]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return inner(tree(leaves[:k]), tree(leaves[k:]))
}

func inner(left, right [32]byte) [32]byte {
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

func TestMerkleRootIsThatOfRFC6962(t *testing.T) {
	t.Parallel()
	var leaves [][32]byte
	for n := range 70 {
		if got, want := ledger.MerkleRoot(slices.Values(leaves)), tree(leaves); got != want {
			t.Errorf("%d leaves: %x, want %x", n, got, want)
		}
		leaves = append(leaves, sha256.Sum256([]byte(fmt.Sprint(n))))
	}
}

// TestEncodingsStay fails when a change would make old papers unverifiable.
func TestEncodingsStay(t *testing.T) {
	t.Parallel()
	line := ledger.Line{Batch: 1001, Payment: 42, Seq: 3, Attempt: 2, About: 1, Leg: 12, Debit: 7, Credit: 8, Amount: 2_000_000, Red: true}
	if got, want := fmt.Sprintf("%x", ledger.Leaf(line)), "5fb4cf196fe08f92b9729ced04d8479fce9baf6b1c5dfc49fa372053c98801a2"; got != want {
		t.Errorf("leaf %s, want %s", got, want)
	}
	if got, want := fmt.Sprintf("%x", ledger.SampleDigest()), "f87e1a576c32abe736512638aa08325bc73e95abd49719e3d7becb6ef40ca92d"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if got, want := fmt.Sprintf("%x", ledger.SampleLink()), "ec60b9c201f0b3e49c06885df0fb22d9a47e671fd74b0e3d463c0b19178f3cf6"; got != want {
		t.Errorf("chain %s, want %s", got, want)
	}
}

func TestReaderMayExport(t *testing.T) {
	t.Parallel()
	_, db := filled(t)
	super := pgtest.Superuser(t, db)
	if _, err := super.Exec(t.Context(), `SET ROLE ansinh_reader`); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := ledger.ExportHledger(t.Context(), super, &out, ledger.ExportOptions{PerLine: true}); err != nil {
		t.Error(err)
	}
	if report, err := ledger.Verify(t.Context(), super, ledger.VerifyOptions{}); err != nil || !report.OK() {
		t.Errorf("verify as reader: %v %v", report.Findings, err)
	}
}
