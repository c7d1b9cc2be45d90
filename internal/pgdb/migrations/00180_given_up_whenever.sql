-- Why: a cancellation that began before an import and was committed after it has the earlier time; the row refused for that claim then waited for nobody, for ever.

-- As in 00163, but whenever it was given up: when the row was refused the claim was
-- held, so whatever release of it is there came after.
CREATE OR REPLACE FUNCTION payout.given_up(of_list bigint, of_person bigint, of_batch integer) RETURNS date
LANGUAGE plpgsql STABLE COST 1000 AS $$
DECLARE
    records bigint[] := ARRAY(SELECT of_person
                               UNION SELECT s.kept FROM registry.same_person AS s WHERE s.gone = of_person
                               UNION SELECT s.gone FROM registry.same_person AS s WHERE s.kept = of_person);
BEGIN
    RETURN (SELECT max((f.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
              FROM registry.list AS l
              JOIN payout.batch AS b ON b.id = of_batch
              JOIN payout.payment AS p ON p.person = of_person
              JOIN payout.entitlement AS e ON e.batch = p.batch AND e.payment = p.no AND e.programme = b.programme AND e.month = b.period
              JOIN payout.entitlement_release AS f
                ON f.programme = e.programme AND f.rule = e.rule AND f.person = e.person AND f.subject = e.subject AND f.month = e.month AND f.n = e.n
             WHERE l.id = of_list
               AND NOT EXISTS (SELECT 1 FROM payout.entitlement AS o
                                WHERE o.programme = e.programme AND o.rule = e.rule AND o.person = ANY (records) AND o.subject = o.person AND o.month = e.month
                                  AND NOT EXISTS (SELECT 1 FROM payout.entitlement_release AS g
                                                   WHERE g.programme = o.programme AND g.rule = o.rule AND g.person = o.person
                                                     AND g.subject = o.subject AND g.month = o.month AND g.n = o.n)));
END
$$;

-- As in 00175, but looked at is every row refused for the claim of a person who gave any
-- right up, before or after and in whatever batch: given_up asks all batches of the
-- month, so no row that opens is missed, whichever of the transactions saw the other.
CREATE INDEX refused_row_claimant ON registry.refused_row (claimed_person) WHERE claimed_person IS NOT NULL;
DROP INDEX registry.refused_row_claimed;

CREATE OR REPLACE FUNCTION payout.note_refused() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF EXISTS (SELECT FROM came AS c WHERE c.claimed_person IS NOT NULL) THEN
        PERFORM payout.lock_given_up(false);
    END IF;
    INSERT INTO registry.undecided_row (list, row_no, moved)
    SELECT c.list, c.row_no, 0 FROM came AS c
     WHERE c.claimed_person IS NULL
        OR EXISTS (SELECT FROM payout.payment AS p
                     JOIN payout.entitlement AS e ON e.batch = p.batch AND e.payment = p.no
                     JOIN payout.entitlement_release AS f
                       ON f.programme = e.programme AND f.rule = e.rule AND f.person = e.person AND f.subject = e.subject AND f.month = e.month AND f.n = e.n
                    WHERE p.person = c.claimed_person)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION payout.note_given_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM payout.lock_given_up(true);
    INSERT INTO registry.undecided_row (list, row_no, moved)
    SELECT DISTINCT r.list, r.row_no, 0
      FROM freed AS f
      JOIN payout.entitlement AS e
        ON e.programme = f.programme AND e.rule = f.rule AND e.person = f.person AND e.subject = f.subject AND e.month = f.month AND e.n = f.n
      JOIN payout.payment AS p ON p.batch = e.batch AND p.no = e.payment
      JOIN registry.refused_row AS r ON r.claimed_person = p.person
     WHERE NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = r.list AND d.row_no = r.row_no)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- Rows that came before, by the same rule.
INSERT INTO registry.undecided_row (list, row_no, moved)
SELECT r.list, r.row_no, 0
  FROM registry.refused_row AS r
 WHERE r.claimed_person IS NOT NULL
   AND payout.given_up(r.list, r.claimed_person, r.claimed_batch) IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM registry.row_decision AS d WHERE d.list = r.list AND d.row_no = r.row_no)
    ON CONFLICT DO NOTHING;
