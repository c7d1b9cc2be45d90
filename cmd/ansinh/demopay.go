package main

import (
	"context"
	"fmt"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/payout"
)

// approve has each commune's chair seal his section, and the department the
// large ones: two people, two keys.
func (d *demo) approve(ctx context.Context) error {
	sections, err := payout.Sections(ctx, d.works.DB, d.batch())
	if err != nil {
		return err
	}
	for i, s := range sections {
		d.progress.step(i, len(sections), s.UnitNameVI)
		for _, who := range []string{assembly.ApproverOf(s.UnitCode), assembly.Department} {
			if s.State != "submitted" {
				break
			}
			result, err := d.seal(ctx, s.No, who)
			if err != nil {
				return err
			}
			if len(result.Missing) == 0 {
				break
			}
		}
	}
	return d.e.analyse(ctx)
}

func (d *demo) seal(ctx context.Context, section int16, who string) (payout.Approval, error) {
	signer, err := d.installation.Signer(who)
	if err != nil {
		return payout.Approval{}, err
	}
	sheet, err := payout.ReadApprovalSheet(ctx, d.works.DB, d.batch(), section)
	if err != nil {
		return payout.Approval{}, err
	}
	seal, err := payout.SealWith(signer)(sheet)
	if err != nil {
		return payout.Approval{}, err
	}
	return payout.Approve(ctx, d.works.DB, d.batch(), section, seal, d.now())
}

// draw orders the funds from the Treasury; the money reaches the banks the same
// day and our book with their statements. The pay time is set for the morning.
func (d *demo) draw(ctx context.Context) error {
	if _, err := payout.DrawNeeds(ctx, d.works.DB, d.batch(), assembly.Accountant, d.now()); err != nil {
		return err
	}
	accounts := map[bankadapters.Key]assembly.PayingAccount{}
	for _, a := range d.installation.Accounts() {
		accounts[a.Channel] = a
	}
	draws, err := d.draws(ctx)
	if err != nil {
		return err
	}
	for _, w := range draws {
		if a := accounts[w.channel]; a.Bank {
			if err := d.banks.fund(ctx, string(w.channel), a.Account, w.amount, w.reference); err != nil {
				return err
			}
		}
	}
	due, warning, err := payout.Schedule(ctx, d.works.DB, payout.ScheduleOrder{Batch: d.batch(), At: demoPayDay.At(8, 0), By: assembly.Accountant}, d.now())
	if err != nil {
		return err
	}
	d.progress.say("    %d draws; pays on %s %s", len(draws), due.In(demoFirstDay.Start().Location()).Format("2006-01-02 15:04"), warning)
	return nil
}

// treasury is a draw as the Treasury carries it out.
type treasury struct {
	channel   bankadapters.Key
	amount    int64
	reference string
}

const sqlDemoDraws = `SELECT channel, amount, reference FROM payout.draw WHERE batch = @batch ORDER BY channel, n`

func (d *demo) draws(ctx context.Context) ([]treasury, error) {
	rows, err := d.works.DB.Query(ctx, sqlDemoDraws, batchArgs(d.batch()))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []treasury
	for rows.Next() {
		var t treasury
		if err := rows.Scan(&t.channel, &t.amount, &t.reference); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("draws: %w", err)
	}
	return list, nil
}
