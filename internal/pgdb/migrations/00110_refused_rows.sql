-- Why: a refused row, or one a plan leaves out, is a person who may get nothing; it stays open against its batch until somebody decides it.

CREATE TABLE registry.refused_row (
    list       bigint  NOT NULL REFERENCES registry.list (id),
    row_no     integer NOT NULL,
    id_index   bytea   CHECK (octet_length(id_index) = 16), -- NULL = no personal id that could be read
    name       text    NOT NULL,
    name_fold  text    NOT NULL,
    birth_year integer,
    category   text    NOT NULL,                   -- '' = none that could be read
    codes      text    NOT NULL,                   -- of the findings, separated by spaces
    message    text    NOT NULL,                   -- the first finding's, without any cell's value
    values_enc bytea,                              -- the row's cells as handed in; NULL = taken before this table was
    owner      text    NOT NULL,
    due        date    NOT NULL,
    PRIMARY KEY (list, row_no)
);
SELECT guard.append_only('registry.refused_row');

INSERT INTO registry.refused_row (list, row_no, name, name_fold, category, codes, message, owner, due)
SELECT f.list, f.row_no, '', '', '', string_agg(DISTINCT f.code, ' '), min(f.message), l.imported_by,
       (l.imported_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + 7
  FROM registry.list_refusal AS f JOIN registry.list AS l ON l.id = f.list
 WHERE f.row_no > 0
 GROUP BY f.list, f.row_no, l.imported_by, l.imported_at;

-- What was decided of a row of a list, refused or left out by a plan. The last one counts.
CREATE TABLE registry.row_decision (
    list     bigint      NOT NULL REFERENCES registry.list (id),
    row_no   integer     NOT NULL,
    n        smallint    NOT NULL CHECK (n > 0),
    kind     text        NOT NULL CHECK (kind IN ('corrected', 'moved', 'dropped')),
    new_list bigint      NOT NULL DEFAULT 0,       -- corrected: the row that stands for it now
    new_row  integer     NOT NULL DEFAULT 0,
    reason   text        NOT NULL,
    by_one   text        NOT NULL CHECK (by_one <> ''),
    by_two   text        NOT NULL DEFAULT '',
    at       timestamptz NOT NULL,
    PRIMARY KEY (list, row_no, n),
    CHECK ((kind = 'corrected') = (new_list > 0)),
    CHECK (kind = 'corrected' OR reason <> ''),
    CHECK (kind <> 'dropped' OR by_two <> '' AND by_two <> by_one)
);
SELECT guard.append_only('registry.row_decision');

-- A row moved to the next cut is open against the next batch planned for its commune.
CREATE TABLE payout.carried_row (
    batch  integer  NOT NULL REFERENCES payout.batch (id),
    list   bigint   NOT NULL,
    row_no integer  NOT NULL,
    n      smallint NOT NULL,                      -- of the decision that moved it
    PRIMARY KEY (batch, list, row_no),
    UNIQUE (list, row_no, n)
);
SELECT guard.append_only('payout.carried_row');

-- Rows somebody must decide, with the batch that waits for it; batch 0 = no batch
-- yet. A row left out is settled by itself once its person's right is claimed.
CREATE VIEW payout.open_row AS
WITH refused AS NOT MATERIALIZED (
    SELECT r.list, r.row_no, 'refused'::text AS source, r.name, r.category, r.codes, r.message, r.owner, r.due
      FROM registry.refused_row AS r
), left_out AS NOT MATERIALIZED (
    SELECT o.batch, o.list, o.row_no, 'left_out'::text AS source, coalesce(p.name, '') AS name, w.category, o.reason AS codes, ''::text AS message,
           b.made_by AS owner, (b.planned_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + 7 AS due
      FROM payout.left_out AS o
      JOIN payout.batch AS b ON b.id = o.batch
      JOIN registry.list_row AS w ON w.list = o.list AND w.row_no = o.row_no
      LEFT JOIN registry.person AS p ON p.id = o.person
     WHERE NOT EXISTS (SELECT 1 FROM payout.entitlement AS e
                        WHERE e.programme = b.programme AND e.rule = o.rule AND e.person = o.person AND e.subject = o.person AND e.month = b.period
                          AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                                           WHERE f.programme = e.programme AND f.rule = e.rule AND f.person = e.person
                                             AND f.subject = e.subject AND f.month = e.month AND f.n = e.n))
), open AS (
    SELECT x.batch, r.list, r.row_no, r.source, r.name, r.category, r.codes, r.message, r.owner, r.due, false AS moved
      FROM payout.batch_list AS x JOIN refused AS r ON r.list = x.list
     WHERE NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = r.list AND d.row_no = r.row_no)
    UNION ALL
    SELECT 0, r.list, r.row_no, r.source, r.name, r.category, r.codes, r.message, r.owner, r.due, false
      FROM refused AS r
     WHERE NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = r.list AND d.row_no = r.row_no)
       AND NOT EXISTS (SELECT 1 FROM payout.batch_list AS x WHERE x.list = r.list)
    UNION ALL
    SELECT o.batch, o.list, o.row_no, o.source, o.name, o.category, o.codes, o.message, o.owner, o.due, false
      FROM left_out AS o
     WHERE NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = o.list AND d.row_no = o.row_no)
    UNION ALL
    SELECT coalesce(c.batch, 0), m.list, m.row_no, r.source, r.name, r.category, r.codes, r.message, r.owner, r.due, true
      FROM registry.row_decision AS m
      JOIN refused AS r ON r.list = m.list AND r.row_no = m.row_no
      LEFT JOIN payout.carried_row AS c ON c.list = m.list AND c.row_no = m.row_no AND c.n = m.n
     WHERE m.kind = 'moved' AND NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = m.list AND d.row_no = m.row_no AND d.n > m.n)
    UNION ALL
    SELECT coalesce(c.batch, 0), m.list, m.row_no, o.source, o.name, o.category, o.codes, o.message, o.owner, o.due, true
      FROM registry.row_decision AS m
      JOIN left_out AS o ON o.list = m.list AND o.row_no = m.row_no
      LEFT JOIN payout.carried_row AS c ON c.list = m.list AND c.row_no = m.row_no AND c.n = m.n
     WHERE m.kind = 'moved' AND NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = m.list AND d.row_no = m.row_no AND d.n > m.n)
)
SELECT o.batch, o.list, o.row_no, o.source, o.name, o.category, o.codes, o.message, o.owner, o.due, o.moved,
       l.programme, l.unit_code, l.unit_valid_from, l.file_name
  FROM open AS o JOIN registry.list AS l ON l.id = o.list;

GRANT SELECT, INSERT ON registry.refused_row, registry.row_decision, payout.carried_row TO ansinh_engine;
GRANT SELECT ON registry.refused_row, registry.row_decision, payout.carried_row TO ansinh_reader;
GRANT SELECT ON payout.open_row TO ansinh_engine, ansinh_reader;
