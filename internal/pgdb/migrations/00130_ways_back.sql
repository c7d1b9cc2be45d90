-- Why: a section that nobody approves would hold its people's claims and its batch open for ever, and a bar that a bank has cleared in writing could never be lifted; both end by two people.

ALTER TABLE payout.section DROP CONSTRAINT section_state_check;
ALTER TABLE payout.section ADD CONSTRAINT section_state_check CHECK (state IN ('planned', 'submitted', 'approved', 'released', 'withdrawn'));

CREATE TABLE payout.section_withdrawal (
    batch   integer     NOT NULL,
    section smallint    NOT NULL,
    reason  text        NOT NULL,
    by_one  text        NOT NULL,
    by_two  text        NOT NULL CHECK (by_two <> by_one),
    at      timestamptz NOT NULL,
    PRIMARY KEY (batch, section),
    FOREIGN KEY (batch, section) REFERENCES payout.section (batch, no)
);

CREATE TABLE payout.bar_lift (
    batch   integer     NOT NULL,
    payment bigint      NOT NULL,
    attempt smallint    NOT NULL,
    paper   text        NOT NULL CHECK (paper <> ''),   -- number and date of the bank's written word
    reason  text        NOT NULL,
    by_one  text        NOT NULL,
    by_two  text        NOT NULL CHECK (by_two <> by_one),
    at      timestamptz NOT NULL,
    PRIMARY KEY (batch, payment, attempt, at)
);

GRANT SELECT, INSERT ON payout.section_withdrawal, payout.bar_lift TO ansinh_engine;
GRANT SELECT ON payout.section_withdrawal, payout.bar_lift TO ansinh_reader;
SELECT guard.append_only(('payout.' || t)::regclass) FROM unnest(ARRAY['section_withdrawal', 'bar_lift']) AS t;
