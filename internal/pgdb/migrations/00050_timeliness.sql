-- Why: how long people wait may be said only where a source promised to tell, so the promise is stored beside every event.

CREATE SCHEMA timeliness;

CREATE SEQUENCE timeliness.file_seq;

-- The coverage register: which source spoke, for which accounts, from when to
-- when, in its own words. A refused file is a row too, with the reason.
CREATE TABLE timeliness.file (
    id           bigint      PRIMARY KEY,
    channel      text        NOT NULL REFERENCES payout.channel (key),
    sha256       bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    name         text        NOT NULL,
    bank_file    text        NOT NULL,           -- the source's own id of the file
    state        text        NOT NULL CHECK (state IN ('taken', 'refused')),
    reason       text        NOT NULL,           -- why it was refused, else ''
    scope        text        NOT NULL,           -- which accounts or pay points, as the source states it
    covered_from date,
    covered_to   date,
    complete_to  timestamptz,
    rows         bigint      NOT NULL CHECK (rows >= 0),
    covered      bigint      NOT NULL CHECK (covered >= 0),   -- rows about attempts of ours
    events       bigint      NOT NULL CHECK (events >= 0),    -- of them, with a first event
    set_aside    bigint      NOT NULL CHECK (set_aside >= 0),
    taken_by     text        NOT NULL,
    taken_at     timestamptz NOT NULL,
    CHECK ((state = 'refused') = (reason <> '')),
    CHECK (covered + set_aside = rows OR state = 'refused')
);
CREATE UNIQUE INDEX file_once ON timeliness.file (channel, sha256) WHERE state = 'taken';

-- One promise about one attempt: between the days (both whole) the first
-- withdrawal would have been reported. No foreign keys: one file is one load
-- that checks its references in one set.
CREATE TABLE timeliness.coverage (
    batch     integer  NOT NULL,
    payment   bigint   NOT NULL,
    attempt   smallint NOT NULL,
    file      bigint   NOT NULL,
    from_date date     NOT NULL,
    last_date date     NOT NULL,
    PRIMARY KEY (batch, payment, attempt, file),
    CHECK (last_date >= from_date)
);

-- When people first took or spent the money, or signed for it. A source that
-- corrects itself adds a row; the earliest counts.
CREATE TABLE timeliness.event (
    batch   integer     NOT NULL,
    payment bigint      NOT NULL,
    attempt smallint    NOT NULL,
    at      timestamptz NOT NULL,
    kind    text        NOT NULL CHECK (kind IN ('cash', 'spend', 'signed')),
    file    bigint      NOT NULL,
    PRIMARY KEY (batch, payment, attempt, at, kind)
);

-- Rows that say nothing about an attempt of ours, with the reason.
CREATE TABLE timeliness.set_aside (
    file      bigint  NOT NULL REFERENCES timeliness.file (id),
    line      integer NOT NULL,
    reference text    NOT NULL,
    why       text    NOT NULL,
    PRIMARY KEY (file, line)
);

-- Where COPY puts a file's rows before they are looked up as one set. Emptied
-- by the transaction that fills it.
CREATE UNLOGGED TABLE timeliness.stage (
    file      bigint   NOT NULL,
    line      integer  NOT NULL,
    reference text     NOT NULL,
    why       text     NOT NULL,        -- '' = nothing against it so far
    batch     integer  NOT NULL,
    payment   bigint   NOT NULL,
    attempt   smallint NOT NULL,
    from_date date     NOT NULL,
    last_date date     NOT NULL,
    at        timestamptz,
    kind      text     NOT NULL,
    PRIMARY KEY (file, line)
);

GRANT USAGE ON SCHEMA timeliness TO ansinh_engine, ansinh_reader;
GRANT USAGE ON SEQUENCE timeliness.file_seq TO ansinh_engine;
GRANT SELECT, INSERT ON timeliness.file, timeliness.coverage, timeliness.event, timeliness.set_aside, timeliness.stage TO ansinh_engine;
GRANT UPDATE (why), DELETE ON timeliness.stage TO ansinh_engine;
GRANT SELECT ON timeliness.file, timeliness.coverage, timeliness.event, timeliness.set_aside TO ansinh_reader;
SELECT guard.append_only(('timeliness.' || t)::regclass)
  FROM unnest(ARRAY['file', 'coverage', 'event', 'set_aside']) AS t;
