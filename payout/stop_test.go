package payout_test

import (
	"errors"
	"testing"

	"ansinh/internal/errs"
	"ansinh/payout"
)

func TestLiftingTheStopTakesTwoPeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	if lifted, err := payout.AgreeToLift(ctx, o.db, "thử", "hung", o.now); lifted || err != nil {
		t.Errorf("lift of what was never pulled: %t, %v; want nothing", lifted, err)
	}
	if err := payout.PullStop(ctx, o.db, "", "hung", o.now); errs.Code(err) != "PAYOUT-REASON" {
		t.Errorf("pull without reason: %v, want PAYOUT-REASON", err)
	}
	if err := payout.PullStop(ctx, o.db, "tệp lạ", "hung", o.now); err != nil {
		t.Fatal(err)
	}
	if lifted, err := payout.AgreeToLift(ctx, o.db, "đã kiểm tra", "hung", o.now); lifted || err != nil {
		t.Errorf("the first person: %t, %v; want it kept", lifted, err)
	}
	if lifted, err := payout.AgreeToLift(ctx, o.db, "đã kiểm tra", "hung", o.now); lifted || !errors.Is(err, payout.ErrTwoPeople) {
		t.Errorf("the first person again: %t, %v; want ErrTwoPeople", lifted, err)
	}
	s, err := payout.ReadStop(ctx, o.db)
	if err != nil || !s.Stopped || s.Why != "tệp lạ" || s.LiftBy != "hung" {
		t.Errorf("after one person %+v, %v; want stopped, waiting for a second", s, err)
	}
	if err := payout.PullStop(ctx, o.db, "mã lạ", "lan", o.now); err != nil {
		t.Fatal(err)
	}
	if s, err := payout.ReadStop(ctx, o.db); err != nil || s.LiftBy != "" || s.Why != "tệp lạ; mã lạ" || s.By != "hung" {
		t.Errorf("after a second reason %+v, %v; want both reasons, and no word about lifting left", s, err)
	}
	if lifted, err := payout.AgreeToLift(ctx, o.db, "đã kiểm tra cả hai", "hung", o.now); lifted || err != nil {
		t.Errorf("the first person, having read both: %t, %v; want it kept", lifted, err)
	}
	if lifted, err := payout.AgreeToLift(ctx, o.db, "đồng ý", "mai", o.now); !lifted || err != nil {
		t.Errorf("the second person: %t, %v; want it lifted", lifted, err)
	}
	if s, err := payout.ReadStop(ctx, o.db); err != nil || s.Stopped || s.LiftBy != "" {
		t.Errorf("after two people %+v, %v; want it lifted", s, err)
	}
}

func TestMayApproveSaysWhatApproveWouldSay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.submitted()
	b, err := payout.ReadBatch(t.Context(), o.db, batch)
	if err != nil {
		t.Fatal(err)
	}
	sections, err := payout.Sections(t.Context(), o.db, batch)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ signer, want string }{
		"the approver":              {"hung", ""},
		"nobody we know":            {"lan", "PAYOUT-SIGNER-UNKNOWN"},
		"a role not on this ladder": {"mai", "PAYOUT-ROLE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := payout.MayApprove(t.Context(), o.db, b, sections[0], tt.signer, o.now); errs.Code(err) != tt.want {
				t.Errorf("MayApprove(%s) = %v, want code %q", tt.signer, err, tt.want)
			}
		})
	}
}
