-- Why: a row that became another person's payment was open when the two were told apart, and closed in silence when its record was merged with the right one; and one told apart twice was listed twice.

-- As in 00175, but such a row asks for whoever its record speaks through now: it is
-- open while nobody of them was paid by its batch and nobody holds the right.
-- Whether a person was paid for a month by a batch, or any batch holds a right of his for
-- it, by whichever of his records. A function, so that the view is planned as before.
CREATE FUNCTION payout.holds_right(of_person bigint, of_programme text, of_month date, of_batch integer) RETURNS boolean
LANGUAGE plpgsql STABLE COST 1000 AS $$
DECLARE
    records bigint[] := ARRAY(SELECT of_person UNION SELECT s.gone FROM registry.same_person AS s WHERE s.kept = of_person);
BEGIN
    RETURN EXISTS (SELECT 1 FROM payout.entitlement AS e
                    WHERE e.programme = of_programme AND e.person = ANY (records) AND e.subject = e.person AND e.month = of_month
                      AND (e.batch = of_batch OR NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                                       WHERE f.programme = e.programme AND f.rule = e.rule AND f.person = e.person
                                         AND f.subject = e.subject AND f.month = e.month AND f.n = e.n)));
END
$$;
GRANT EXECUTE ON FUNCTION payout.holds_right(bigint, text, date, integer) TO ansinh_engine, ansinh_reader;

CREATE OR REPLACE VIEW payout.open_row AS
WITH refused AS NOT MATERIALIZED (
    SELECT r.list, r.row_no, u.moved, 'refused'::text AS source, r.name, r.category, r.codes, r.message, r.owner,
           CASE WHEN r.claimed_person IS NULL THEN r.due ELSE greatest(r.due, payout.given_up(r.list, r.claimed_person, r.claimed_batch) + 7) END AS due
      FROM registry.undecided_row AS u
      JOIN registry.refused_row AS r ON r.list = u.list AND r.row_no = u.row_no
     WHERE r.claimed_person IS NULL OR payout.given_up(r.list, r.claimed_person, r.claimed_batch) IS NOT NULL
), left_out AS NOT MATERIALIZED (
    SELECT o.batch, o.list, o.row_no, u.moved, 'left_out'::text AS source, coalesce(p.name, '') AS name, w.category, o.reason AS codes, ''::text AS message,
           b.made_by AS owner, (b.planned_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + 7 AS due
      FROM registry.undecided_row AS u
      JOIN payout.left_out AS o ON o.list = u.list AND o.row_no = u.row_no
      JOIN payout.batch AS b ON b.id = o.batch
      JOIN registry.list_row AS w ON w.list = o.list AND w.row_no = o.row_no
      LEFT JOIN registry.person AS p ON p.id = o.person
      LEFT JOIN registry.same_person AS one ON one.gone = w.person
     WHERE NOT EXISTS (SELECT 1 FROM payout.entitlement AS e
                        WHERE e.programme = b.programme AND e.rule = o.rule AND e.person = coalesce(one.kept, w.person) AND e.subject = e.person AND e.month = b.period
                          AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                                           WHERE f.programme = e.programme AND f.rule = e.rule AND f.person = e.person
                                             AND f.subject = e.subject AND f.month = e.month AND f.n = e.n))
       AND NOT EXISTS (SELECT 1 FROM registry.same_person AS s
                         JOIN payout.entitlement AS e ON e.person = s.gone AND e.subject = e.person
                        WHERE s.kept = coalesce(one.kept, w.person) AND e.programme = b.programme AND e.rule = o.rule AND e.month = b.period
                          AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                                           WHERE f.programme = e.programme AND f.rule = e.rule AND f.person = e.person
                                             AND f.subject = e.subject AND f.month = e.month AND f.n = e.n))
    UNION ALL
    SELECT x.batch, w.list, w.row_no, coalesce(u.moved, 0::smallint), 'left_out', p.name, w.category, 'unmerged', '', b.made_by,
           (b.planned_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + 7
      FROM registry.merge_undone AS undone
      JOIN registry.merged AS m ON m.act = undone.merged
     CROSS JOIN LATERAL (SELECT r.list, r.row_no, r.person, r.category FROM registry.list_row AS r WHERE r.person = m.gone OFFSET 0) AS w
      JOIN registry.person AS p ON p.id = w.person
      JOIN payout.batch_list AS x ON x.list = w.list
      JOIN payout.batch AS b ON b.id = x.batch
      LEFT JOIN registry.undecided_row AS u ON u.list = w.list AND u.row_no = w.row_no
     WHERE NOT EXISTS (SELECT 1 FROM registry.same_person AS s
                        WHERE s.gone = m.gone AND payout.holds_right(s.kept, b.programme, b.period, x.batch))
       AND NOT EXISTS (SELECT 1 FROM registry.merged AS again JOIN registry.merge_undone AS t ON t.merged = again.act WHERE again.gone = m.gone AND again.act > m.act)
       AND NOT EXISTS (SELECT 1 FROM payout.left_out AS o WHERE o.batch = x.batch AND o.list = w.list AND o.row_no = w.row_no)
       AND NOT EXISTS (SELECT 1 FROM payout.entitlement AS e
                        WHERE e.programme = b.programme AND e.person = m.gone AND e.subject = e.person AND e.month = b.period
                          AND (e.batch = x.batch OR NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS f
                                           WHERE f.programme = e.programme AND f.rule = e.rule AND f.person = e.person
                                             AND f.subject = e.subject AND f.month = e.month AND f.n = e.n)))
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
      FROM refused AS r
      JOIN registry.row_decision AS m ON m.list = r.list AND m.row_no = r.row_no AND m.n = r.moved
      LEFT JOIN payout.carried_row AS c ON c.list = m.list AND c.row_no = m.row_no AND c.n = m.n
     WHERE m.kind = 'moved' AND NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = m.list AND d.row_no = m.row_no AND d.n > m.n)
    UNION ALL
    SELECT coalesce(c.batch, 0), m.list, m.row_no, o.source, o.name, o.category, o.codes, o.message, o.owner, o.due, true
      FROM left_out AS o
      JOIN registry.row_decision AS m ON m.list = o.list AND m.row_no = o.row_no AND m.n = o.moved
      LEFT JOIN payout.carried_row AS c ON c.list = m.list AND c.row_no = m.row_no AND c.n = m.n
     WHERE m.kind = 'moved' AND NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = m.list AND d.row_no = m.row_no AND d.n > m.n)
)
SELECT o.batch, o.list, o.row_no, o.source, o.name, o.category, o.codes, o.message, coalesce(a.owner, o.owner) AS owner, coalesce(a.due, o.due) AS due, o.moved,
       l.programme, l.unit_code, l.unit_valid_from, l.file_name
  FROM open AS o
  JOIN registry.list AS l ON l.id = o.list
  LEFT JOIN LATERAL (SELECT x.owner, x.due FROM registry.row_assignment AS x
                      WHERE x.list = o.list AND x.row_no = o.row_no ORDER BY x.n DESC LIMIT 1) AS a ON true;
