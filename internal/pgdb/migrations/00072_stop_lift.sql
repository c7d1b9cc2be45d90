-- Why: lifting the global stop takes two people, so the first one's word must be kept until the second comes; and what waits for approval must be found without reading old sections.

ALTER TABLE payout.stop
    ADD COLUMN lift_by text NOT NULL DEFAULT '',
    ADD COLUMN lift_why text NOT NULL DEFAULT '',
    ADD COLUMN lift_at timestamptz;

CREATE INDEX section_waiting ON payout.section (submitted_at, batch, no) WHERE state = 'submitted';
