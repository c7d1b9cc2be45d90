package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
)

// Signer is a named person with a key of their own and dated powers. ID is the
// name in seals, and the name under which the person submits and declares, so
// that maker and approver can be told apart.
type Signer struct {
	ID        string
	NameVI    string
	TitleVI   string
	Role      string // maker, approver, accountant, department, auditor
	Public    crypt.PublicKey
	UnitCode  string        // "" = all units
	Limit     *money.Amount // of one section; nil = none
	ValidFrom calendar.Date
	ValidTo   calendar.Date // zero = until further notice
}

// Errors about signers a caller may match.
var (
	ErrNoSigner  = errors.New("no such signer")
	ErrKeyShared = errors.New("the key belongs to another signer")
)

const sqlAddSigner = `
INSERT INTO payout.signer (id, name_vi, title_vi, role, public_key, unit_code, limit_vnd, valid_from, valid_to)
VALUES (@id, @name, @title, @role, @key, @unit, @limit, @from, @to)`

// AddSigner records a person's key and powers. It returns ErrKeyShared when the
// key is another person's: two people with one key would be one approver.
func AddSigner(ctx context.Context, tx pgx.Tx, s Signer, by string, now time.Time) error {
	_, err := tx.Exec(ctx, sqlAddSigner, pgx.NamedArgs{"id": s.ID, "name": s.NameVI, "title": s.TitleVI, "role": s.Role,
		"key": []byte(s.Public), "unit": s.UnitCode, "limit": s.Limit, "from": s.ValidFrom, "to": s.ValidTo})
	switch {
	case pgdb.IsUnique(err, "signer_public_key_key"):
		return errs.Coded(errs.Conflict, "PAYOUT-KEY-SHARED", fmt.Sprintf("Khóa của %s đã đăng ký cho người khác: mỗi người một khóa riêng. / "+
			"The key of %s is registered for somebody else: each person has a key of their own.", s.ID, s.ID), ErrKeyShared)
	case pgdb.IsUnique(err, "signer_pkey"):
		return errs.Coded(errs.Conflict, "PAYOUT-SIGNER-KNOWN", fmt.Sprintf("Người ký %s đã có. / Signer %s exists already.", s.ID, s.ID), err)
	case err != nil:
		return fmt.Errorf("add signer %s: %w", s.ID, err)
	}
	_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "signer.add", Subject: "signer/" + s.ID,
		Detail: map[string]any{"role": s.Role, "unit": s.UnitCode, "key": fmt.Sprintf("%x", []byte(s.Public))}})
	return err
}

const sqlSigner = `
SELECT id, name_vi, title_vi, role, public_key, unit_code, limit_vnd, valid_from, valid_to FROM payout.signer WHERE id = @id`

// ReadSigner reads one signer, or returns ErrNoSigner.
func ReadSigner(ctx context.Context, db pgdb.Querier, id string) (Signer, error) {
	rows, _ := db.Query(ctx, sqlSigner, pgx.NamedArgs{"id": id})
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Signer])
	if errors.Is(err, pgx.ErrNoRows) {
		return Signer{}, errs.Coded(errs.Denied, "PAYOUT-SIGNER-UNKNOWN", fmt.Sprintf("Không có người ký %q: xem lại tên, người mới thì đăng ký (ansinh user add). / "+
			"There is no signer %q: look at the name, and register whoever is new (ansinh user add).", id, id), ErrNoSigner)
	}
	if err != nil {
		return Signer{}, fmt.Errorf("signer %s: %w", id, err)
	}
	return s, nil
}

// InOffice requires that each of these people is registered and has powers
// today; else it returns ErrNoSigner or a Denied error with code PAYOUT-POWERS.
// It knows names only: that the person behind a name acts is shown by a seal,
// where one is asked for.
func InOffice(ctx context.Context, db pgdb.Querier, today calendar.Date, people ...string) error {
	for _, id := range people {
		s, err := ReadSigner(ctx, db, id)
		if err != nil {
			return err
		}
		if s.outside(today) {
			return errs.Coded(errs.Denied, "PAYOUT-POWERS", fmt.Sprintf("%s đang ngoài thời hạn được giao quyền. / %s is outside the dates of the powers.", id, id), nil)
		}
	}
	return nil
}

func (s Signer) outside(today calendar.Date) bool {
	return today.Before(s.ValidFrom) || !s.ValidTo.IsZero() && today.After(s.ValidTo)
}

// mayApprove says why s has no power over the section today, or nil. roles are
// those the ladder asks for.
func (s Signer) mayApprove(b Batch, section Section, roles []string, today calendar.Date) error {
	denied := func(code, vi, en string) error {
		return errs.Coded(errs.Denied, code, fmt.Sprintf("%s không phê duyệt được %s: %s. / %s may not approve %s: %s.",
			s.ID, section.UnitNameVI, vi, s.ID, section.UnitNameVI, en), nil)
	}
	asked := false
	for _, r := range roles {
		asked = asked || r == s.Role
	}
	switch {
	case s.outside(today):
		return denied("PAYOUT-POWERS", "ngoài thời hạn được giao quyền", "outside the dates of the powers")
	case !asked:
		return denied("PAYOUT-ROLE", fmt.Sprintf("vai trò %s không thuộc cấp duyệt của mức tiền này", s.Role),
			fmt.Sprintf("role %s is not on the ladder for this total", s.Role))
	case s.UnitCode != "" && s.UnitCode != section.UnitCode:
		return denied("PAYOUT-UNIT", "khác địa bàn được giao", "another unit than the powers are for")
	case s.Limit != nil && section.Total > *s.Limit:
		return denied("PAYOUT-LIMIT", fmt.Sprintf("%s đồng vượt hạn mức %s đồng", section.Total, *s.Limit),
			fmt.Sprintf("%s đồng is above the limit of %s đồng", section.Total, *s.Limit))
	case s.ID == section.SubmittedBy || s.ID == b.MadeBy:
		return denied("PAYOUT-MAKER", "người lập không được phê duyệt", "whoever made or submitted it may not approve it")
	}
	return nil
}
