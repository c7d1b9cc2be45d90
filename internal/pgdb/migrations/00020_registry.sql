-- Why: people, units, channels and the lists that name them must be found set-wise by payout, with nothing that identifies a person in the clear.
--
-- Bulk tables (person, channel, list_row, stage) carry no foreign keys: a list
-- is written by one import that checks its keys in sets, and a check per row
-- would cost more than the load.

CREATE SCHEMA registry;
GRANT USAGE ON SCHEMA registry TO ansinh_engine, ansinh_reader;

-- One row, written once: a database is a demo or real from its first day.
CREATE TABLE registry.setting (
    only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    demo     boolean     NOT NULL,
    made_at  timestamptz NOT NULL
);
SELECT guard.append_only('registry.setting');

CREATE TABLE registry.unit (
    code        text NOT NULL,
    valid_from  date NOT NULL,
    valid_to    date CHECK (valid_to >= valid_from),
    name_vi     text NOT NULL,
    name_en     text NOT NULL,
    kind        text NOT NULL,
    parent_code text NOT NULL,                  -- '' = a province
    PRIMARY KEY (code, valid_from)
);
COMMENT ON TABLE registry.unit IS 'The same code named other places before; a unit is (code, valid_from).';

CREATE TABLE registry.category (
    code      text     PRIMARY KEY,
    name_vi   text     NOT NULL,
    name_en   text     NOT NULL,
    sensitive smallint NOT NULL CHECK (sensitive BETWEEN 0 AND 3)
);

CREATE TABLE registry.book (
    code       text NOT NULL,                   -- mã ĐVQHNS
    valid_from date NOT NULL,
    valid_to   date CHECK (valid_to >= valid_from),
    name_vi    text NOT NULL,
    name_en    text NOT NULL DEFAULT '',
    PRIMARY KEY (code, valid_from)
);

-- Which book pays: the latest row for (programme, unit) that has begun.
CREATE TABLE registry.book_of (
    programme       text NOT NULL,
    unit_code       text NOT NULL,
    unit_valid_from date NOT NULL,
    valid_from      date NOT NULL,
    book            text NOT NULL,
    PRIMARY KEY (programme, unit_code, unit_valid_from, valid_from),
    FOREIGN KEY (unit_code, unit_valid_from) REFERENCES registry.unit (code, valid_from)
);

CREATE SEQUENCE registry.person_seq;
CREATE TABLE registry.person (
    id                bigint      PRIMARY KEY,
    id_index          bytea       UNIQUE CHECK (octet_length(id_index) = 16), -- NULL = no personal id yet
    id_enc            bytea,
    local_key         bytea       UNIQUE CHECK (octet_length(local_key) = 16), -- of a person without id: unit, folded name, birth, sex
    name              text        NOT NULL,
    name_fold         text        NOT NULL,
    birth_date        date,
    birth_year        integer,
    birth_precision   text        NOT NULL CHECK (birth_precision IN ('day', 'month', 'year', 'none')),
    sex               text        NOT NULL CHECK (sex IN ('M', 'F', '')),
    phone_enc         bytea,
    phone_index       bytea,
    unit_code         text        NOT NULL,
    unit_valid_from   date        NOT NULL,
    residential_group text        NOT NULL,
    address           text        NOT NULL,
    first_list        bigint      NOT NULL,
    created_at        timestamptz NOT NULL,
    changed_at        timestamptz NOT NULL,
    CHECK ((id_index IS NULL) = (id_enc IS NULL)),
    CHECK ((phone_index IS NULL) = (phone_enc IS NULL)),
    CHECK (id_index IS NOT NULL OR local_key IS NOT NULL),
    CHECK ((birth_year IS NULL) = (birth_precision = 'none')),
    CHECK ((birth_date IS NULL) = (birth_precision IN ('year', 'none')))
);
CREATE INDEX person_name ON registry.person (name_fold, birth_year);
CREATE INDEX person_phone ON registry.person (phone_index) WHERE phone_index IS NOT NULL;
CREATE INDEX person_unit ON registry.person (unit_code, unit_valid_from);
CREATE INDEX person_local ON registry.person (unit_code, name_fold) WHERE id_index IS NULL;

