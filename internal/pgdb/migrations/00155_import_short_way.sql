-- Why: an import of a million people spends most of its time in keys: those that only say "no local key" go, and a row staged for comparing needs its keys alone.

-- Nearly every person has an id and so no local key; each stood in the old key as a NULL.
ALTER TABLE registry.person DROP CONSTRAINT person_local_key_key;
CREATE UNIQUE INDEX person_local_key ON registry.person (local_key) WHERE local_key IS NOT NULL;

-- What is not copied when only keys are staged.
ALTER TABLE registry.stage
    ALTER COLUMN name SET DEFAULT '',
    ALTER COLUMN sex SET DEFAULT '',
    ALTER COLUMN residential_group SET DEFAULT '',
    ALTER COLUMN address SET DEFAULT '',
    ALTER COLUMN category SET DEFAULT '',
    ALTER COLUMN decision_no SET DEFAULT '',
    ALTER COLUMN method SET DEFAULT '',
    ALTER COLUMN account_tail SET DEFAULT '',
    ALTER COLUMN holder SET DEFAULT '',
    ALTER COLUMN payee_name SET DEFAULT '',
    ALTER COLUMN payee_kind SET DEFAULT '',
    ALTER COLUMN contact SET DEFAULT '',
    ALTER COLUMN note SET DEFAULT '';
