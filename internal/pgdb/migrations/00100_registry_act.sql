-- Why: a person's record changes for years; who changed what, from when, known since when, on which paper, must stay readable, and what is grave takes two people.

-- An act is one change of one person's record, proposed by one person and, where
-- its kind asks for it, sealed by a second. Acts and lists share one number line,
-- so channel.list and channel_history.ended_by name either.
CREATE TABLE registry.act (
    id            bigint      PRIMARY KEY,
    kind          text        NOT NULL,
    person        bigint      NOT NULL REFERENCES registry.person (id),
    unit_code     text        NOT NULL,               -- whose people: the person's commune when it was proposed
    valid_from    date        NOT NULL,
    content       text        NOT NULL,               -- canonical JSON; ids and accounts only as blind index and tail
    id_enc        bytea,
    id_index      bytea,
    account_enc   bytea,
    account_index bytea,
    paper_no      text        NOT NULL,
    paper_date    date,
    why           text        NOT NULL,
    two           boolean     NOT NULL,               -- a second person decides
    by_one        text        NOT NULL,
    at            timestamptz NOT NULL,
    answer        text        NOT NULL DEFAULT '',    -- what the person was told: from which period it counts
    CHECK ((id_index IS NULL) = (id_enc IS NULL)),
    CHECK ((account_index IS NULL) = (account_enc IS NULL))
);
CREATE INDEX act_person ON registry.act (person, id);
SELECT guard.append_only('registry.act');

CREATE TABLE registry.act_decision (
    act     bigint      PRIMARY KEY REFERENCES registry.act (id),
    outcome text        NOT NULL CHECK (outcome IN ('done', 'refused')),
    by_two  text        NOT NULL,                     -- '' = the kind takes one person
    seal    bytea       CHECK (octet_length(seal) = 64),
    text    text        NOT NULL,                     -- what the seal covers
    why     text        NOT NULL DEFAULT '',
    at      timestamptz NOT NULL,
    CHECK ((by_two = '') = (seal IS NULL))
);
SELECT guard.append_only('registry.act_decision');

-- What was true of a person from when to when, and since when we know it. Of the
-- statements that cover a day, the latest known holds. The first row of a field is
-- what the list said, written when the field first changes.
CREATE TABLE registry.person_fact (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    person     bigint      NOT NULL REFERENCES registry.person (id),
    field      text        NOT NULL,                  -- name, id, birth, sex, unit, serving, status, category:CODE
    value      text        NOT NULL,                  -- of an id its last digits
    id_enc     bytea,
    id_index   bytea,
    valid_from date        NOT NULL,
    valid_to   date        CHECK (valid_to >= valid_from), -- last day; NULL = until another statement
    known_at   timestamptz NOT NULL,
    act        bigint      REFERENCES registry.act (id),   -- NULL = a list brought it
    list       bigint,
    CHECK ((act IS NULL) <> (list IS NULL))
);
CREATE INDEX person_fact_field ON registry.person_fact (person, field, known_at);
SELECT guard.append_only('registry.person_fact');

-- The record as it is now follows the facts.
GRANT UPDATE (name, name_fold, id_index, id_enc, birth_date, birth_year, birth_precision, sex, unit_code, unit_valid_from, changed_at)
    ON registry.person TO ansinh_engine;

-- Whether the money of a person rests: suspended by a decision, or the right ended.
CREATE TABLE registry.standing (
    person     bigint      NOT NULL REFERENCES registry.person (id),
    category   text        NOT NULL,                  -- '' = all
    state      text        NOT NULL CHECK (state IN ('active', 'suspended', 'ended')),
    valid_from date        NOT NULL,
    act        bigint      NOT NULL REFERENCES registry.act (id),
    PRIMARY KEY (person, category, act)
);
SELECT guard.append_only('registry.standing');

GRANT SELECT, INSERT ON registry.act, registry.act_decision, registry.person_fact, registry.standing TO ansinh_engine;
GRANT SELECT ON registry.act, registry.act_decision, registry.person_fact, registry.standing TO ansinh_reader;
