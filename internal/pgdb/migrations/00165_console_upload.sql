-- Why: an officer reads what is wrong with a list before it is taken, and what is taken must be the bytes that were read: between the two the file lies here, encrypted, for an hour; and the pages beside it count differences by key.

CREATE TABLE console.upload (
    id          bytea       PRIMARY KEY CHECK (octet_length(id) = 16),
    account     text        NOT NULL REFERENCES console.account (id),
    session     bytea       NOT NULL CHECK (octet_length(session) = 32), -- nobody opens it from another session
    about_enc   bytea       NOT NULL,                                    -- the file's name, what it is for, its password
    content_enc bytea       NOT NULL,
    made_at     timestamptz NOT NULL
);
CREATE INDEX upload_account ON console.upload (account, made_at);
CREATE INDEX upload_made ON console.upload (made_at);

-- The only table of the console that is emptied: a list that is not taken leaves nothing.
GRANT SELECT, INSERT, DELETE ON console.upload TO ansinh_engine;

-- A run asks about thousands of people; its page counts those it found different,
-- which are few, and those it has still to ask about (verification_item_waiting).
CREATE INDEX verification_item_differs_run ON registry.verification_item (verification, person) WHERE verdict IN ('different', 'dead', 'not_found');
