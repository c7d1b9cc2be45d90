-- Why: what the population register and the banks said about people, when and in which version, and what a person decided where it differs from ours.

-- An answer is kept for ever; a fresh one is used again instead of asking.
CREATE TABLE registry.answer (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    source     text        NOT NULL CHECK (source IN ('population', 'account')),
    subject    bytea       NOT NULL CHECK (octet_length(subject) = 16), -- blind index of what was asked about
    found      boolean     NOT NULL,
    body_enc   bytea       NOT NULL,
    version    text        NOT NULL,                  -- the source's own mark of its data
    asked_at   timestamptz NOT NULL
);
CREATE INDEX answer_subject ON registry.answer (source, subject, asked_at);
SELECT guard.append_only('registry.answer');

CREATE TABLE registry.verification (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    list       bigint      NOT NULL REFERENCES registry.list (id),
    source     text        NOT NULL CHECK (source IN ('population', 'account')),
    total      bigint      NOT NULL,
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL,
    fence      bigint      NOT NULL DEFAULT 0,        -- rises with every worker that takes it up
    busy_until timestamptz,
    ended_at   timestamptz
);

-- One row a person of the list. waiting is what is left to ask.
CREATE TABLE registry.verification_item (
    verification bigint   NOT NULL REFERENCES registry.verification (id),
    person       bigint   NOT NULL,
    verdict      text     NOT NULL CHECK (verdict IN ('waiting', 'same', 'different', 'dead', 'not_found', 'not_asked')),
    answer       bigint,
    differs      text[]   NOT NULL DEFAULT '{}',      -- name, birth, sex, unit, holder, closed
    PRIMARY KEY (verification, person)
);
CREATE INDEX verification_item_waiting ON registry.verification_item (verification, person) WHERE verdict = 'waiting';

-- Only a person ends a difference: the record is corrected by an act, or stays as
-- it is with a reason.
CREATE TABLE registry.resolution (
    verification bigint      NOT NULL,
    person       bigint      NOT NULL,
    choice       text        NOT NULL CHECK (choice IN ('correct', 'accept')),
    why          text        NOT NULL CHECK (why <> ''),
    acts         bigint[]    NOT NULL DEFAULT '{}',    -- proposed by it; a second person decides those that need one
    by_whom      text        NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (verification, person),
    FOREIGN KEY (verification, person) REFERENCES registry.verification_item (verification, person),
    CHECK ((choice = 'correct') = (cardinality(acts) > 0))
);
SELECT guard.append_only('registry.resolution');

GRANT SELECT, INSERT ON registry.answer, registry.verification, registry.verification_item, registry.resolution TO ansinh_engine;
GRANT UPDATE (fence, busy_until, ended_at) ON registry.verification TO ansinh_engine;
GRANT UPDATE (verdict, answer, differs) ON registry.verification_item TO ansinh_engine;
GRANT SELECT ON registry.answer, registry.verification, registry.verification_item, registry.resolution TO ansinh_reader;
