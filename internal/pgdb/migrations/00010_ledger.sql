-- Why: every đồng must be followed without trusting us: books, accounts, vouchers, lines, seals, to which the engine may only add.

CREATE SCHEMA ledger;

CREATE TABLE ledger.book (
    id         integer     PRIMARY KEY,
    code       text        NOT NULL UNIQUE,      -- mã ĐVQHNS
    name_vi    text        NOT NULL,
    opened_at  timestamptz NOT NULL
);
COMMENT ON TABLE ledger.book IS 'The budget unit whose Treasury and bank accounts are used; prescribed books, closing and ties are per book.';

-- A role is what an account is for; posting sets name roles, never accounts.
CREATE TABLE ledger.role (
    name        text    PRIMARY KEY,
    prescribed  text    NOT NULL,                -- account of Circular 24/2024/TT-BTC it prints under
    off_balance boolean NOT NULL DEFAULT false,
    name_vi     text    NOT NULL
);

CREATE TABLE ledger.account (
    id         integer     PRIMARY KEY,
    book       integer     NOT NULL REFERENCES ledger.book (id),
    code       text        NOT NULL,
    role       text        NOT NULL REFERENCES ledger.role (name),
    place      text        NOT NULL DEFAULT '',  -- paying account, bank or provider the money is at; '' = none
    programme  text        NOT NULL DEFAULT '',  -- '' = no programme (.0)
    opened_at  timestamptz NOT NULL,
    UNIQUE (book, code),
    UNIQUE (book, role, place, programme)
);

-- One row per paying account or provider: taken FOR UPDATE before funds are read.
CREATE TABLE ledger.control (
    book  integer NOT NULL REFERENCES ledger.book (id),
    place text    NOT NULL,
    PRIMARY KEY (book, place)
);

