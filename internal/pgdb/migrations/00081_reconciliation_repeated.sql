-- Why: a provider's daily result and every answer to an inquiry repeat what earlier ones said; such lines are counted here and stand in the kept original, instead of in rows of their own.

ALTER TABLE reconciliation.verdict ADD COLUMN repeated integer NOT NULL DEFAULT 0 CHECK (repeated BETWEEN 0 AND entries);
