-- Why: whether a submission still has an open payment is asked after each chunk and each inquiry; without a note of how far it was looked, ten thousand payments are walked each time.

-- Every attempt before this place has left the open states, and no arrow of ledger.leg leads an attempt back into one.
ALTER TABLE payout.submission ADD COLUMN open_from integer NOT NULL DEFAULT 1;
