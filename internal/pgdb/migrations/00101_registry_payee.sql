-- Why: who may receive for somebody, on which paper, from when to when; households; deaths; two records that are one person; and one place that says where money goes.

CREATE SEQUENCE registry.household_seq;
CREATE TABLE registry.household_member (
    household  bigint  NOT NULL,
    person     bigint  NOT NULL REFERENCES registry.person (id),
    head       boolean NOT NULL,
    valid_from date    NOT NULL,
    act        bigint  NOT NULL REFERENCES registry.act (id),
    PRIMARY KEY (person, act)
);
CREATE INDEX household_member_of ON registry.household_member (household);
CREATE TABLE registry.household_end (
    person   bigint NOT NULL,
    joined   bigint NOT NULL,                         -- the act of joining that ends
    ended_on date   NOT NULL,
    act      bigint NOT NULL REFERENCES registry.act (id),
    PRIMARY KEY (person, joined),
    FOREIGN KEY (person, joined) REFERENCES registry.household_member (person, act)
);

-- Kind self has no row: it is that nobody else receives.
CREATE TABLE registry.payee (
    act           bigint  PRIMARY KEY REFERENCES registry.act (id),
    person        bigint  NOT NULL REFERENCES registry.person (id),
    kind          text    NOT NULL CHECK (kind IN ('guardian', 'carer', 'head', 'institution', 'heir', 'proxy')),
    name          text    NOT NULL,
    payee         bigint  REFERENCES registry.person (id), -- NULL = not in the registry
    id_enc        bytea,
    id_index      bytea,
    way           text    NOT NULL CHECK (way IN ('bank', 'provider')),
    method        text    NOT NULL,
    bank_bin      text    NOT NULL,
    account_enc   bytea,
    account_index bytea,
    account_tail  text    NOT NULL,
    holder        text    NOT NULL,
    provider      text    NOT NULL,
    paper_no      text    NOT NULL CHECK (paper_no <> ''),
    paper_date    date    NOT NULL,
    valid_from    date    NOT NULL,
    valid_to      date    CHECK (valid_to >= valid_from),  -- last day
    CHECK ((way = 'bank') = (account_index IS NOT NULL)),
    CHECK ((way = 'bank') = (bank_bin <> '')),
    CHECK ((way = 'provider') = (provider <> ''))
);
CREATE INDEX payee_person ON registry.payee (person);
CREATE INDEX payee_account ON registry.payee (account_index) WHERE account_index IS NOT NULL;
CREATE TABLE registry.payee_end (
    payee    bigint PRIMARY KEY REFERENCES registry.payee (act),
    ended_on date   NOT NULL,                         -- the first day without
    act      bigint NOT NULL REFERENCES registry.act (id)
);

CREATE TABLE registry.death (
    act     bigint PRIMARY KEY REFERENCES registry.act (id),
    person  bigint NOT NULL REFERENCES registry.person (id),
    died_on date   NOT NULL
);
CREATE INDEX death_person ON registry.death (person);
CREATE TABLE registry.death_undone (
    death bigint PRIMARY KEY REFERENCES registry.death (act),
    act   bigint NOT NULL REFERENCES registry.act (id)
);

-- Both records stay; the gone one speaks for the kept one.
CREATE TABLE registry.merged (
    act  bigint PRIMARY KEY REFERENCES registry.act (id),
    kept bigint NOT NULL REFERENCES registry.person (id),
    gone bigint NOT NULL REFERENCES registry.person (id) CHECK (gone <> kept)
);
CREATE INDEX merged_kept ON registry.merged (kept);
CREATE INDEX merged_gone ON registry.merged (gone);
CREATE TABLE registry.merge_undone (
    merged bigint PRIMARY KEY REFERENCES registry.merged (act),
    act    bigint NOT NULL REFERENCES registry.act (id)
);

SELECT guard.append_only(('registry.' || t)::regclass)
  FROM unnest(ARRAY['household_member', 'household_end', 'payee', 'payee_end', 'death', 'death_undone', 'merged', 'merge_undone']) AS t;

CREATE VIEW registry.death_now AS
SELECT d.person, d.died_on, d.act FROM registry.death AS d
 WHERE NOT EXISTS (SELECT 1 FROM registry.death_undone AS u WHERE u.death = d.act);

CREATE VIEW registry.same_person AS
SELECT m.gone, m.kept, m.act FROM registry.merged AS m
 WHERE NOT EXISTS (SELECT 1 FROM registry.merge_undone AS u WHERE u.merged = m.act);