CREATE TABLE registry.channel (
    person        bigint      NOT NULL,
    rank          smallint    NOT NULL CHECK (rank > 0),   -- 1 is tried first
    kind          text        NOT NULL CHECK (kind IN ('bank', 'provider')),
    method        text        NOT NULL CHECK (method IN ('account', 'bhxh', 'cash', 'home')),
    bank_bin      text        NOT NULL DEFAULT '',
    account_enc   bytea,
    account_index bytea,
    account_tail  text        NOT NULL DEFAULT '',
    holder        text        NOT NULL DEFAULT '',
    provider      text        NOT NULL DEFAULT '',
    list          bigint      NOT NULL,                    -- the list that brought it
    valid_from    timestamptz NOT NULL,
    PRIMARY KEY (person, rank),
    CHECK ((kind = 'bank') = (account_index IS NOT NULL)),
    CHECK ((kind = 'bank') = (account_enc IS NOT NULL)),
    CHECK ((kind = 'bank') = (bank_bin <> '')),
    CHECK ((kind = 'provider') = (provider <> ''))
);
CREATE INDEX channel_account ON registry.channel (account_index) WHERE account_index IS NOT NULL;

-- What a channel was before a list changed it; valid_to and ended_by say when and by which list.
CREATE TABLE registry.channel_history (
    person        bigint      NOT NULL,
    rank          smallint    NOT NULL,
    kind          text        NOT NULL,
    method        text        NOT NULL,
    bank_bin      text        NOT NULL,
    account_enc   bytea,
    account_index bytea,
    account_tail  text        NOT NULL,
    holder        text        NOT NULL,
    provider      text        NOT NULL,
    list          bigint      NOT NULL,
    valid_from    timestamptz NOT NULL,
    valid_to      timestamptz NOT NULL,
    ended_by      bigint      NOT NULL,
    PRIMARY KEY (person, rank, ended_by)
);
CREATE INDEX channel_history_list ON registry.channel_history (ended_by);
SELECT guard.append_only('registry.channel_history');

CREATE SEQUENCE registry.list_seq;
CREATE TABLE registry.list (
    id              bigint      PRIMARY KEY,
    programme       text        NOT NULL,
    unit_code       text        NOT NULL,
    unit_valid_from date        NOT NULL,
    file_name       text        NOT NULL,
    sha256          bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    original_enc    bytea       NOT NULL,
    rows_total      integer     NOT NULL CHECK (rows_total = rows_taken + rows_refused),
    rows_taken      integer     NOT NULL CHECK (rows_taken >= 0),
    rows_refused    integer     NOT NULL CHECK (rows_refused >= 0),
    people_new      integer     NOT NULL,
    people_known    integer     NOT NULL,
    channels_changed integer    NOT NULL,
    imported_by     text        NOT NULL,
    imported_at     timestamptz NOT NULL,
    UNIQUE (programme, unit_code, unit_valid_from, sha256),
    FOREIGN KEY (unit_code, unit_valid_from) REFERENCES registry.unit (code, valid_from)
);
SELECT guard.append_only('registry.list');

CREATE TABLE registry.list_row (
    list           bigint  NOT NULL,
    row_no         integer NOT NULL,
    person         bigint  NOT NULL,
    category       text    NOT NULL,
    decision_no    text    NOT NULL,
    decision_date  date,
    method         text    NOT NULL,
    stated_amount  bigint  CHECK (stated_amount > 0),
    payee_name     text    NOT NULL,               -- '' = the person
    payee_kind     text    NOT NULL CHECK (payee_kind IN ('self', 'guardian', 'carer', 'head', 'heir', 'proxy', 'unstated')),
    payee_id_enc   bytea,
    payee_id_index bytea,
    contact        text    NOT NULL,
    note           text    NOT NULL,
    PRIMARY KEY (list, row_no)
);
CREATE INDEX list_row_person ON registry.list_row (person);
SELECT guard.append_only('registry.list_row');

