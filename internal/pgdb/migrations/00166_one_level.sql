-- Why: where a programme pays every month, one person gets one level of it; who was left out for a higher one waits for a decision like others.
ALTER TABLE payout.left_out DROP CONSTRAINT left_out_reason_check;
ALTER TABLE payout.left_out ADD CONSTRAINT left_out_reason_check
    CHECK (reason IN ('already', 'other_level', 'no_rule', 'no_channel', 'other_amount', 'dead', 'no_heir', 'death_reported', 'suspended'));
