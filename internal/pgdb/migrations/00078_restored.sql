-- Why: a database that was put back from a backup must not pay again what it has forgotten; what was found, and who opened each bank again, is kept.

-- Which server wrote this database: system identifier and timeline. Another one
-- than the present server's means that the database was copied there.
ALTER TABLE payout.instance ADD COLUMN server text NOT NULL DEFAULT '';

-- Each time the database was found to be older than what left the house.
CREATE TABLE payout.restored (
    id       bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at       timestamptz NOT NULL,
    epoch    smallint    NOT NULL,           -- the new one
    causes   text[]      NOT NULL CHECK (cardinality(causes) > 0),
    sends    integer     NOT NULL,           -- journalled sends that were not on record
    lost     boolean     NOT NULL,           -- the send journal is lost or not whole: what left is known to the banks alone
    journals text[]      NOT NULL,           -- names of the journals that are missing
    anchor   text        NOT NULL            -- the head kept elsewhere that this database does not have; '' = none
);
-- Two people let a channel pay again after a restored database.
CREATE TABLE payout.reopened (
    restored bigint      NOT NULL REFERENCES payout.restored (id),
    channel  text        NOT NULL REFERENCES payout.channel (key),
    why      text        NOT NULL CHECK (why <> ''),
    by_one   text        NOT NULL,
    by_two   text        NOT NULL CHECK (by_two <> by_one),
    at       timestamptz NOT NULL,
    PRIMARY KEY (restored, channel)
);
-- A journalled send that could not be taken back onto the books, settled by two people.
CREATE TABLE payout.send_settled (
    message    text        PRIMARY KEY,
    submission bigint      NOT NULL,
    why        text        NOT NULL CHECK (why <> ''),
    by_one     text        NOT NULL,
    by_two     text        NOT NULL CHECK (by_two <> by_one),
    at         timestamptz NOT NULL
);
GRANT SELECT, INSERT ON payout.restored, payout.reopened, payout.send_settled TO ansinh_engine;
GRANT SELECT ON payout.restored, payout.reopened, payout.send_settled TO ansinh_reader;
SELECT guard.append_only(('payout.' || t)::regclass) FROM unnest(ARRAY['restored', 'reopened', 'send_settled']) AS t;
