-- Why: the view of open rows read every row ever refused or left out and every decision on one, to show the few that wait: a city after some years reads tens of thousands for forty.

-- The rows that may wait: refused or left out, and not decided, or moved to a next cut.
-- The triggers below keep it and nobody else can, so that no writer of a list, a plan or
-- a decision can forget it. What waits is still judged by the rows and decisions
-- themselves: a row too many costs a look by key, and payout.CheckTallies finds one
-- too few.
CREATE TABLE registry.undecided_row (
    list   bigint   NOT NULL,
    row_no integer  NOT NULL,
    moved  smallint NOT NULL,                      -- n of the decision that moved it; 0 = none was taken
    PRIMARY KEY (list, row_no)
);
GRANT SELECT ON registry.undecided_row TO ansinh_engine, ansinh_reader;

CREATE FUNCTION registry.note_undecided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO registry.undecided_row (list, row_no, moved)
    SELECT c.list, c.row_no, 0 FROM came AS c
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- A row refused for nothing but a right that a batch holds waits for nobody, and a
-- workbook handed in whole again brings thousands: it is looked at from the day that
-- batch gives the right up. Whoever refuses and whoever gives up take one lock, and see
-- what the other committed: without it each could miss the other, and the row would be
-- forgotten. That needs a snapshot for each statement, so it insists on one.
CREATE FUNCTION payout.lock_given_up(alone boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'rights are given up, and rows refused for them, at read committed only';
    ELSIF alone THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('payout.given_up', 0));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('payout.given_up', 0));
    END IF;
END
$$;

CREATE FUNCTION payout.note_refused() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF EXISTS (SELECT FROM came AS c WHERE c.claimed_person IS NOT NULL) THEN
        PERFORM payout.lock_given_up(false);
    END IF;
    INSERT INTO registry.undecided_row (list, row_no, moved)
    SELECT c.list, c.row_no, 0 FROM came AS c
     WHERE c.claimed_person IS NULL
        OR EXISTS (SELECT FROM payout.entitlement_release AS f WHERE f.batch = c.claimed_batch)
       AND payout.given_up(c.list, c.claimed_person, c.claimed_batch) IS NOT NULL
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE FUNCTION payout.note_given_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM payout.lock_given_up(true);
    INSERT INTO registry.undecided_row (list, row_no, moved)
    SELECT DISTINCT r.list, r.row_no, 0
      FROM freed AS f
      JOIN payout.entitlement AS e
        ON e.programme = f.programme AND e.rule = f.rule AND e.person = f.person AND e.subject = f.subject AND e.month = f.month AND e.n = f.n
      JOIN payout.payment AS p ON p.batch = e.batch AND p.no = e.payment
      JOIN registry.refused_row AS r ON r.claimed_batch = p.batch AND r.claimed_person = p.person
     WHERE NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = r.list AND d.row_no = r.row_no)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE FUNCTION registry.note_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    DELETE FROM registry.undecided_row AS u USING made AS d
     WHERE u.list = d.list AND u.row_no = d.row_no AND d.kind <> 'moved';
    INSERT INTO registry.undecided_row (list, row_no, moved)
    SELECT d.list, d.row_no, d.n FROM made AS d WHERE d.kind = 'moved'
        ON CONFLICT (list, row_no) DO UPDATE SET moved = excluded.moved;
    RETURN NULL;
END
$$;

CREATE TRIGGER undecided AFTER INSERT ON registry.refused_row
REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION payout.note_refused();
CREATE TRIGGER given_up AFTER INSERT ON payout.entitlement_release
REFERENCING NEW TABLE AS freed FOR EACH STATEMENT EXECUTE FUNCTION payout.note_given_up();
CREATE TRIGGER undecided AFTER INSERT ON payout.left_out
REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION registry.note_undecided();
CREATE TRIGGER undecided AFTER INSERT ON registry.row_decision
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION registry.note_decided();

CREATE INDEX left_out_row ON payout.left_out (list, row_no);
CREATE INDEX entitlement_release_batch ON payout.entitlement_release (batch);
CREATE INDEX refused_row_claimed ON registry.refused_row (claimed_batch, claimed_person) WHERE claimed_person IS NOT NULL;

INSERT INTO registry.undecided_row (list, row_no, moved)
SELECT x.list, x.row_no, coalesce(d.n, 0)
  FROM (SELECT r.list, r.row_no FROM registry.refused_row AS r
         UNION SELECT o.list, o.row_no FROM payout.left_out AS o
         UNION SELECT m.list, m.row_no FROM registry.row_decision AS m) AS x
  LEFT JOIN LATERAL (SELECT m.n, m.kind FROM registry.row_decision AS m
                      WHERE m.list = x.list AND m.row_no = x.row_no ORDER BY m.n DESC LIMIT 1) AS d ON true
 WHERE coalesce(d.kind, 'moved') = 'moved'
   AND NOT EXISTS (SELECT 1 FROM registry.refused_row AS r
                    WHERE r.list = x.list AND r.row_no = x.row_no AND r.claimed_person IS NOT NULL
                      AND payout.given_up(r.list, r.claimed_person, r.claimed_batch) IS NULL);

-- As in 00163, walking from the rows that may wait.
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
     WHERE NOT EXISTS (SELECT 1 FROM registry.same_person AS s WHERE s.gone = m.gone)
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
