-- Why: an account that stood for a day counted as known a month later, and a refused one grew old once another had stood between; so whoever changed an account twice was paid without anybody asking.

-- As in 00161, but known is an account that was in force for 30 days altogether, and
-- that no second person refused. A payee is in force until it ends or another comes.
CREATE OR REPLACE FUNCTION registry.changed_account(day date)
RETURNS TABLE (person bigint, bank_bin text, account_index bytea, account_tail text, holder text, since timestamptz, source bigint, payee bigint)
LANGUAGE sql STABLE AS $$
    SELECT c.person, c.bank_bin, c.account_index, c.account_tail, c.holder, c.valid_from, c.list, 0::bigint
      FROM registry.channel AS c
     WHERE c.changed AND c.rank = 1 AND c.kind = 'bank'
       AND NOT EXISTS (SELECT 1 FROM registry.payee_on(day) AS y WHERE y.person = c.person)
       AND NOT EXISTS (SELECT 1 FROM registry.death_now AS d WHERE d.person = c.person)
       AND NOT EXISTS (SELECT 1 FROM registry.channel_history AS h
                        WHERE h.person = c.person AND h.bank_bin = c.bank_bin AND h.account_index = c.account_index
                       HAVING bool_or(NOT h.changed)
                           OR sum(h.valid_to - h.valid_from) >= interval '30 days'
                              AND NOT EXISTS (SELECT 1 FROM registry.act AS t JOIN registry.act_decision AS e ON e.act = t.id
                                               WHERE t.person = c.person AND t.kind = 'account' AND t.account_index = c.account_index AND e.outcome = 'refused'))
    UNION ALL
    SELECT y.person, y.bank_bin, y.account_index, y.account_tail, y.holder, d.at, y.act, y.act
      FROM registry.payee_on(day) AS f
      JOIN registry.payee AS y ON y.act = f.act
      JOIN registry.act_decision AS d ON d.act = y.act
     WHERE y.way = 'bank'
       AND NOT EXISTS (SELECT 1
                         FROM registry.payee AS o
                         JOIN registry.act_decision AS e ON e.act = o.act
                         LEFT JOIN registry.payee_end AS z ON z.payee = o.act
                         LEFT JOIN LATERAL (SELECT min((g.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS day
                                              FROM registry.payee AS n JOIN registry.act_decision AS g ON g.act = n.act
                                             WHERE n.person = o.person AND n.act > o.act) AS next ON true
                        WHERE o.person = y.person AND o.act < y.act AND o.bank_bin = y.bank_bin AND o.account_index = y.account_index
                       HAVING sum(greatest(0, least(next.day, z.ended_on, o.valid_to + 1) - greatest(o.valid_from, (e.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date))) >= 30
                          AND NOT EXISTS (SELECT 1 FROM registry.act AS t JOIN registry.act_decision AS e ON e.act = t.id
                                           WHERE t.person = y.person AND t.kind = 'account' AND t.account_index = y.account_index AND e.outcome = 'refused'))
$$;

-- As in 00161, but a refusal holds until a second person confirms the account after it.
CREATE OR REPLACE FUNCTION registry.fresh_account(day date, after timestamptz)
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
                             AND d.outcome = 'refused'
                             AND NOT EXISTS (SELECT 1 FROM registry.act AS u JOIN registry.act_decision AS c ON c.act = u.id
                                              WHERE u.person = a.person AND u.kind IN ('account', 'channel', 'payee') AND u.account_index = a.account_index
                                                AND c.outcome = 'done' AND c.by_two <> '' AND c.at > d.at)) AS refused) AS v
     WHERE NOT (v.asked AND v.confirmed) AND (a.since > after OR v.refused)
$$;
