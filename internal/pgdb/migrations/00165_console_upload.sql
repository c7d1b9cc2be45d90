-- Why: an officer reads what is wrong with a list before it is taken, and what is taken must be the very bytes that were read; between the two the file lies here, encrypted, for an hour.

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
