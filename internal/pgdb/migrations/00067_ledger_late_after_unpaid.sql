-- Why: a late proof of a bank attempt must end the debt also when the attempt after it was a list that came back unpaid, or cash brought back.

INSERT INTO ledger.arrow (from_state, leg)
SELECT s.state, g.id
  FROM unnest(ARRAY['unpaid', 'brought_back']) AS s (state)
 CROSS JOIN ledger.leg AS g
 WHERE g.name IN ('late', 'late_claim');
