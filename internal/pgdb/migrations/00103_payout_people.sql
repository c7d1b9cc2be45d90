-- Why: planning must respect deaths, suspensions, payees, merged records and the commune that serves a person.

ALTER TABLE payout.left_out DROP CONSTRAINT left_out_reason_check;
ALTER TABLE payout.left_out ADD CONSTRAINT left_out_reason_check
    CHECK (reason IN ('already', 'no_rule', 'no_channel', 'other_amount', 'dead', 'no_heir', 'death_reported', 'suspended'));

-- The commune at which a payment in cash is handed out, where it is not the section's.
ALTER TABLE payout.payment ADD COLUMN pay_point text NOT NULL DEFAULT '';
-- The act that named who receives for the person, 0 = nobody; and whether that was
-- after a death, so that the report of it does not hold the heir's money.
ALTER TABLE payout.payment ADD COLUMN payee bigint NOT NULL DEFAULT 0;
ALTER TABLE payout.payment ADD COLUMN payee_after_death boolean NOT NULL DEFAULT false;

-- Two unreleased claims of one right, found when two records turned out to be one
-- person: somebody decides what is recovered or cancelled.
CREATE TABLE payout.double_claim (
    merged      bigint      NOT NULL,                 -- the act that merged the records
    programme   text        NOT NULL,
    rule        text        NOT NULL,
    month       date        NOT NULL,
    kept_batch  integer     NOT NULL, kept_payment bigint NOT NULL,
    gone_batch  integer     NOT NULL, gone_payment bigint NOT NULL,
    amount      bigint      NOT NULL CHECK (amount > 0), -- of the second claim
    opened_at   timestamptz NOT NULL,
    PRIMARY KEY (merged, programme, rule, month)
);
SELECT guard.append_only('payout.double_claim');
GRANT SELECT, INSERT ON payout.double_claim TO ansinh_engine;
GRANT SELECT ON payout.double_claim TO ansinh_reader;
