-- Payout: programmes, rules, batches, sections, payments, approvals, orders. What money does stands in the ledger; here stands who decided it.

CREATE SCHEMA payout;

-- Who we are in every reference we send: installation never changes, the epoch
-- rises when the database was restored from a backup.
CREATE TABLE payout.instance (
    one          boolean     PRIMARY KEY DEFAULT true CHECK (one),
    installation text        NOT NULL CHECK (installation ~ '^[A-Z0-9]{3}$'),
    epoch        smallint    NOT NULL CHECK (epoch BETWEEN 1 AND 35),
    created_at   timestamptz NOT NULL
);

CREATE TABLE payout.programme (
    code        text PRIMARY KEY CHECK (code ~ '^[A-Z0-9]{2,12}$'),
    name_vi     text NOT NULL,
    name_en     text NOT NULL,
    legal_basis text NOT NULL,
    posting_set text NOT NULL,
    budget_code text NOT NULL DEFAULT '',
    due_date    date NOT NULL,          -- the planned date of the paper, never the schedule
    due_paper   text NOT NULL,
    origin      text NOT NULL           -- where the data came from
);

CREATE TABLE payout.rule (
    programme  text   NOT NULL REFERENCES payout.programme (code),
    code       text   NOT NULL,
    category   text,                    -- pays everybody listed in this category …
    ages       integer[],               -- … or whoever reaches one of these ages in the year
    older_than integer,                 -- … or is older than this
    year       integer,
    amount     bigint NOT NULL CHECK (amount > 0),
    basis      text   NOT NULL,
    source     text   NOT NULL,
    PRIMARY KEY (programme, code),
    CHECK ((category IS NOT NULL)::int + (ages IS NOT NULL)::int + (older_than IS NOT NULL)::int = 1),
    CHECK ((ages IS NULL AND older_than IS NULL) OR year IS NOT NULL)
);

-- A bank or provider we pay through, with the paying account of each book.
CREATE TABLE payout.channel (
    key      text     PRIMARY KEY CHECK (key ~ '^[A-Z0-9]{1,8}$'),
    ordinal  smallint NOT NULL UNIQUE CHECK (ordinal BETWEEN 1 AND 98),
    kind     text     NOT NULL CHECK (kind IN ('bank', 'provider')),
    name_vi  text     NOT NULL,
    bin      text     NOT NULL DEFAULT '',
    provider text     NOT NULL DEFAULT '',       -- the registry's word: BHXH, XA
    is_default boolean NOT NULL DEFAULT false,   -- takes accounts at banks we have no channel for
    profile  jsonb    NOT NULL
);
-- A bank, a provider and the default must each find one channel, or planning would pay a person twice.
CREATE UNIQUE INDEX channel_bin ON payout.channel (bin) WHERE kind = 'bank' AND bin <> '';
CREATE UNIQUE INDEX channel_provider ON payout.channel (provider) WHERE provider <> '';
CREATE UNIQUE INDEX channel_default ON payout.channel (is_default) WHERE is_default;
CREATE TABLE payout.paying_account (
    book    integer NOT NULL REFERENCES ledger.book (id),
    channel text    NOT NULL REFERENCES payout.channel (key),
    account text    NOT NULL,           -- account number at the bank; '' at a provider
    name    text    NOT NULL,           -- holder in bank ASCII
    PRIMARY KEY (book, channel)
);

CREATE TABLE payout.batch_counter (
    block integer PRIMARY KEY,          -- months since 2024-12, or 840 for large batches
    last  integer NOT NULL
);

CREATE TABLE payout.batch (
    id             integer     PRIMARY KEY,
    programme      text        NOT NULL REFERENCES payout.programme (code),
    period         date        NOT NULL,          -- first of the month the benefit is for
    name_vi        text        NOT NULL,
    declared_count bigint      NOT NULL CHECK (declared_count > 0),
    declared_total bigint      NOT NULL CHECK (declared_total > 0),
    decision_no    text        NOT NULL,
    decision_date  date        NOT NULL,
    due_date       date        NOT NULL,
    made_by        text        NOT NULL,
    made_at        timestamptz NOT NULL,
    planned_at     timestamptz,
    digest         bytea,                         -- Merkle root of the section digests
    pay_at         timestamptz,                   -- scheduled time
    cron           text        NOT NULL DEFAULT '',
    released_at    timestamptz,
    paused         boolean     NOT NULL DEFAULT false,
    pause_why      text        NOT NULL DEFAULT '',
    closed_at      timestamptz,
    closed_by      text        NOT NULL DEFAULT ''
);

