-- Why: a list may say only what is different from the month before; what it became is a whole list all the same, and each change is kept with its reason.

-- Where a row was carried from: the person stands in an earlier list and the file of
-- this one said nothing else of him. NULL = the row stands in the file.
ALTER TABLE registry.list_row
    ADD COLUMN from_list bigint,
    ADD COLUMN from_row  integer,
    ADD CONSTRAINT list_row_carried CHECK ((from_list IS NULL) = (from_row IS NULL) AND from_list < list);

-- Who stands on a commune's lists of a month, of the lists before a given one: the
-- newest row of each person in each category.
CREATE FUNCTION registry.standing_list(of_programme text, of_unit text, of_unit_from date, of_month date, below bigint)
RETURNS TABLE (list bigint, row_no integer, person bigint, category text)
LANGUAGE sql STABLE
BEGIN ATOMIC
SELECT DISTINCT ON (coalesce(a.kept, w.person), w.category) w.list, w.row_no, coalesce(a.kept, w.person), w.category
  FROM registry.list AS l
  JOIN registry.list_row AS w ON w.list = l.id
  LEFT JOIN registry.same_person AS a ON a.gone = w.person
 WHERE l.programme = of_programme AND l.unit_code = of_unit AND l.unit_valid_from = of_unit_from AND l.month = of_month AND l.id < below
 ORDER BY coalesce(a.kept, w.person), w.category, w.list DESC, w.row_no;
END;

-- What a list changed, counted in rights: a person in a category.
CREATE TABLE registry.list_change_sum (
    list       bigint  PRIMARY KEY REFERENCES registry.list (id),
    form       text    NOT NULL CHECK (form IN ('changes', 'whole')),  -- how it was handed in
    base_month date    NOT NULL,                   -- its own month: a list that adds to one taken before
    before     integer NOT NULL CHECK (before >= 0),
    added      integer NOT NULL CHECK (added >= 0),
    removed    integer NOT NULL CHECK (removed >= 0),
    changed    integer NOT NULL CHECK (changed >= 0),
    after      integer NOT NULL CHECK (after = before + added - removed)
);
SELECT guard.append_only('registry.list_change_sum');

CREATE TABLE registry.list_change (
    list          bigint  NOT NULL REFERENCES registry.list_change_sum (list),
    n             integer NOT NULL CHECK (n > 0),
    kind          text    NOT NULL CHECK (kind IN ('added', 'removed', 'changed')),
    row_no        integer NOT NULL,                -- in the file; 0 = the file has no row about it
    person        bigint  NOT NULL,
    category      text    NOT NULL,
    was_category  text    NOT NULL,                -- '' = was not there
    was_list      bigint,                          -- the row of the list before
    was_row       integer,
    what          text[]  NOT NULL,                -- of a changed one: category, method, bank, account, holder, payee, amount
    cause         text    NOT NULL CHECK (cause IN ('row', 'death', 'refused', 'absent')), -- of a removed one: a row says so, or what else
    decision_no   text    NOT NULL,
    decision_date date,
    reason        text    NOT NULL,
    method        text    NOT NULL,                -- the way after; '' of a removed one
    bank_bin      text    NOT NULL,
    account_tail  text    NOT NULL,
    was_method    text    NOT NULL,
    was_bank_bin  text    NOT NULL,
    was_tail      text    NOT NULL,
    amount        bigint,                          -- as the row states it; NULL = it states none
    PRIMARY KEY (list, n),
    CHECK ((was_list IS NULL) = (kind = 'added'))
);
SELECT guard.append_only('registry.list_change');
CREATE INDEX list_change_person ON registry.list_change (person);

GRANT SELECT, INSERT ON registry.list_change_sum, registry.list_change TO ansinh_engine;
GRANT SELECT ON registry.list_change_sum, registry.list_change TO ansinh_reader;
GRANT EXECUTE ON FUNCTION registry.standing_list(text, text, date, date, bigint) TO ansinh_engine, ansinh_reader;