-- Reported by one person, not yet confirmed nor refused by a second.
CREATE VIEW registry.death_waiting AS
SELECT a.person, a.id AS act FROM registry.act AS a
 WHERE a.kind = 'death' AND NOT EXISTS (SELECT 1 FROM registry.act_decision AS d WHERE d.act = a.id);
CREATE INDEX act_death ON registry.act (person) WHERE kind = 'death';

-- Of a day, by the latest act: the whole person's state and each category's.
-- No SET clause on these functions: with one the planner could not look inside.
CREATE FUNCTION registry.standing_on(day date) RETURNS TABLE (person bigint, category text, state text)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (s.person, s.category) s.person, s.category, s.state
      FROM registry.standing AS s WHERE s.valid_from <= day
     ORDER BY s.person, s.category, s.act DESC
$$;

CREATE FUNCTION registry.payee_on(day date) RETURNS TABLE (act bigint, person bigint, kind text, account_index bytea)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (y.person) y.act, y.person, y.kind, y.account_index
      FROM registry.payee AS y
      LEFT JOIN registry.payee_end AS e ON e.payee = y.act
     WHERE y.valid_from <= day AND (y.valid_to IS NULL OR y.valid_to >= day) AND (e.payee IS NULL OR e.ended_on > day)
     ORDER BY y.person, y.act DESC
$$;

-- Where a person's money goes on a day: to the payee in force, else by the
-- person's own first channel. The dead have no channel of their own.
CREATE FUNCTION registry.way_on(day date)
RETURNS TABLE (person bigint, kind text, method text, bank_bin text, account_enc bytea, account_index bytea, account_tail text,
               holder text, provider text, payee bigint, payee_id_enc bytea, payee_id_index bytea)
LANGUAGE sql STABLE AS $$
    SELECT c.person, c.kind, c.method, c.bank_bin, c.account_enc, c.account_index, c.account_tail, c.holder, c.provider,
           0::bigint, NULL::bytea, NULL::bytea
      FROM registry.channel AS c
     WHERE c.rank = 1
       AND NOT EXISTS (SELECT 1 FROM registry.payee_on(day) AS y WHERE y.person = c.person)
       AND NOT EXISTS (SELECT 1 FROM registry.death_now AS d WHERE d.person = c.person)
    UNION ALL
    SELECT y.person, y.way, y.method, y.bank_bin, y.account_enc, y.account_index, y.account_tail, y.holder, y.provider,
           y.act, y.id_enc, y.id_index
      FROM registry.payee_on(day) AS f JOIN registry.payee AS y ON y.act = f.act
$$;

-- Which commune hands money out to a person, where somebody said so.
CREATE FUNCTION registry.serving_on(day date) RETURNS TABLE (person bigint, unit_code text)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (f.person) f.person, split_part(f.value, ' ', 1)
      FROM registry.person_fact AS f
     WHERE f.field = 'serving' AND f.valid_from <= day AND (f.valid_to IS NULL OR f.valid_to >= day)
     ORDER BY f.person, f.known_at DESC, f.id DESC
$$;
CREATE INDEX person_fact_serving ON registry.person_fact (person) WHERE field = 'serving';

-- Whose money reaches an account on a day, and whether a paper says so.
CREATE FUNCTION registry.account_people(day date) RETURNS TABLE (account_index bytea, person bigint, paper boolean)
LANGUAGE sql STABLE AS $$
    SELECT w.account_index, w.person, w.payee <> 0 FROM registry.way_on(day) AS w WHERE w.account_index IS NOT NULL
$$;

GRANT SELECT, INSERT ON registry.household_member, registry.household_end, registry.payee, registry.payee_end, registry.death,
    registry.death_undone, registry.merged, registry.merge_undone TO ansinh_engine;
GRANT SELECT ON registry.household_member, registry.household_end, registry.payee, registry.payee_end, registry.death,
    registry.death_undone, registry.merged, registry.merge_undone TO ansinh_reader;
GRANT SELECT ON registry.death_now, registry.same_person, registry.death_waiting TO ansinh_engine, ansinh_reader;
GRANT USAGE ON SEQUENCE registry.household_seq TO ansinh_engine;
GRANT EXECUTE ON FUNCTION registry.standing_on(date), registry.payee_on(date), registry.way_on(date), registry.serving_on(date), registry.account_people(date)
    TO ansinh_engine, ansinh_reader;