-- One person, one rule, one month, one amount: nobody twice is enforced here,
-- for life. A claim is never deleted; a release is appended.
CREATE TABLE payout.entitlement (
    programme text     NOT NULL,
    rule      text     NOT NULL,
    person    bigint   NOT NULL,
    subject   bigint   NOT NULL,
    month     date     NOT NULL,
    n         smallint NOT NULL CHECK (n >= 0),
    batch     integer  NOT NULL REFERENCES payout.batch (id),
    payment   bigint   NOT NULL,
    amount    bigint   NOT NULL CHECK (amount > 0),
    PRIMARY KEY (programme, rule, person, subject, month, n)
);
CREATE INDEX entitlement_payment ON payout.entitlement (batch, payment);
CREATE TABLE payout.entitlement_release (
    programme text NOT NULL, rule text NOT NULL, person bigint NOT NULL, subject bigint NOT NULL, month date NOT NULL, n smallint NOT NULL,
    batch integer NOT NULL, reason text NOT NULL, by_one text NOT NULL, by_two text NOT NULL CHECK (by_two <> by_one), at timestamptz NOT NULL,
    PRIMARY KEY (programme, rule, person, subject, month, n),
    FOREIGN KEY (programme, rule, person, subject, month, n) REFERENCES payout.entitlement
);
-- Which lists a batch was planned from.
CREATE TABLE payout.batch_list (
    batch integer NOT NULL REFERENCES payout.batch (id),
    list  bigint  NOT NULL REFERENCES registry.list (id),
    PRIMARY KEY (batch, list)
);
CREATE INDEX batch_list_list ON payout.batch_list (list);
-- The list rows of one plan with the verdict on each, while it is being made.
-- Emptied by the transaction that fills it, so a plan sees its own rows only.
CREATE UNLOGGED TABLE payout.plan_row (
    list        bigint   NOT NULL,
    row_no      integer  NOT NULL,
    rule        text     NOT NULL,          -- '' = no rule fits
    person      bigint   NOT NULL,
    category    text     NOT NULL,
    amount      bigint,
    n           smallint NOT NULL,
    section     smallint NOT NULL,
    channel     text,
    payment     bigint   NOT NULL,          -- counts only where reason is ''
    reason      text     NOT NULL,          -- '' = to be claimed; else as in left_out
    other_batch integer
);
-- What a plan left out, with the reason an officer reads.
CREATE TABLE payout.left_out (
    batch       integer NOT NULL REFERENCES payout.batch (id),
    list        bigint  NOT NULL,
    row_no      integer NOT NULL,
    person      bigint  NOT NULL,
    rule        text    NOT NULL,
    reason      text    NOT NULL CHECK (reason IN ('already', 'no_rule', 'no_channel', 'other_amount')),
    other_batch integer,
    PRIMARY KEY (batch, list, row_no, rule)
);

CREATE TABLE payout.section (
    batch           integer     NOT NULL REFERENCES payout.batch (id),
    no              smallint    NOT NULL,
    unit_code       text        NOT NULL,
    unit_valid_from date        NOT NULL,
    unit_name_vi    text        NOT NULL,
    book            integer     NOT NULL REFERENCES ledger.book (id),
    count           bigint      NOT NULL,
    total           bigint      NOT NULL,
    digest          bytea       NOT NULL CHECK (octet_length(digest) = 32),
    code            text        NOT NULL CHECK (length(code) = 8),
    state           text        NOT NULL CHECK (state IN ('planned', 'submitted', 'approved', 'released')),
    submitted_by    text        NOT NULL DEFAULT '',
    submitted_at    timestamptz,
    approved_at     timestamptz,
    voucher         bigint,
    PRIMARY KEY (batch, no)
);

-- The approved snapshot of one payee and one channel. Registry edits never reach it.
CREATE TABLE payout.payment (
    batch         integer  NOT NULL REFERENCES payout.batch (id),
    no            bigint   NOT NULL,
    amount        bigint   NOT NULL CHECK (amount > 0),
    person        bigint   NOT NULL,
    section       smallint NOT NULL,
    birth_year    integer,
    channel       text     NOT NULL REFERENCES payout.channel (key),
    bin           text     NOT NULL,
    account_tail  text     NOT NULL,
    holder        text     NOT NULL,           -- account holder as the list gave it; folded to bank ASCII when an order is written
    name          text     NOT NULL,
    category      text     NOT NULL,
    account_enc   bytea,
    account_index bytea,
    id_enc        bytea,                       -- personal id, for provider lists
    id_index      bytea,
    PRIMARY KEY (batch, no)
);
CREATE INDEX payment_person ON payout.payment (person);

-- Payments of one section and channel are numbered without a gap; next_no is
-- how far they have been ordered for the first time.
CREATE TABLE payout.run (
    batch   integer  NOT NULL,
    section smallint NOT NULL,
    channel text     NOT NULL REFERENCES payout.channel (key),
    from_no bigint   NOT NULL,
    to_no   bigint   NOT NULL,
    next_no bigint   NOT NULL,
    count   bigint   NOT NULL,
    total   bigint   NOT NULL,
    PRIMARY KEY (batch, section, channel),
    FOREIGN KEY (batch, section) REFERENCES payout.section (batch, no),
    CHECK (from_no <= to_no AND next_no BETWEEN from_no AND to_no + 1)
);

