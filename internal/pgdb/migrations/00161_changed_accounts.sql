-- Why: an account that took another way's place may be somebody else's; for its first 30 days money rests until the bank was asked whose it is and a second person said yes.

-- The way did not come with the person's first list: a later list or an act brought
-- it, or a repair that one person took.
ALTER TABLE registry.channel ADD COLUMN changed boolean NOT NULL DEFAULT false;
ALTER TABLE registry.channel_history ADD COLUMN changed boolean NOT NULL DEFAULT false;
UPDATE registry.channel AS c SET changed = true
  FROM registry.person AS p
 WHERE p.id = c.person AND c.kind = 'bank' AND c.list <> p.first_list;
CREATE INDEX channel_changed ON registry.channel (person) WHERE changed;

-- A repair that says where money goes was taken in this row.
ALTER TABLE registry.stage ADD COLUMN way_repaired boolean NOT NULL DEFAULT false;
CREATE OR REPLACE VIEW registry.staged AS
SELECT s.list, s.row_no, s.first_of_person, coalesce(i.id, l.id) AS person, s.phone_enc, s.phone_index, s.residential_group,
       s.address, s.category, s.decision_no, s.decision_date, s.stated_amount, s.method, s.bank_bin, s.account_enc,
       s.account_index, s.account_tail, s.holder, s.payee_name, s.payee_kind, s.payee_id_enc, s.payee_id_index, s.contact, s.note,
       s.way_repaired
  FROM registry.stage s
  LEFT JOIN registry.person i ON i.id_index = s.id_index
  LEFT JOIN registry.person l ON l.local_key = s.local_key;

-- Two banks may have an account of one number: an answer is about one of them.
-- Answers of before name no bank and count for none.
ALTER TABLE registry.answer ADD COLUMN bank_bin text NOT NULL DEFAULT '';
CREATE INDEX verification_item_person ON registry.verification_item (person);

-- Accounts in force on a day that took another way's place, and since when. One the
-- person had before by the first list, or for 30 days, is none.
CREATE FUNCTION registry.changed_account(day date)
RETURNS TABLE (person bigint, bank_bin text, account_index bytea, account_tail text, holder text, since timestamptz, source bigint, payee bigint)
LANGUAGE sql STABLE AS $$
    SELECT c.person, c.bank_bin, c.account_index, c.account_tail, c.holder, c.valid_from, c.list, 0::bigint
      FROM registry.channel AS c
     WHERE c.changed AND c.rank = 1 AND c.kind = 'bank'
       AND NOT EXISTS (SELECT 1 FROM registry.payee_on(day) AS y WHERE y.person = c.person)
       AND NOT EXISTS (SELECT 1 FROM registry.death_now AS d WHERE d.person = c.person)
       AND NOT EXISTS (SELECT 1 FROM registry.channel_history AS h
                        WHERE h.person = c.person AND h.bank_bin = c.bank_bin AND h.account_index = c.account_index
                          AND (NOT h.changed OR h.valid_from <= c.valid_from - interval '30 days'))
    UNION ALL
    SELECT y.person, y.bank_bin, y.account_index, y.account_tail, y.holder, d.at, y.act, y.act
      FROM registry.payee_on(day) AS f
      JOIN registry.payee AS y ON y.act = f.act
      JOIN registry.act_decision AS d ON d.act = y.act
     WHERE y.way = 'bank'
       AND NOT EXISTS (SELECT 1 FROM registry.payee AS o JOIN registry.act_decision AS e ON e.act = o.act
                        WHERE o.person = y.person AND o.bank_bin = y.bank_bin AND o.account_index = y.account_index
                          AND e.at <= d.at - interval '30 days')
$$;

-- Of those, the ones to which no money goes yet: younger than the time given, or
-- refused by a second person, and not both asked about and confirmed since. asked:
-- the bank named the holder we have. confirmed: a second person sealed the account.
CREATE FUNCTION registry.fresh_account(day date, after timestamptz)
RETURNS TABLE (person bigint, bank_bin text, account_index bytea, account_tail text, holder text, since timestamptz, source bigint, payee bigint,
               asked boolean, confirmed boolean, refused boolean)
LANGUAGE sql STABLE AS $$
    SELECT a.person, a.bank_bin, a.account_index, a.account_tail, a.holder, a.since, a.source, a.payee, v.asked, v.confirmed, v.refused
      FROM registry.changed_account(day) AS a
     CROSS JOIN LATERAL (
           SELECT EXISTS (SELECT 1 FROM registry.verification_item AS i JOIN registry.answer AS n ON n.id = i.answer
                           WHERE i.person = a.person AND i.verdict = 'same' AND n.source = 'account' AND n.subject = a.account_index
                             AND n.bank_bin = a.bank_bin AND n.asked_at >= a.since) AS asked,
                  EXISTS (SELECT 1 FROM registry.act AS t JOIN registry.act_decision AS d ON d.act = t.id
                           WHERE t.person = a.person AND t.kind IN ('account', 'channel', 'payee') AND t.account_index = a.account_index
                             AND d.outcome = 'done' AND d.by_two <> '' AND d.at >= a.since) AS confirmed,
                  EXISTS (SELECT 1 FROM registry.act AS t JOIN registry.act_decision AS d ON d.act = t.id
                           WHERE t.person = a.person AND t.kind = 'account' AND t.account_index = a.account_index
                             AND d.outcome = 'refused' AND d.at >= a.since) AS refused) AS v
     WHERE NOT (v.asked AND v.confirmed) AND (a.since > after OR v.refused)
$$;
GRANT EXECUTE ON FUNCTION registry.changed_account(date), registry.fresh_account(date, timestamptz) TO ansinh_engine, ansinh_reader;

-- Who is to be told that an account changed, so that whoever did not ask for it can
-- say so. The old way is what was in force before, masked.
CREATE TABLE registry.account_notice (
    person       bigint      NOT NULL REFERENCES registry.person (id),
    source       bigint      NOT NULL,                -- the list or act that brought the account
    unit_code    text        NOT NULL,                -- where the person lives
    old_method   text        NOT NULL,                -- '' = none before
    old_bin      text        NOT NULL,
    old_tail     text        NOT NULL,
    new_bin      text        NOT NULL,
    new_tail     text        NOT NULL,
    changed_at   timestamptz NOT NULL,
    made_at      timestamptz NOT NULL,
    PRIMARY KEY (person, source)
);
CREATE INDEX account_notice_unit ON registry.account_notice (unit_code, changed_at);
SELECT guard.append_only('registry.account_notice');
GRANT SELECT, INSERT ON registry.account_notice TO ansinh_engine;
GRANT SELECT ON registry.account_notice TO ansinh_reader;
