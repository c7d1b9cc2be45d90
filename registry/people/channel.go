package people

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/vntext"
	"ansinh/registry"
)

// Way is one way of payment: an account at a bank, or a provider.
type Way struct {
	Method  registry.Method
	BankBIN string
	Account crypt.Secret // digits; of an account only
	Holder  string
}

// PaidBy says the person's own way of payment. An account must be the person's
// own: another's needs [PaidTo] with its paper. Cash at the commune stands behind
// an account as before.
type PaidBy struct {
	Way Way
}

// Kind is [KindChannel].
func (PaidBy) Kind() Kind                       { return KindChannel }
func (PaidBy) read(text []byte) (Change, error) { return readAs[PaidBy](text) }
func (c PaidBy) secretAccount() crypt.Secret    { return c.Way.Account }

// kind and provider are how registry.channel stores a method.
func (v Way) kind() string {
	if v.Method == registry.MethodAccount {
		return "bank"
	}
	return "provider"
}

func (v Way) provider() string {
	switch v.Method {
	case registry.MethodAccount:
		return ""
	case registry.MethodBHXH:
		return "BHXH"
	case registry.MethodCash, registry.MethodHome:
		return "XA"
	default:
		return "XA"
	}
}

// check refuses a way nobody could pay by. account is opened already.
func (v Way) check(ctx context.Context, w *work) error {
	switch v.Method {
	case registry.MethodBHXH, registry.MethodCash, registry.MethodHome:
		return nil
	case registry.MethodAccount:
	default:
		return errs.Coded(errs.Invalid, "PEOPLE-METHOD", "Hình thức nhận là account, cash, home hoặc bhxh. / The method is account, cash, home or bhxh.", nil)
	}
	banks, certain := registry.FindBank(v.BankBIN)
	demo, err := registry.IsDemo(ctx, w.tx)
	if err != nil {
		return err
	}
	if !certain || banks[0].BIN != v.BankBIN || banks[0].Demo != demo {
		return errs.Coded(errs.Invalid, "PEOPLE-BANK", "Không có ngân hàng mã BIN này. / There is no bank with this BIN.", nil)
	}
	account, err := w.account(v.Account)
	if err != nil {
		return err
	}
	if n := len(account); n < 6 || n > 19 || strings.Trim(account.Reveal(), "0123456789") != "" {
		return errs.Coded(errs.Invalid, "PEOPLE-ACCOUNT", "Số tài khoản gồm 6 đến 19 chữ số. / An account number has 6 to 19 digits.", nil)
	}
	return v.notOfStaff(ctx, w, account)
}

const sqlOfStaff = `SELECT EXISTS (SELECT 1 FROM registry.staff_account WHERE account_index = @index AND bank_bin = @bin)`

// notOfStaff refuses an account of whoever keeps lists or pays, as a list does.
func (v Way) notOfStaff(ctx context.Context, w *work, account crypt.Secret) error {
	var staff bool
	err := w.tx.QueryRow(ctx, sqlOfStaff, pgx.NamedArgs{"index": w.Keys.Index(crypt.FieldAccount, account), "bin": v.BankBIN}).Scan(&staff)
	if err != nil {
		return fmt.Errorf("accounts of staff: %w", err)
	}
	if staff {
		return errs.Coded(errs.Denied, "PEOPLE-STAFF-ACCOUNT", "Tài khoản này của người lập danh sách hoặc chi tiền. / This is an account of somebody who keeps lists or pays.", nil)
	}
	return nil
}

// account opens the account an act carries, before and after it was stored.
func (w *work) account(given crypt.Secret) (crypt.Secret, error) {
	if w.act.AccountEnc == nil {
		return given, nil
	}
	return registry.OpenAccount(w.Keys, w.act.AccountIndex, w.act.AccountEnc)
}