-- Payments taken out before they were ordered.
CREATE TABLE payout.cancelled (
    batch integer NOT NULL, payment bigint NOT NULL, reason text NOT NULL, by_one text NOT NULL, by_two text NOT NULL CHECK (by_two <> by_one),
    at timestamptz NOT NULL, voucher bigint NOT NULL,
    PRIMARY KEY (batch, payment)
);

CREATE TABLE payout.signer (
    id         text        PRIMARY KEY,
    name_vi    text        NOT NULL,
    title_vi   text        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('maker', 'approver', 'accountant', 'department', 'auditor')),
    public_key bytea       NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
    unit_code  text        NOT NULL DEFAULT '',     -- '' = all units
    limit_vnd  bigint,                              -- NULL = no limit
    valid_from date        NOT NULL,
    valid_to   date
);
-- How many approvals, by whom, a section of a total needs.
CREATE TABLE payout.ladder (
    total_from bigint NOT NULL,
    role       text   NOT NULL,
    PRIMARY KEY (total_from, role)
);
INSERT INTO payout.ladder (total_from, role) VALUES (0, 'approver'), (500000000, 'department'); -- our default; another ladder is a migration
CREATE TABLE payout.approval (
    batch   integer     NOT NULL,
    section smallint    NOT NULL,
    signer  text        NOT NULL REFERENCES payout.signer (id),
    digest  bytea       NOT NULL,
    text    text        NOT NULL,             -- the sentence that was approved
    seal    bytea       NOT NULL CHECK (octet_length(seal) = 64),
    at      timestamptz NOT NULL,
    PRIMARY KEY (batch, section, signer, digest),
    FOREIGN KEY (batch, section) REFERENCES payout.section (batch, no)
);

CREATE TABLE payout.draw (
    batch      integer     NOT NULL REFERENCES payout.batch (id),
    book       integer     NOT NULL,
    channel    text        NOT NULL REFERENCES payout.channel (key),
    n          smallint    NOT NULL,
    amount     bigint      NOT NULL CHECK (amount > 0),
    reference  text        NOT NULL UNIQUE,
    drawn_by   text        NOT NULL,
    drawn_at   timestamptz NOT NULL,
    voucher    bigint      NOT NULL,
    credited   bigint,                        -- voucher of the bank's credit advice
    PRIMARY KEY (batch, book, channel, n)
);

CREATE TABLE payout.schedule (
    id       bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    batch    integer     NOT NULL REFERENCES payout.batch (id),
    due_at   timestamptz NOT NULL,
    cron     text        NOT NULL DEFAULT '',
    done_at  timestamptz,
    late     boolean     NOT NULL DEFAULT false,
    note     text        NOT NULL DEFAULT ''
);

-- One message of up to 10,000 payments to one bank or provider.
CREATE TABLE payout.submission (
    no          bigint      PRIMARY KEY,        -- batch × 10^6 + channel ordinal × 10^4 + n
    batch       integer     NOT NULL REFERENCES payout.batch (id),
    channel     text        NOT NULL REFERENCES payout.channel (key),
    book        integer     NOT NULL,
    message_id  text        NOT NULL UNIQUE,
    digest      bytea       NOT NULL,           -- of the ordered instructions
    sha256      bytea       NOT NULL,           -- of the finished bytes
    count       integer     NOT NULL CHECK (count > 0),
    total       bigint      NOT NULL CHECK (total > 0),
    canary      boolean     NOT NULL,
    execution   date        NOT NULL,
    created_at  timestamptz NOT NULL,
    send_before timestamptz NOT NULL,
    head        text        NOT NULL,
    voucher     bigint      NOT NULL,
    state       text        NOT NULL CHECK (state IN ('intent', 'sending', 'accepted', 'refused', 'unknown', 'withdrawn', 'settled')),
    fence       bigint      NOT NULL DEFAULT 0, -- rises with every claim
    clear_fence bigint      NOT NULL DEFAULT 0, -- claims up to here are known not to have sent
    claimed_by  text        NOT NULL DEFAULT '',
    claim_until timestamptz,
    tries       integer     NOT NULL DEFAULT 0,
    first_sent  timestamptz,
    answered_at timestamptz,
    code        text        NOT NULL DEFAULT '',
    answer_text text        NOT NULL DEFAULT '',
    next_look   timestamptz,                     -- when to inquire again
    denied_at   timestamptz                      -- last authenticated "unknown to us"
);
CREATE INDEX submission_open ON payout.submission (channel, no) WHERE state IN ('intent', 'sending', 'accepted', 'unknown');
CREATE INDEX submission_batch ON payout.submission (batch, channel);

