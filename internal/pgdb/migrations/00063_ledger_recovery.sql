-- Why: money paid that was not due comes back by deduction from a later debt or in money; both are movements of a payment and were missing from the table.

ALTER TABLE ledger.leg DROP CONSTRAINT leg_amount_check;
ALTER TABLE ledger.leg ADD CONSTRAINT leg_amount_check CHECK (amount IN ('first', 'part', 'whole', 'free'));

INSERT INTO ledger.leg (id, name, state, amount, attempt, claim, earlier, once) VALUES
    (41, 'deducted', 'approved', 'part', 'same', 0, false, false),
    (42, 'deducted_whole', 'ended', 'whole', 'same', 0, false, false),
    (43, 'overpaid', 'paid', 'free', 'same', 0, false, false),
    (201, 'repaid.approved', 'approved', 'free', 'same', 0, true, false),
    (202, 'repaid.ordered', 'ordered', 'free', 'same', 0, true, false),
    (203, 'repaid.out', 'out', 'free', 'same', 0, true, false),
    (204, 'repaid.paid', 'paid', 'free', 'same', 0, true, false),
    (205, 'repaid.rejected', 'rejected', 'free', 'same', 0, true, false),
    (206, 'repaid.withdrawn', 'withdrawn', 'free', 'same', 0, true, false),
    (207, 'repaid.not_executed', 'not_executed', 'free', 'same', 0, true, false),
    (208, 'repaid.returned', 'returned', 'free', 'same', 0, true, false),
    (209, 'repaid.listed', 'listed', 'free', 'same', 0, true, false),
    (210, 'repaid.unpaid', 'unpaid', 'free', 'same', 0, true, false),
    (211, 'repaid.handed', 'handed', 'free', 'same', 0, true, false),
    (212, 'repaid.brought_back', 'brought_back', 'free', 'same', 0, true, false),
    (213, 'repaid.ended', 'ended', 'free', 'same', 0, true, false);

INSERT INTO ledger.leg_accounts (posting_set, leg, debit_role, credit_role) VALUES
    ('entrusted-state', 41, 'owed', 'person_claim'),
    ('entrusted-state', 42, 'owed', 'person_claim'),
    ('entrusted-state', 43, 'person_claim', 'other'),
    ('entrusted-state', 201, 'funds', 'person_claim'),
    ('entrusted-state', 202, 'funds', 'person_claim'),
    ('entrusted-state', 203, 'funds', 'person_claim'),
    ('entrusted-state', 204, 'funds', 'person_claim'),
    ('entrusted-state', 205, 'funds', 'person_claim'),
    ('entrusted-state', 206, 'funds', 'person_claim'),
    ('entrusted-state', 207, 'funds', 'person_claim'),
    ('entrusted-state', 208, 'funds', 'person_claim'),
    ('entrusted-state', 209, 'funds', 'person_claim'),
    ('entrusted-state', 210, 'funds', 'person_claim'),
    ('entrusted-state', 211, 'funds', 'person_claim'),
    ('entrusted-state', 212, 'funds', 'person_claim'),
    ('entrusted-state', 213, 'funds', 'person_claim');

INSERT INTO ledger.arrow (from_state, leg) VALUES
    ('approved', 41),
    ('approved', 42),
    ('rejected', 42),
    ('withdrawn', 42),
    ('not_executed', 42),
    ('returned', 42),
    ('unpaid', 42),
    ('brought_back', 42),
    ('paid', 43),
    ('approved', 201),
    ('ordered', 202),
    ('out', 203),
    ('paid', 204),
    ('rejected', 205),
    ('withdrawn', 206),
    ('not_executed', 207),
    ('returned', 208),
    ('listed', 209),
    ('unpaid', 210),
    ('handed', 211),
    ('brought_back', 212),
    ('ended', 213);