CREATE TABLE registry.list_refusal (
    list       bigint  NOT NULL REFERENCES registry.list (id),
    seq        integer NOT NULL,
    row_no     integer NOT NULL,
    column_ref text    NOT NULL,
    code       text    NOT NULL,
    severity   text    NOT NULL CHECK (severity = 'error'),
    value      text    NOT NULL,                   -- masked
    message    text    NOT NULL,
    PRIMARY KEY (list, seq)
);
SELECT guard.append_only('registry.list_refusal');

-- The same shape for what did not stop a row.
CREATE TABLE registry.list_warning (
    list       bigint  NOT NULL REFERENCES registry.list (id),
    seq        integer NOT NULL,
    row_no     integer NOT NULL,
    column_ref text    NOT NULL,
    code       text    NOT NULL,
    severity   text    NOT NULL CHECK (severity = 'warning'),
    value      text    NOT NULL,
    message    text    NOT NULL,
    PRIMARY KEY (list, seq)
);
SELECT guard.append_only('registry.list_warning');

-- Where COPY puts a list's rows before sets of them become people and channels.
-- Emptied by the transaction that fills it, so nobody else ever sees a row.
CREATE UNLOGGED TABLE registry.stage (
    list              bigint  NOT NULL,
    row_no            integer NOT NULL,
    first_of_person   boolean NOT NULL,            -- the person's first row in this list
    id_index          bytea,
    id_enc            bytea,
    local_key         bytea,
    name              text    NOT NULL,
    name_fold         text    NOT NULL,
    birth_date        date,
    birth_year        integer,
    birth_precision   text    NOT NULL,
    sex               text    NOT NULL,
    phone_enc         bytea,
    phone_index       bytea,
    residential_group text    NOT NULL,
    address           text    NOT NULL,
    category          text    NOT NULL,
    decision_no       text    NOT NULL,
    decision_date     date,
    stated_amount     bigint,
    method            text    NOT NULL,
    bank_bin          text    NOT NULL,
    account_enc       bytea,
    account_index     bytea,
    account_tail      text    NOT NULL,
    holder            text    NOT NULL,
    payee_name        text    NOT NULL,
    payee_kind        text    NOT NULL,
    payee_id_enc      bytea,
    payee_id_index    bytea,
    contact           text    NOT NULL,
    note              text    NOT NULL,
    PRIMARY KEY (list, row_no)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- A staged row with the person it is about: one of the two keys is NULL, and
-- each is unique. Statements walk from here to people and channels by their
-- keys and never join the stage with itself, because it has no statistics.
CREATE VIEW registry.staged AS
SELECT s.list, s.row_no, s.first_of_person, coalesce(i.id, l.id) AS person, s.phone_enc, s.phone_index, s.residential_group,
       s.address, s.category, s.decision_no, s.decision_date, s.stated_amount, s.method, s.bank_bin, s.account_enc,
       s.account_index, s.account_tail, s.holder, s.payee_name, s.payee_kind, s.payee_id_enc, s.payee_id_index, s.contact, s.note
  FROM registry.stage s
  LEFT JOIN registry.person i ON i.id_index = s.id_index
  LEFT JOIN registry.person l ON l.local_key = s.local_key;

GRANT SELECT, INSERT ON
    registry.setting, registry.unit, registry.category, registry.book, registry.book_of,
    registry.person, registry.channel, registry.channel_history,
    registry.list, registry.list_row, registry.list_refusal, registry.list_warning, registry.stage
    TO ansinh_engine;
GRANT SELECT ON registry.staged TO ansinh_engine;
GRANT UPDATE (phone_enc, phone_index, residential_group, address, changed_at) ON registry.person TO ansinh_engine;
GRANT DELETE ON registry.channel, registry.stage TO ansinh_engine;
GRANT USAGE ON SEQUENCE registry.person_seq, registry.list_seq TO ansinh_engine;
GRANT SELECT ON
    registry.setting, registry.unit, registry.category, registry.book, registry.book_of,
    registry.person, registry.channel, registry.channel_history,
    registry.list, registry.list_row, registry.list_refusal, registry.list_warning
    TO ansinh_reader;
