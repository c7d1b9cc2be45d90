package people

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// SealFault is a decision whose seal or text does not fit what is stored.
type SealFault struct {
	Act int64
	By  string
	Why string
}

const sqlDecisions = `
SELECT d.act, d.outcome, d.by_two, d.seal, d.text, d.why
  FROM registry.act_decision AS d JOIN registry.act AS a ON a.id = d.act
 WHERE a.two AND d.act > @after
 ORDER BY d.act LIMIT @limit`

// verifyMax is how many decisions are held in memory.
const verifyMax = 1000

// CheckSeals walks every act that took two people: the sheet is written anew from
// the stored act, must be the text that was sealed, and the seal must be that of
// the person named, who is not the one who proposed it. key gives a person's public
// key. An act of such a kind that counts without a seal is a fault too.
func CheckSeals(ctx context.Context, db pgdb.Querier, key func(ctx context.Context, signer string) (crypt.PublicKey, error)) (checked int, faults []SealFault, err error) {
	type decision struct {
		Act     int64
		Outcome string
		By      string
		Seal    []byte
		Text    string
		Why     string
	}
	for after := int64(0); ; {
		rows, _ := db.Query(ctx, sqlDecisions, pgx.NamedArgs{"after": after, "limit": verifyMax})
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[decision])
		if err != nil {
			return checked, faults, fmt.Errorf("decisions on acts: %w", err)
		}
		if len(list) == 0 {
			return checked, faults, nil
		}
		for _, d := range list {
			after = d.Act
			checked++
			a, err := ReadAct(ctx, db, d.Act)
			if err != nil {
				return checked, faults, err
			}
			sheet := a.Sheet()
			if d.Outcome == "refused" {
				sheet = refusalSheet(a, d.Why)
			}
			fault := func(why string) { faults = append(faults, SealFault{Act: d.Act, By: d.By, Why: why}) }
			switch public, err := key(ctx, d.By); {
			case d.By == "" || d.By == a.By:
				fault("không có người thứ hai / no second person")
			case string(sheet) != d.Text:
				fault("việc lưu khác nội dung đã xác nhận / the stored act is not what was sealed")
			case err != nil:
				fault("không có khóa của người này / there is no key of the person")
			case crypt.Verify(public, crypt.Seal{Signer: d.By, Purpose: Purpose, Signature: d.Seal}, sheet) != nil:
				fault("dấu xác nhận không khớp / the seal does not fit")
			}
		}
	}
}
