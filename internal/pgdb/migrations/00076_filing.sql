-- Why: a report that was filed is served again byte for byte, so the bytes stand in the database with their hash, the ledger's head and who asked.

CREATE SCHEMA filing;

-- What was asked for. Who works takes the oldest that has no end yet.
CREATE TABLE filing.request (
    id       bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind     text        NOT NULL CHECK (kind IN ('settlement', 'timeliness', 'verify')),
    batch    integer     NOT NULL,              -- 0 = no batch
    asked_by text        NOT NULL CHECK (asked_by <> ''),
    asked_at timestamptz NOT NULL
);
CREATE INDEX request_batch ON filing.request (batch, kind, id);

-- How a request ended: made, or not and why. One end for each.
CREATE TABLE filing.ending (
    request bigint      PRIMARY KEY REFERENCES filing.request (id),
    at      timestamptz NOT NULL,
    fault   text        NOT NULL,               -- '' = made
    head    text        NOT NULL                -- of the ledger's chain when it was read
);
CREATE TABLE filing.file (
    request bigint   NOT NULL REFERENCES filing.ending (request),
    n       smallint NOT NULL CHECK (n > 0),
    name    text     NOT NULL,
    media   text     NOT NULL,
    sha256  bytea    NOT NULL CHECK (octet_length(sha256) = 32),
    bytes   bigint   NOT NULL CHECK (bytes > 0),
    rows    bigint   NOT NULL,
    total   bigint   NOT NULL,
    PRIMARY KEY (request, n)
);
CREATE INDEX file_sha256 ON filing.file (sha256);
CREATE TABLE filing.part (
    request bigint   NOT NULL,
    n       smallint NOT NULL,
    no      integer  NOT NULL,
    body    bytea    NOT NULL,
    PRIMARY KEY (request, n, no),
    FOREIGN KEY (request, n) REFERENCES filing.file (request, n)
);

GRANT USAGE ON SCHEMA filing TO ansinh_engine, ansinh_reader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA filing TO ansinh_engine;
GRANT SELECT ON ALL TABLES IN SCHEMA filing TO ansinh_reader;
SELECT guard.append_only(('filing.' || t)::regclass) FROM unnest(ARRAY['request', 'ending', 'file', 'part']) AS t;