CREATE TABLE payout.attempt (
    batch      integer  NOT NULL,
    payment    bigint   NOT NULL,
    attempt    smallint NOT NULL,
    submission bigint   NOT NULL,
    place      integer  NOT NULL,        -- position in the message, from 1
    PRIMARY KEY (batch, payment, attempt)
);
CREATE INDEX attempt_submission ON payout.attempt (submission, place);

-- Payments that two people decided to try again.
CREATE TABLE payout.retry (
    batch integer NOT NULL, payment bigint NOT NULL, after_attempt smallint NOT NULL, channel text NOT NULL REFERENCES payout.channel (key),
    reason text NOT NULL, by_one text NOT NULL, by_two text NOT NULL CHECK (by_two <> by_one), at timestamptz NOT NULL, submission bigint,
    PRIMARY KEY (batch, payment, after_attempt)
);
CREATE INDEX retry_open ON payout.retry (channel, batch, payment) WHERE submission IS NULL;

-- Facts about an attempt that are not its money: doubt, hold, due for repair.
CREATE TABLE payout.exception (
    batch      integer     NOT NULL,
    payment    bigint      NOT NULL,
    attempt    smallint    NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('doubt', 'held', 'repair', 'barred')),
    opened_at  timestamptz NOT NULL,
    why        text        NOT NULL,
    closed_at  timestamptz,
    closed_by  bigint,                   -- the voucher that closed it
    PRIMARY KEY (batch, payment, attempt, kind, opened_at)
);
CREATE UNIQUE INDEX exception_open ON payout.exception (batch, payment, attempt, kind) WHERE closed_at IS NULL;

-- The shared truth of the breakers: one row per bank, its lock comes first.
CREATE TABLE payout.bank_gate (
    channel    text        PRIMARY KEY REFERENCES payout.channel (key),
    state      text        NOT NULL CHECK (state IN ('open', 'tripped', 'paused')), -- open = payments may go
    since      timestamptz NOT NULL,
    why        text        NOT NULL DEFAULT '',
    next_probe timestamptz,
    fence      bigint      NOT NULL DEFAULT 0
);
CREATE TABLE payout.stop (
    one     boolean     PRIMARY KEY DEFAULT true CHECK (one),
    stopped boolean     NOT NULL,
    why     text        NOT NULL DEFAULT '',
    by_whom text        NOT NULL DEFAULT '',
    at      timestamptz NOT NULL
);
CREATE TABLE payout.canary (
    batch      integer     NOT NULL,
    channel    text        NOT NULL REFERENCES payout.channel (key),
    submission bigint      NOT NULL,
    passed_at  timestamptz,
    passed_by  text        NOT NULL DEFAULT '',    -- 'proof', or the person who took the responsibility
    PRIMARY KEY (batch, channel)
);

-- What a bank answered, kept before anything is concluded from it.
CREATE TABLE payout.answer (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    submission bigint      NOT NULL REFERENCES payout.submission (no),
    channel    text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('submit', 'status')),
    at         timestamptz NOT NULL,
    outcome    text        NOT NULL,
    code       text        NOT NULL DEFAULT '',
    raw        bytea       NOT NULL
);
CREATE TABLE payout.answer_taken (
    answer bigint PRIMARY KEY REFERENCES payout.answer (id),
    at     timestamptz NOT NULL
);

-- What a person is shown: the money state, or "in doubt" while nobody knows.
CREATE FUNCTION payout.shown_state(leg_state text, doubt boolean) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT CASE WHEN doubt AND leg_state IN ('ordered', 'out', 'listed') THEN 'in_doubt' ELSE leg_state END
$$;

GRANT USAGE ON SCHEMA payout TO ansinh_engine, ansinh_reader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA payout TO ansinh_engine;
GRANT SELECT ON ALL TABLES IN SCHEMA payout TO ansinh_reader;
GRANT UPDATE ON payout.instance, payout.batch, payout.batch_counter, payout.section, payout.run, payout.draw, payout.schedule, payout.submission,
    payout.retry, payout.exception, payout.bank_gate, payout.stop, payout.canary, payout.programme, payout.channel, payout.paying_account, payout.signer TO ansinh_engine;
GRANT DELETE ON payout.plan_row TO ansinh_engine;
GRANT EXECUTE ON FUNCTION payout.shown_state(text, boolean) TO ansinh_engine, ansinh_reader;
SELECT guard.append_only(('payout.' || t)::regclass)
  FROM unnest(ARRAY['rule','batch_list','entitlement','entitlement_release','left_out','payment','cancelled','approval','attempt','answer','answer_taken','ladder']) AS t;
