-- Why: where a batch stands must be read without walking a million lines: what each voucher changed is counted once, when it posts.

-- payments and amount are differences: a payment that went from ordered to paid
-- is -1 in one row and +1 in another. Who wants totals sums them. channel is
-- that of the payment's newest attempt, before the first attempt the approved one.
CREATE TABLE payout.tally (
    batch    integer  NOT NULL REFERENCES payout.batch (id),
    voucher  bigint   NOT NULL REFERENCES ledger.voucher (id),
    section  smallint NOT NULL,
    channel  text     NOT NULL REFERENCES payout.channel (key),
    state    text     NOT NULL,
    payments bigint   NOT NULL,
    amount   bigint   NOT NULL,
    PRIMARY KEY (batch, voucher, section, channel, state)
);
COMMENT ON TABLE payout.tally IS 'Differences by voucher; sums by (batch, section, channel, state) equal what the last lines of the payments say.';

-- What was posted before this table existed.
INSERT INTO payout.tally (batch, voucher, section, channel, state, payments, amount)
SELECT m.batch, m.voucher, m.section, m.channel, m.state, sum(m.n), sum(m.n * m.amount)
  FROM (SELECT l.batch, l.voucher, p.section, coalesce(s.channel, p.channel) AS channel, g.state, side.n, p.amount
          FROM (SELECT l.batch, l.voucher, l.payment, l.leg AS now_leg, l.attempt AS now_attempt,
                       lag(l.leg) OVER way AS was_leg, lag(l.attempt) OVER way AS was_attempt
                  FROM ledger.line AS l WHERE l.batch <> 0
                WINDOW way AS (PARTITION BY l.batch, l.payment ORDER BY l.seq)) AS l
         CROSS JOIN LATERAL (VALUES (1, l.now_leg, l.now_attempt), (-1, l.was_leg, l.was_attempt)) AS side (n, leg, attempt)
          JOIN ledger.leg AS g ON g.id = side.leg
          JOIN payout.payment AS p ON p.batch = l.batch AND p.no = l.payment
          LEFT JOIN payout.attempt AS a ON a.batch = l.batch AND a.payment = l.payment AND a.attempt = side.attempt
          LEFT JOIN payout.submission AS s ON s.no = a.submission) AS m
 GROUP BY 1, 2, 3, 4, 5
HAVING sum(m.n) <> 0 OR sum(m.n * m.amount) <> 0;

GRANT SELECT, INSERT ON payout.tally TO ansinh_engine;
GRANT SELECT ON payout.tally TO ansinh_reader;
SELECT guard.append_only('payout.tally');