-- Legs are the movements a payment's money can make. state = the money state
-- after the leg; claim = what the leg does to the payment's claim on the bank.
CREATE TABLE ledger.leg (
    id       smallint PRIMARY KEY,
    name     text     NOT NULL UNIQUE,
    state    text     NOT NULL,
    amount   text     NOT NULL CHECK (amount IN ('first', 'whole', 'free')), -- first line, equal to the first line, or free (claims)
    attempt  text     NOT NULL CHECK (attempt IN ('none', 'same', 'next')),
    claim    smallint NOT NULL CHECK (claim IN (-1, 0, 1)),
    earlier  boolean  NOT NULL,              -- may be about an attempt before the newest
    once     boolean  NOT NULL               -- at most once for one attempt (the attempt's booked debit)
);

-- Which accounts a leg debits and credits depends on the programme's funding.
CREATE TABLE ledger.leg_accounts (
    posting_set text     NOT NULL,
    leg         smallint NOT NULL REFERENCES ledger.leg (id),
    debit_role  text     NOT NULL REFERENCES ledger.role (name),
    credit_role text     NOT NULL REFERENCES ledger.role (name),
    PRIMARY KEY (posting_set, leg)
);

-- from_state '' = no line yet.
CREATE TABLE ledger.arrow (
    from_state text     NOT NULL,
    leg        smallint NOT NULL REFERENCES ledger.leg (id),
    PRIMARY KEY (from_state, leg)
);

CREATE SEQUENCE ledger.voucher_seq;
CREATE SEQUENCE ledger.account_seq AS integer;
CREATE SEQUENCE ledger.book_seq AS integer;

CREATE TABLE ledger.voucher (
    id              bigint      PRIMARY KEY,       -- yyyymm of posted_at × 10^9 + sequence
    key             text        NOT NULL UNIQUE,   -- idempotency key
    facts           bytea       NOT NULL CHECK (octet_length(facts) = 32),
    book            integer     NOT NULL REFERENCES ledger.book (id),
    posting_set     text        NOT NULL,
    kind            text        NOT NULL,
    accounting_date date        NOT NULL,
    posted_at       timestamptz NOT NULL,
    text            text        NOT NULL,
    batch           integer     NOT NULL,          -- 0 = no payment lines
    order_no        bigint      NOT NULL,          -- submission or own order whose 113 lines these are; 0 = none
    cause           bigint      NOT NULL,          -- the bank entry that caused it; 0 = our own act
    reverses        bigint      REFERENCES ledger.voucher (id),
    lines           bigint      NOT NULL CHECK (lines > 0),
    root            bytea       NOT NULL CHECK (octet_length(root) = 32),
    digest          bytea       NOT NULL UNIQUE CHECK (octet_length(digest) = 32)
);
CREATE UNIQUE INDEX voucher_reverses ON ledger.voucher (reverses); -- a voucher is taken back once
CREATE INDEX voucher_order ON ledger.voucher (order_no) WHERE order_no <> 0;
CREATE INDEX voucher_cause ON ledger.voucher (cause) WHERE cause <> 0;
CREATE INDEX voucher_batch ON ledger.voucher (batch) WHERE batch <> 0;

-- Computed from what was stored; the foreign keys here stand in for those that
-- lines do not carry, so an unknown account cannot commit.
CREATE TABLE ledger.voucher_account (
    voucher bigint  NOT NULL REFERENCES ledger.voucher (id) DEFERRABLE INITIALLY DEFERRED,
    account integer NOT NULL REFERENCES ledger.account (id),
    debit   bigint  NOT NULL,      -- turnover, red lines negative
    credit  bigint  NOT NULL,
    PRIMARY KEY (voucher, account)
);
CREATE INDEX voucher_account_account ON ledger.voucher_account (account, voucher) INCLUDE (debit, credit);

CREATE TABLE ledger.seal (
    chain_no  bigint      PRIMARY KEY CHECK (chain_no > 0),
    voucher   bigint      NOT NULL UNIQUE REFERENCES ledger.voucher (id),
    prev_hash bytea       NOT NULL UNIQUE CHECK (octet_length(prev_hash) = 32),
    hash      bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL
);

-- A closed month refuses later accounting dates; balances are stored to be verified.
CREATE TABLE ledger.closed_month (
    book      integer     NOT NULL REFERENCES ledger.book (id),
    month     date        NOT NULL,      -- first day
    closed_at timestamptz NOT NULL,
    closed_by text        NOT NULL,
    PRIMARY KEY (book, month)
);
CREATE TABLE ledger.month_balance (
    book    integer NOT NULL,
    month   date    NOT NULL,
    account integer NOT NULL REFERENCES ledger.account (id),
    debit   bigint  NOT NULL,      -- turnover from the first posting to the end of the month
    credit  bigint  NOT NULL,
    PRIMARY KEY (book, month, account),
    FOREIGN KEY (book, month) REFERENCES ledger.closed_month (book, month)
);

-- A line: one debit account, one credit account, one amount. Nothing unbalanced
-- can be posted. Lines without a payment have batch 0, payment = voucher.
CREATE TABLE ledger.line (
    payment bigint   NOT NULL,
    amount  bigint   NOT NULL,
    voucher bigint   NOT NULL,
    batch   integer  NOT NULL,
    debit   integer  NOT NULL,
    credit  integer  NOT NULL,
    tag     integer  NOT NULL,     -- first 4 bytes of the leaf hash: lets verify name the line
    seq     smallint NOT NULL,
    attempt smallint NOT NULL,     -- the payment's newest attempt
    about   smallint NOT NULL,     -- the attempt the line is about
    leg     smallint NOT NULL,     -- 0 = line without a payment
    red     boolean  NOT NULL      -- ghi âm: negative turnover on the same side
) PARTITION BY RANGE (batch);

-- dress() gives one leaf table its key, checks, index and guards, before it is attached.
CREATE FUNCTION ledger.dress(part text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    EXECUTE format('ALTER TABLE ledger.%I
        ADD PRIMARY KEY (batch, payment, seq),
        ADD CONSTRAINT %I CHECK (amount > 0 AND debit <> credit AND seq > 0 AND attempt >= 0 AND about >= 0 AND about <= attempt)',
        part, part || '_sane');
    EXECUTE format('CREATE INDEX ON ledger.%I USING brin (voucher)', part);
    PERFORM guard.append_only(format('ledger.%I', part)::regclass);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO ansinh_engine', part);
    EXECUTE format('GRANT SELECT ON ledger.%I TO ansinh_reader', part);
END $$;

SELECT guard.append_only('ledger.line');
SELECT guard.append_only(('ledger.' || t)::regclass)
  FROM unnest(ARRAY['book','account','voucher','voucher_account','seal','closed_month','month_balance','control','role','leg','leg_accounts','arrow']) AS t;

-- Batch 0 is split by the month of the voucher id.
CREATE TABLE ledger.line_0 (LIKE ledger.line) PARTITION BY RANGE (payment);
SELECT guard.append_only('ledger.line_0');
ALTER TABLE ledger.line ATTACH PARTITION ledger.line_0 FOR VALUES FROM (0) TO (1);

-- has_table() reads the catalogue as a query does, so that who waited for a lock
-- sees the table that was made meanwhile; to_regclass() would answer from a cache.
CREATE FUNCTION ledger.has_table(part text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'ledger' AND c.relname = part);
END $$;

-- ensure_month() makes the partition for vouchers posted in month yyyymm.
CREATE FUNCTION ledger.ensure_month(yyyymm integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE part text := format('line_0_%s', yyyymm);
BEGIN
    IF yyyymm NOT BETWEEN 202001 AND 299912 OR yyyymm % 100 NOT BETWEEN 1 AND 12 THEN
        RAISE EXCEPTION 'ensure_month: % is not a month', yyyymm;
    END IF;
    IF ledger.has_table(part) THEN RETURN; END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(7211001, yyyymm);
    IF ledger.has_table(part) THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line)', part);
    PERFORM ledger.dress(part);
    EXECUTE format('ALTER TABLE ledger.line_0 ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)',
        part, yyyymm::bigint * 1000000000, (yyyymm::bigint + 1) * 1000000000);
END $$;

-- ensure_block() makes the shared partition for small batches: ids
-- [1000 m, 1000 (m + 1)), m = months since 2024-12.
CREATE FUNCTION ledger.ensure_block(batch integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE block integer := batch / 1000; part text := format('line_m%s', block);
BEGIN
    IF batch NOT BETWEEN 1000 AND 839999 THEN
        RAISE EXCEPTION 'ensure_block: batch % is not in the range of small batches', batch;
    END IF;
    IF ledger.has_table(part) THEN RETURN; END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(7211001, block);
    IF ledger.has_table(part) THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line)', part);
    PERFORM ledger.dress(part);
    EXECUTE format('ALTER TABLE ledger.line ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)',
        part, block * 1000, (block + 1) * 1000);
END $$;

-- ledger_load() makes the private table for the first approval of a large
-- batch; the caller COPYs seq 1 into it and calls ledger_attach() in the same
-- transaction, so nobody ever sees it half full. NULL means the batch has its
-- partitions already; who comes second at the same time waits to be told so.
CREATE FUNCTION ledger.ledger_load(batch integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE part text := format('line_b%s_1', batch);
BEGIN
    IF batch NOT BETWEEN 840000 AND 1679615 THEN
        RAISE EXCEPTION 'ledger_load: batch % is not in the range of large batches', batch;
    END IF;
    IF ledger.has_table(part) THEN RETURN NULL; END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(7211001, batch);
    IF ledger.has_table(part) THEN RETURN NULL; END IF;
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line)', part);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO ansinh_engine', part);
    RETURN part;
END $$;

-- ledger_attach() dresses and attaches what ledger_load() made, with empty
-- partitions for seq 2, 3 and 4 and above. It refuses a table that holds
-- anything but first lines of its batch.
CREATE FUNCTION ledger.ledger_attach(batch integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    first_part text := format('line_b%s_1', batch);
    whole text := format('line_b%s', batch);
    part text;
    strange bigint;
    bounds text[] := ARRAY['FROM (2) TO (3)', 'FROM (3) TO (4)', 'FROM (4) TO (MAXVALUE)'];
BEGIN
    EXECUTE format('SELECT count(*) FROM ledger.%I WHERE batch <> %s OR seq <> 1', first_part, batch) INTO strange;
    IF strange > 0 THEN
        RAISE EXCEPTION 'ledger_attach: % lines in % are not first lines of batch %', strange, first_part, batch;
    END IF;
    PERFORM ledger.dress(first_part);
    EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (batch = %s AND batch IS NOT NULL AND seq = 1 AND seq IS NOT NULL)',
        first_part, first_part || '_place', batch);
    EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line) PARTITION BY RANGE (seq)', whole);
    PERFORM guard.append_only(format('ledger.%I', whole)::regclass);
    EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (1) TO (2)', whole, first_part);
    FOR i IN 1..3 LOOP
        part := format('line_b%s_%s', batch, i + 1);
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.line)', part);
        PERFORM ledger.dress(part);
        EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES %s', whole, part, bounds[i]);
    END LOOP;
    EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I CHECK (batch = %s AND batch IS NOT NULL)', whole, whole || '_place', batch);
    EXECUTE format('ALTER TABLE ledger.line ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)', whole, batch, batch + 1);
    EXECUTE format('ANALYZE ledger.%I', first_part);
END $$;

REVOKE ALL ON FUNCTION ledger.dress(text), ledger.has_table(text), ledger.ensure_month(integer), ledger.ensure_block(integer),
    ledger.ledger_load(integer), ledger.ledger_attach(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.ensure_month(integer), ledger.ensure_block(integer),
    ledger.ledger_load(integer), ledger.ledger_attach(integer) TO ansinh_engine;
GRANT USAGE ON SCHEMA ledger TO ansinh_engine, ansinh_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ansinh_engine, ansinh_reader;
GRANT INSERT ON ledger.book, ledger.account, ledger.control, ledger.voucher, ledger.voucher_account, ledger.seal,
    ledger.closed_month, ledger.month_balance, ledger.line TO ansinh_engine;
GRANT UPDATE (place) ON ledger.control TO ansinh_engine; -- SELECT … FOR UPDATE needs it; the guard refuses a real UPDATE
GRANT USAGE ON SEQUENCE ledger.voucher_seq, ledger.account_seq, ledger.book_seq TO ansinh_engine;
