package registry

import (
	"slices"
	"strings"

	"ansinh/internal/crypt"
	"ansinh/internal/vntext"
)

// readChannel reads bank, account and holder of a row paid to an account. Other
// methods leave those cells alone: the person asked for another way.
func (r *lineReader) readChannel(line *Line) {
	if line.Method != MethodAccount {
		return
	}
	bank := r.readBank(line)
	r.readAccount(line, bank)

	holder := r.value(ColHolder)
	if ownHolder(holder) {
		holder = line.Name
	}
	if holder == "" {
		if line.Payee != "" {
			r.find(HolderMissing, ColHolder)
			return
		}
		holder = line.Name
	}
	line.Holder = holder
	switch {
	case line.Name == "" || vntext.SameName(holder, line.Name):
	case line.Payee == "" || !vntext.SameName(holder, line.Payee):
		r.find(HolderDiffers, ColHolder)
	case line.PayeeKind == PayeeUnstated:
		r.find(HolderPayee, ColHolder)
	}
}

func (r *lineReader) readBank(line *Line) Bank {
	text := r.value(ColBank)
	if text == "" {
		r.find(BankMissing, ColBank)
		return Bank{}
	}
	known := r.header.bank(text, r.demo)
	found, certain := known.found, known.certain
	switch {
	case known.isNear:
		// The offer begins with the BIN, so that it can be written into the cell.
		offer := known.near.BIN + " - " + known.near.Name
		if !r.offer(offer, BankNear, ColBank, offer) {
			return Bank{}
		}
		line.BankBIN, line.Repaired = known.near.BIN, true
		return known.near
	case len(found) == 0:
		r.find(BankUnknown, ColBank)
		return Bank{}
	case !certain:
		var names []string
		for _, bank := range found {
			names = append(names, bank.Name+" ("+bank.BIN+")")
		}
		r.find(BankShared, ColBank, strings.Join(names, "; "))
		return Bank{}
	case found[0].Demo && !r.demo:
		r.find(BankDemo, ColBank)
		return Bank{}
	}
	line.BankBIN = found[0].BIN
	return found[0]
}

// The length of an account number: NAPAS fields hold up to 19 digits.
const (
	accountLengthMin = 6
	accountLengthMax = 19
)

func (r *lineReader) readAccount(line *Line, bank Bank) {
	account := r.digits(ColAccount)
	switch {
	case account == "":
		r.find(AccountMissing, ColAccount)
		return
	case isScientific(account), r.row.isNumber(r.header.at[ColAccount]) && len(account) > wholeDigitsMax:
		r.find(AccountLost, ColAccount)
		return
	case !allDigits(account), len(account) < accountLengthMin, len(account) > accountLengthMax:
		r.find(AccountShape, ColAccount)
		return
	}
	if len(bank.AccountLengths) > 0 && !slices.Contains(bank.AccountLengths, len(account)) {
		r.offer(withZeros(account, bank.AccountLengths), AccountLength, ColAccount, len(account))
	}
	line.Account = crypt.Secret(account)
}

// withZeros offers the account with the one or two leading zeros a number cell
// may have lost, where that gives it a usual length; "" otherwise.
func withZeros(account string, lengths []int) string {
	for _, zeros := range []string{"0", "00"} {
		if slices.Contains(lengths, len(account)+len(zeros)) {
			return zeros + account
		}
	}
	return ""
}
