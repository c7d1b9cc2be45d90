-- Why: a difference counted as decided when one person proposed its correction, and no payment waited for it; it closes when the second person has confirmed, and money rests until then.

-- A correction that the second person refused leaves the difference open, to be
-- decided anew. The last decision counts.
ALTER TABLE registry.resolution ADD COLUMN n smallint NOT NULL DEFAULT 1 CHECK (n > 0);
ALTER TABLE registry.resolution DROP CONSTRAINT resolution_pkey;
ALTER TABLE registry.resolution ADD PRIMARY KEY (verification, person, n);

-- What another register says otherwise and nobody has ended: undecided (waiting
-- false), or a correction the second person has not confirmed yet (true). A death
-- that was withdrawn has corrected nothing. subject and bank_bin are what was asked
-- about.
CREATE INDEX verification_item_differs ON registry.verification_item (person) WHERE verdict IN ('different', 'dead', 'not_found');
CREATE VIEW registry.difference_open AS
SELECT i.verification, v.source, i.person, i.verdict, i.differs, a.subject, coalesce(a.bank_bin, '') AS bank_bin, coalesce(w.waiting, false) AS waiting
  FROM registry.verification_item AS i
  JOIN registry.verification AS v ON v.id = i.verification
  LEFT JOIN registry.answer AS a ON a.id = i.answer
  LEFT JOIN LATERAL (SELECT r.choice, r.acts FROM registry.resolution AS r
                      WHERE r.verification = i.verification AND r.person = i.person ORDER BY r.n DESC LIMIT 1) AS r ON true
  LEFT JOIN LATERAL (SELECT bool_or(d.act IS NULL) AS waiting, bool_or(d.outcome IS DISTINCT FROM 'done' OR u.death IS NOT NULL) AS undone,
                            bool_or(d.outcome IS NOT DISTINCT FROM 'refused' OR u.death IS NOT NULL) AS failed
                       FROM unnest(r.acts) AS t (act)
                       LEFT JOIN registry.act_decision AS d ON d.act = t.act
                       LEFT JOIN registry.death_undone AS u ON u.death = t.act) AS x ON true
  LEFT JOIN LATERAL (SELECT x.waiting AND NOT x.failed AS waiting) AS w ON true
 WHERE i.verdict IN ('different', 'dead', 'not_found')
   AND (r.choice IS NULL OR r.choice = 'correct' AND x.undone);
GRANT SELECT ON registry.difference_open TO ansinh_engine, ansinh_reader;
