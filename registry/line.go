package registry

import (
	"fmt"
	"strings"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/vntext"
)

// Method is the form of payment a person asks for.
type Method string

// The methods, as stored.
const (
	MethodAccount Method = "account" // a bank account; cash stands behind it
	MethodBHXH    Method = "bhxh"    // with the pension, through social insurance
	MethodCash    Method = "cash"    // in cash at the commune
	MethodHome    Method = "home"    // in cash, brought home by the commune
)

// PayeeKind is in what capacity someone receives for the person.
type PayeeKind string

// The payee kinds of this intake, as stored.
const (
	PayeeSelf     PayeeKind = "self"
	PayeeGuardian PayeeKind = "guardian"
	PayeeCarer    PayeeKind = "carer"
	PayeeHead     PayeeKind = "head"
	PayeeHeir     PayeeKind = "heir"
	PayeeProxy    PayeeKind = "proxy"
	PayeeUnstated PayeeKind = "unstated"
)

// Line is one person's row of a list, understood.
type Line struct {
	Row          int
	Name         string
	Birth        Birth
	Sex          Sex
	ID           crypt.Secret // 12 digits, or empty
	Phone        crypt.Secret // digits, or empty
	Contact      string
	Group        string // thôn, tổ dân phố
	Address      string
	Category     string // code
	DecisionNo   string
	DecisionDate calendar.Date
	Method       Method
	BankBIN      string
	Account      crypt.Secret // digits
	Holder       string       // as written, or the person's name
	Payee        string       // who receives for the person, empty = nobody
	PayeeID      crypt.Secret
	PayeeKind    PayeeKind
	Note         string
	Repaired     bool   // where the money goes is a value that a repair offered and nobody wrote
	Change       Change // of a change list
	// Amount is what the list says, 0 if it says nothing. Payout compares it
	// with its own rule and never takes it over.
	Amount money.Amount
	// Refused is set when an error names this row.
	Refused bool
}

// String names the row and nothing about the person.
func (l Line) String() string { return fmt.Sprintf("row %d, category %s", l.Row, l.Category) }

// nameFold is the key by which names are compared and found.
func (l Line) nameFold() string { return vntext.Fold(l.Name) }

// payeeWords find the capacity in the contact's relation or the note, folded.
var payeeWords = []struct {
	word string
	kind PayeeKind
}{
	{"giam ho", PayeeGuardian},
	{"cham soc", PayeeCarer},
	{"nuoi duong", PayeeCarer},
	{"chu ho", PayeeHead},
	{"thua ke", PayeeHeir},
	{"uy quyen", PayeeProxy},
}

// payeeKindOf reads in what capacity someone receives: from words that stand
// in the note or in the brackets after the contact's name. A payee's own name
// is never searched: "Giám Hộ" may be one.
func payeeKindOf(payee, contact, note string) PayeeKind {
	if payee == "" {
		return PayeeSelf
	}
	_, relation, _ := strings.Cut(contact, "(")
	text := vntext.Fold(relation) + " " + vntext.Fold(note)
	for _, p := range payeeWords {
		if strings.Contains(text, p.word) {
			return p.kind
		}
	}
	return PayeeUnstated
}

// methodWords are the tight folds of what communes write.
var methodWords = map[string]Method{
	"taikhoan": MethodAccount, "tk": MethodAccount, "chuyenkhoan": MethodAccount, "ck": MethodAccount,
	"quataikhoan": MethodAccount, "taikhoannganhang": MethodAccount, "nganhang": MethodAccount, "atm": MethodAccount,
	"the": MethodAccount, "quanganhang": MethodAccount, "vneid": MethodAccount, "taikhoanansinhxahoi": MethodAccount,
	"bhxh": MethodBHXH, "baohiemxahoi": MethodBHXH, "quabhxh": MethodBHXH, "quabaohiemxahoi": MethodBHXH,
	"cungluonghuu": MethodBHXH, "luonghuu": MethodBHXH,
	"tienmat": MethodCash, "tm": MethodCash, "nhantienmat": MethodCash, "tructiep": MethodCash, "nhantructiep": MethodCash,
	"taixa": MethodCash, "taiphuong": MethodCash, "tienmattaixa": MethodCash, "tienmattaiphuong": MethodCash,
	"tainha": MethodHome, "chitratainha": MethodHome, "nhantainha": MethodHome, "tienmattainha": MethodHome,
}

// categoryOf finds the code in "HTXH-75", "htxh-75 - Hưu trí …" or the full
// Vietnamese name.
func categoryOf(cell string) (string, bool) {
	index := categoryIndex()
	if code, ok := index[vntext.FoldTight(cell)]; ok {
		return code, true
	}
	// The code ends at the first space or colon; codes hold neither.
	first, _, _ := strings.Cut(strings.NewReplacer(":", " ", "–", " ", "\n", " ").Replace(cell), " ")
	code, ok := index[vntext.FoldTight(first)]
	return code, ok
}

// cellRunesMax bounds a cell: an address needs 200, nothing needs more than this.
const cellRunesMax = 500