func (c PaidBy) check(ctx context.Context, w *work) error {
	if err := w.notMerged(); err != nil {
		return err
	}
	if err := w.alive(ctx); err != nil {
		return err
	}
	if err := c.Way.check(ctx, w); err != nil {
		return err
	}
	if c.Way.Method == registry.MethodAccount && !vntext.SameName(c.Way.Holder, w.person.Name) {
		return errs.Coded(errs.Invalid, "PEOPLE-HOLDER", "Chủ tài khoản không phải người hưởng: ghi người nhận thay kèm giấy tờ. / "+
			"The account's holder is not the person: record a payee with the paper.", nil)
	}
	if w.act.ID != 0 {
		return nil // decided on later: the answer stays what the person was told
	}
	people, err := w.group(ctx, w.person.ID)
	if err != nil {
		return err
	}
	counts, err := w.Office.CountsFrom(ctx, w.tx, people)
	if err != nil {
		return err
	}
	w.act.Answer = counts.Sentence()
	return nil
}

// Sentence is what the person is told.
func (c Counts) Sentence() string {
	if !c.Next {
		return "Tính từ kỳ này: chưa có đợt nào đang mở lập khoản chi cho người này. / It counts from this period: no open batch has a payment of this person yet."
	}
	names := make([]string, len(c.Batches))
	for i, b := range c.Batches {
		names[i] = fmt.Sprint(b)
	}
	list := strings.Join(names, ", ")
	return fmt.Sprintf("Tính từ kỳ sau: đợt %s đã chốt mã phê duyệt và vẫn chi theo cách cũ. / It counts from the next period: batch %s has its approval digest and pays the old way.", list, list)
}

const sqlWayNow = `
SELECT coalesce((SELECT c.method || ' ' || c.bank_bin || ' ' || coalesce(encode(c.account_index, 'hex'), '')
                   FROM registry.channel AS c WHERE c.person = @person AND c.rank = 1), '')`

func (PaidBy) current(ctx context.Context, w *work) (string, error) {
	var text string
	if err := w.tx.QueryRow(ctx, sqlWayNow, pgx.NamedArgs{"person": w.person.ID}).Scan(&text); err != nil {
		return "", fmt.Errorf("way of person %d: %w", w.person.ID, err)
	}
	return text, nil
}

const sqlEndWays = `
WITH gone AS (
    DELETE FROM registry.channel WHERE person = @person
    RETURNING person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from, changed
)
INSERT INTO registry.channel_history (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list,
                                      valid_from, changed, valid_to, ended_by)
SELECT person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from, changed, @now, @act FROM gone`

const sqlAddWay = `
INSERT INTO registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, provider, list, valid_from, changed)
VALUES (@person, @rank, @kind, @method, @bin, @account_enc, @account_index, @tail, @holder, @provider, @act, @now, @kind = 'bank')`

func (c PaidBy) apply(ctx context.Context, w *work) error {
	if err := w.endWays(ctx); err != nil {
		return err
	}
	account, err := w.account(c.Way.Account)
	if err != nil {
		return err
	}
	ways := []pgx.NamedArgs{{"rank": 1, "kind": c.Way.kind(), "method": c.Way.Method, "bin": c.Way.BankBIN, "account_enc": w.act.AccountEnc,
		"account_index": w.act.AccountIndex, "tail": registry.AccountTail(account), "holder": c.Way.Holder, "provider": c.Way.provider()}}
	if c.Way.Method == registry.MethodAccount {
		ways = append(ways, pgx.NamedArgs{"rank": 2, "kind": "provider", "method": registry.MethodCash, "bin": "", "account_enc": nil,
			"account_index": nil, "tail": "", "holder": "", "provider": "XA"})
	}
	for _, args := range ways {
		args["person"], args["act"], args["now"] = w.person.ID, w.act.ID, w.now
		if _, err := w.tx.Exec(ctx, sqlAddWay, args); err != nil {
			return fmt.Errorf("way of person %d: %w", w.person.ID, err)
		}
	}
	return noteChangedAccounts(ctx, w.tx, w.person.ID, w.now)
}

func (w *work) endWays(ctx context.Context) error {
	_, err := w.tx.Exec(ctx, sqlEndWays, pgx.NamedArgs{"person": w.person.ID, "act": w.act.ID, "now": w.now})
	if err != nil {
		return fmt.Errorf("end the ways of person %d: %w", w.person.ID, err)
	}
	return nil
}
