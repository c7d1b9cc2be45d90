-- Why: whether a hold may end was found in its sentence; a mended word would have let money go. Each reason has a code beside its words.

-- reasons and the lines of why stand side by side: one reason, one line. A code is
-- a word, or a word and the number of what it is about: wire, unrecorded, death/7.
ALTER TABLE payout.exception ADD COLUMN reasons text[] NOT NULL DEFAULT '{}';
UPDATE payout.exception AS x
   SET reasons = (SELECT array_agg(CASE WHEN w.line LIKE 'Báo tử, việc %' THEN 'death/' || substring(w.line FROM 'việc ([0-9]+)')
                                        WHEN w.line LIKE 'Hủy báo tử, việc %' THEN 'heirs/' || substring(w.line FROM 'việc ([0-9]+)')
                                        WHEN w.line LIKE 'Trùng quyền lợi sau khi gộp hồ sơ, việc %' THEN 'double/' || substring(w.line FROM 'việc ([0-9]+)')
                                        WHEN w.line LIKE '%không có trong sổ%dòng%' THEN 'unrecorded'
                                        ELSE 'wire' END ORDER BY w.n)
                    FROM string_to_table(x.why, E'\n') WITH ORDINALITY AS w (line, n))
 WHERE x.kind = 'held';
ALTER TABLE payout.exception ADD CONSTRAINT exception_hold_reasons
    CHECK (kind <> 'held' OR cardinality(reasons) > 0 AND cardinality(reasons) = cardinality(string_to_array(why, E'\n')));
CREATE INDEX exception_held ON payout.exception (batch, payment) WHERE closed_at IS NULL AND kind = 'held';
