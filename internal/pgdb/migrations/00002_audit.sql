-- Why: who did what must be a row in the transaction of the act itself, and nobody may change it unseen afterwards.
--
-- An act appends to audit.record and audit.pending and waits for nobody. One
-- sealer later moves ids from pending into audit.chain, where each hash covers
-- the one before. audit.pending is only the sealer's list of work: if it loses
-- a row, audit.Verify finds the record outside the chain.

CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO ansinh_engine, ansinh_reader;

CREATE TABLE audit.record (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    actor   text NOT NULL CHECK (actor <> ''),
    act     text NOT NULL CHECK (act <> ''),
    subject text NOT NULL,
    -- Canonical JSON as text, because jsonb would change the bytes that are hashed.
    detail  text NOT NULL CHECK (jsonb_typeof(detail::jsonb) = 'object')
);
CREATE INDEX record_subject ON audit.record (subject, id);
CREATE INDEX record_actor ON audit.record (actor, id);

CREATE TABLE audit.pending (
    record bigint PRIMARY KEY
);

CREATE TABLE audit.chain (
    chain_no  bigint PRIMARY KEY CHECK (chain_no >= 1),
    record    bigint NOT NULL UNIQUE REFERENCES audit.record (id),
    -- Unique: the chain cannot fork, whatever two sealers do.
    prev_hash bytea  NOT NULL UNIQUE CHECK (octet_length(prev_hash) = 32),
    hash      bytea  NOT NULL UNIQUE CHECK (octet_length(hash) = 32)
);

-- The whole story in the order of the chain; records not yet sealed come without a number.
CREATE VIEW audit.trail AS
SELECT c.chain_no, r.id AS record, r.at, r.actor, r.act, r.subject, r.detail, c.prev_hash, c.hash
  FROM audit.record AS r
  LEFT JOIN audit.chain AS c ON c.record = r.id;

SELECT guard.append_only('audit.record');
SELECT guard.append_only('audit.chain');

GRANT SELECT, INSERT ON audit.record, audit.chain TO ansinh_engine;
GRANT SELECT, INSERT, DELETE ON audit.pending TO ansinh_engine;
GRANT SELECT ON audit.trail TO ansinh_engine;
GRANT SELECT ON audit.record, audit.pending, audit.chain, audit.trail TO ansinh_reader;
