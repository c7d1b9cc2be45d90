-- Why: whatever a bank or provider says is kept before anything is concluded from it, and every conclusion can be followed back to the line that caused it.

CREATE SCHEMA reconciliation;

-- A file as it came. The bytes stand encrypted in file_part, because statements
-- hold account numbers; an answer's bytes stand in payout.answer.
CREATE TABLE reconciliation.file (
    id          bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    channel     text        NOT NULL REFERENCES payout.channel (key),
    kind        text        NOT NULL,
    name        text        NOT NULL,
    sha256      bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    bytes       bigint      NOT NULL CHECK (bytes >= 0),
    answer      bigint      REFERENCES payout.answer (id),
    received_at timestamptz NOT NULL,
    received_by text        NOT NULL,                     -- key id, person, or "answer"
    UNIQUE (channel, kind, sha256)
);
CREATE TABLE reconciliation.file_part (
    file bigint  NOT NULL REFERENCES reconciliation.file (id),
    n    integer NOT NULL,
    body bytea   NOT NULL,
    PRIMARY KEY (file, n)
);

-- What became of a file. None yet: it waits for an earlier statement.
CREATE TABLE reconciliation.verdict (
    no      bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY, -- the order in which files are posted
    file    bigint      NOT NULL UNIQUE REFERENCES reconciliation.file (id),
    channel text        NOT NULL,
    kind    text        NOT NULL,
    account text        NOT NULL DEFAULT '',
    file_id text        NOT NULL DEFAULT '',              -- the bank's own id of the file
    state   text        NOT NULL CHECK (state IN ('taken', 'refused')),
    code    text        NOT NULL DEFAULT '',
    line    integer     NOT NULL DEFAULT 0,
    why     text        NOT NULL DEFAULT '',
    entries integer     NOT NULL DEFAULT 0,
    at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX verdict_file_id ON reconciliation.verdict (channel, kind, account, file_id) WHERE state = 'taken' AND file_id <> '';
CREATE TABLE reconciliation.file_done (
    file bigint      PRIMARY KEY REFERENCES reconciliation.file (id),
    at   timestamptz NOT NULL
);

CREATE TABLE reconciliation.statement (
    file       bigint      PRIMARY KEY REFERENCES reconciliation.file (id),
    channel    text        NOT NULL,
    account    text        NOT NULL,
    sequence   bigint      NOT NULL,
    from_date  date        NOT NULL,
    to_date    date        NOT NULL,
    opening    bigint      NOT NULL,
    closing    bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (channel, account, sequence)
);
-- A status report about one submission; complete = it lists all the bank knows.
CREATE TABLE reconciliation.report (
    file       bigint      PRIMARY KEY REFERENCES reconciliation.file (id),
    submission bigint      NOT NULL REFERENCES payout.submission (no),
    as_of      timestamptz NOT NULL,
    complete   boolean     NOT NULL
);
CREATE INDEX report_submission ON reconciliation.report (submission, as_of);

-- One event at the bank, whatever file speaks of it.
CREATE TABLE reconciliation.entry (
    id       bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    channel  text   NOT NULL,
    account  text   NOT NULL,
    identity text   NOT NULL,
    file     bigint NOT NULL REFERENCES reconciliation.file (id),
    position integer NOT NULL,
    UNIQUE (channel, account, identity),
    UNIQUE (file, position)
);
-- The event's booking on a final statement: the only thing that moves 112.
CREATE TABLE reconciliation.booking (
    entry      bigint  PRIMARY KEY REFERENCES reconciliation.entry (id),
    file       bigint  NOT NULL REFERENCES reconciliation.file (id),
    position   integer NOT NULL,
    side       text    NOT NULL CHECK (side IN ('debit', 'credit')),
    amount     bigint  NOT NULL CHECK (amount > 0),
    book_date  date    NOT NULL,
    value_date date,
    UNIQUE (file, position)
);

-- One line of a file, as it was read.
CREATE TABLE reconciliation.witness (
    file          bigint  NOT NULL REFERENCES reconciliation.file (id),
    position      integer NOT NULL,
    entry         bigint,
    source        text    NOT NULL CHECK (source IN ('statement', 'detail', 'advice', 'status', 'sheet', 'provider')),
    side          text    NOT NULL,
    amount        bigint  NOT NULL,
    booked        boolean NOT NULL,
    book_date     date,
    value_date    date,
    servicer      text    NOT NULL,
    original_ref  text    NOT NULL,
    end_to_end    text    NOT NULL,
    bulk          text    NOT NULL,       -- message id of a bulk entry
    is_bulk       boolean NOT NULL,
    account_index bytea,                  -- blind index of the other side's account
    account_tail  text    NOT NULL,
    status        text    NOT NULL,
    code          text    NOT NULL,
    is_return     boolean NOT NULL,
    text          text    NOT NULL,
    line          integer NOT NULL,
    PRIMARY KEY (file, position)
);

-- What was concluded from a line: one cell of the table in docs/STATES.md.
CREATE TABLE reconciliation.outcome (
    file      bigint      NOT NULL,
    position  integer     NOT NULL,
    situation text        NOT NULL,
    evidence  text        NOT NULL,
    action    text        NOT NULL,
    batch     integer     NOT NULL,       -- 0 = no payment
    payment   bigint      NOT NULL,
    attempt   smallint    NOT NULL,
    voucher   bigint      NOT NULL,       -- 0 = nothing posted
    at        timestamptz NOT NULL,
    PRIMARY KEY (file, position),
    FOREIGN KEY (file, position) REFERENCES reconciliation.witness (file, position)
);
CREATE INDEX outcome_attempt ON reconciliation.outcome (batch, payment, attempt) WHERE batch <> 0;

-- The bank's own reference of an attempt, for returns that carry only that.
CREATE TABLE reconciliation.reference (
    channel  text     NOT NULL,
    servicer text     NOT NULL,
    batch    integer  NOT NULL,
    payment  bigint   NOT NULL,
    attempt  smallint NOT NULL,
    PRIMARY KEY (channel, servicer)
);
-- What a bulk debit took above its submission: + claims, − settles.
CREATE TABLE reconciliation.bulk_claim (
    file       bigint  NOT NULL,
    position   integer NOT NULL,
    submission bigint  NOT NULL REFERENCES payout.submission (no),
    amount     bigint  NOT NULL CHECK (amount <> 0),
    voucher    bigint  NOT NULL,
    PRIMARY KEY (file, position)
);
CREATE INDEX bulk_claim_submission ON reconciliation.bulk_claim (submission);

CREATE TABLE reconciliation.break_item (
    id             bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    reason         text        NOT NULL,
    channel        text        NOT NULL REFERENCES payout.channel (key),
    account        text        NOT NULL,
    file           bigint      NOT NULL REFERENCES reconciliation.file (id),
    position       integer     NOT NULL,
    batch          integer     NOT NULL,
    payment        bigint      NOT NULL,
    attempt        smallint    NOT NULL,
    submission     bigint      NOT NULL,
    amount         bigint      NOT NULL,
    voucher        bigint      NOT NULL,
    suggestion     text        NOT NULL,
    opened_at      timestamptz NOT NULL,
    owner          text        NOT NULL DEFAULT '',
    closed_at      timestamptz,
    closed_how     text        NOT NULL DEFAULT '',
    closed_one     text        NOT NULL DEFAULT '',
    closed_two     text        NOT NULL DEFAULT '',
    closed_voucher bigint      NOT NULL DEFAULT 0,
    UNIQUE (file, position, reason),
    CHECK (closed_two = '' OR closed_two <> closed_one),
    CHECK (closed_voucher = 0 OR closed_two <> '')
);
CREATE INDEX break_item_open ON reconciliation.break_item (channel, id) WHERE closed_at IS NULL;
CREATE INDEX break_item_batch ON reconciliation.break_item (batch) WHERE batch <> 0;

CREATE TABLE reconciliation.bank_day (
    channel    text        NOT NULL REFERENCES payout.channel (key),
    account    text        NOT NULL,
    date       date        NOT NULL,
    ours       bigint      NOT NULL,
    theirs     bigint      NOT NULL,
    explained  bigint      NOT NULL,
    why        text        NOT NULL,
    closed_one text        NOT NULL,
    closed_two text        NOT NULL CHECK (closed_two <> closed_one),
    closed_at  timestamptz NOT NULL,
    PRIMARY KEY (channel, account, date),
    CHECK (theirs - ours = explained)
);

-- Nonces of accepted requests, remembered for twice the accepted time.
CREATE TABLE reconciliation.nonce (
    key_id  text        NOT NULL,
    nonce   text        NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX nonce_seen ON reconciliation.nonce (seen_at);

GRANT USAGE ON SCHEMA reconciliation TO ansinh_engine, ansinh_reader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA reconciliation TO ansinh_engine;
GRANT SELECT ON ALL TABLES IN SCHEMA reconciliation TO ansinh_reader;
GRANT UPDATE (owner, closed_at, closed_how, closed_one, closed_two, closed_voucher) ON reconciliation.break_item TO ansinh_engine;
GRANT DELETE ON reconciliation.nonce TO ansinh_engine;
SELECT guard.append_only(('reconciliation.' || t)::regclass)
  FROM unnest(ARRAY['file','file_part','verdict','file_done','statement','report','entry','booking','witness','outcome','reference','bulk_claim','bank_day']) AS t;
