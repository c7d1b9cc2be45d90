-- Why: a payment that waits must say to people what it waits for, since when, and how many wait with it.

-- One row per batch and channel while something waits there; the order step
-- keeps it. since is when this reason began.
CREATE TABLE payout.wait (
    batch    integer     NOT NULL REFERENCES payout.batch (id),
    channel  text        NOT NULL REFERENCES payout.channel (key),
    reason   text        NOT NULL CHECK (reason IN ('stop', 'gate', 'paused', 'canary', 'day_count', 'day_total', 'funds', 'unwritable')),
    detail   text        NOT NULL,
    since    timestamptz NOT NULL,
    payments bigint      NOT NULL CHECK (payments > 0),
    amount   bigint      NOT NULL CHECK (amount > 0),
    PRIMARY KEY (batch, channel)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON payout.wait TO ansinh_engine;
GRANT SELECT ON payout.wait TO ansinh_reader;
