-- Why: a page that lists batches, or payments in a state that few have, must cost the same for ten million payments as for ten.

-- What the tallies of a batch add up to. section 0 is the whole batch. Posting
-- adds its vouchers to it now and then (payout/tallysum.go); those it has not
-- added yet are in payout.tally_new, so that both together are always exact.
CREATE TABLE payout.tally_sum (
    batch    integer  NOT NULL REFERENCES payout.batch (id),
    section  smallint NOT NULL,
    channel  text     NOT NULL REFERENCES payout.channel (key),
    state    text     NOT NULL,
    payments bigint   NOT NULL,
    amount   bigint   NOT NULL,
    PRIMARY KEY (batch, section, channel, state)
) WITH (fillfactor = 50);
COMMENT ON TABLE payout.tally_sum IS 'Sums of payout.tally without the vouchers of payout.tally_new; section 0 is the whole batch. Derived: ledger verify compares it with the last lines.';

CREATE TABLE payout.tally_new (
    batch   integer NOT NULL REFERENCES payout.batch (id),
    voucher bigint  NOT NULL REFERENCES ledger.voucher (id),
    PRIMARY KEY (batch, voucher)
);
COMMENT ON TABLE payout.tally_new IS 'Vouchers whose tallies are not in payout.tally_sum yet.';

INSERT INTO payout.tally_sum (batch, section, channel, state, payments, amount)
SELECT t.batch, coalesce(t.section, 0), t.channel, t.state, sum(t.payments), sum(t.amount)
  FROM payout.tally AS t
 GROUP BY GROUPING SETS ((t.batch, t.channel, t.state), (t.batch, t.section, t.channel, t.state));

-- Payments off the straight way (refused, returned, ended unpaid …), by the state
-- of their last line: one in a hundred, which nobody finds by walking the others.
CREATE TABLE payout.aside (
    batch   integer NOT NULL,
    state   text    NOT NULL CHECK (state IN ('rejected', 'withdrawn', 'not_executed', 'returned', 'unpaid', 'brought_back', 'ended')),
    payment bigint  NOT NULL,
    PRIMARY KEY (batch, state, payment),
    FOREIGN KEY (batch, payment) REFERENCES payout.payment (batch, no)
);
COMMENT ON TABLE payout.aside IS 'Written by the transaction that posts. Derived: ledger verify compares it with the last lines.';

INSERT INTO payout.aside (batch, state, payment)
SELECT last.batch, g.state, last.payment
  FROM (SELECT DISTINCT ON (l.batch, l.payment) l.batch, l.payment, l.leg
          FROM ledger.line AS l WHERE l.batch <> 0
         ORDER BY l.batch, l.payment, l.seq DESC) AS last
  JOIN ledger.leg AS g ON g.id = last.leg
 WHERE g.state IN ('rejected', 'withdrawn', 'not_executed', 'returned', 'unpaid', 'brought_back', 'ended');

-- What a doubtful payment is worth, where, and in which submission; a payment's amount never changes.
-- Sums of doubts then read the doubts alone.
ALTER TABLE payout.exception ADD COLUMN submission bigint, ADD COLUMN section smallint, ADD COLUMN channel text,
    ADD COLUMN amount bigint;
UPDATE payout.exception AS x
   SET submission = s.no, section = p.section, channel = s.channel, amount = p.amount
  FROM payout.payment AS p, payout.attempt AS a, payout.submission AS s
 WHERE x.kind = 'doubt' AND p.batch = x.batch AND p.no = x.payment
   AND a.batch = x.batch AND a.payment = x.payment AND a.attempt = x.attempt AND s.no = a.submission;
ALTER TABLE payout.exception ADD CONSTRAINT exception_doubt_worth
    CHECK (kind <> 'doubt' OR submission IS NOT NULL AND section IS NOT NULL AND channel IS NOT NULL AND amount IS NOT NULL);
CREATE INDEX exception_doubt_of_batch ON payout.exception (batch, payment) INCLUDE (submission, section, channel, amount) WHERE closed_at IS NULL AND kind = 'doubt';

GRANT SELECT, INSERT, UPDATE ON payout.tally_sum TO ansinh_engine;
GRANT SELECT, INSERT, DELETE ON payout.tally_new, payout.aside TO ansinh_engine;
GRANT SELECT ON payout.tally_sum, payout.tally_new, payout.aside TO ansinh_reader;
