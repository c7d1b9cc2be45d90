-- Why: a finding may offer a value, which is neither an error nor a warning; and accounts of staff may not receive for people.

ALTER TABLE registry.list_refusal
    DROP CONSTRAINT list_refusal_severity_check,
    ADD CONSTRAINT list_refusal_severity_check CHECK (severity IN ('error', 'repair')),
    ADD COLUMN proposed text NOT NULL DEFAULT '';      -- what a repair offers, masked

ALTER TABLE registry.list_warning
    DROP CONSTRAINT list_warning_severity_check,
    ADD CONSTRAINT list_warning_severity_check CHECK (severity IN ('warning', 'repair')), -- a repair that was accepted
    ADD COLUMN proposed text NOT NULL DEFAULT '';

-- Accounts of those who keep lists or pay: money of people sent there is refused.
CREATE TABLE registry.staff_account (
    bank_bin      text        NOT NULL,
    account_index bytea       NOT NULL CHECK (octet_length(account_index) = 16),
    account_tail  text        NOT NULL,
    owner         text        NOT NULL CHECK (owner <> ''),
    noted_by      text        NOT NULL,
    noted_at      timestamptz NOT NULL,
    PRIMARY KEY (account_index, bank_bin)
);
SELECT guard.append_only('registry.staff_account');
GRANT SELECT, INSERT ON registry.staff_account TO ansinh_engine;
GRANT SELECT ON registry.staff_account TO ansinh_reader;

-- A row taken out of the stage may have been its person's first.
GRANT UPDATE (first_of_person) ON registry.stage TO ansinh_engine;
