-- Why: monthly assistance is one right for each month; its programme says from when and by which day, and a list says for which month it is.

-- A programme is paid once, by due_date, or every month from first_month on, by
-- due_day of each.
ALTER TABLE payout.programme
    ALTER COLUMN due_date DROP NOT NULL,
    ADD COLUMN monthly     boolean  NOT NULL DEFAULT false,
    ADD COLUMN first_month date     CHECK (first_month = date_trunc('month', first_month)),
    ADD COLUMN due_day     smallint CHECK (due_day BETWEEN 1 AND 31),    -- the last day where a month is shorter
    ADD CONSTRAINT programme_months CHECK (CASE WHEN monthly
        THEN due_date IS NULL AND first_month IS NOT NULL AND due_day IS NOT NULL
        ELSE due_date IS NOT NULL AND first_month IS NULL AND due_day IS NULL END),
    ADD CONSTRAINT programme_kind UNIQUE (code, monthly);

-- In a monthly programme one rule pays a category: two would pay its people twice
-- each month. A rate that changes needs rules with dates, which are not there yet.
ALTER TABLE payout.rule ADD COLUMN monthly boolean NOT NULL DEFAULT false;
ALTER TABLE payout.rule
    ADD CONSTRAINT rule_kind FOREIGN KEY (programme, monthly) REFERENCES payout.programme (code, monthly),
    ADD CONSTRAINT rule_by_category CHECK (NOT monthly OR category IS NOT NULL);
CREATE UNIQUE INDEX rule_once_a_month ON payout.rule (programme, category) WHERE monthly;

-- The same bytes for another month are another list.
ALTER TABLE registry.list ADD COLUMN month date CHECK (month = date_trunc('month', month));
COMMENT ON COLUMN registry.list.month IS 'the first day of the month a list is for; NULL where the programme is paid once';
ALTER TABLE registry.list DROP CONSTRAINT list_once;
ALTER TABLE registry.list ADD CONSTRAINT list_once UNIQUE NULLS NOT DISTINCT (programme, unit_code, unit_valid_from, sha256, sheet, month);
