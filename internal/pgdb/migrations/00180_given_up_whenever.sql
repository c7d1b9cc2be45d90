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
