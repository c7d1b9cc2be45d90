-- Why: an act in the console must be one person's act: an account of their own, a key that only their password opens, a session that ends.

CREATE SCHEMA console;

-- Who may sign in. The id is the name in the audit chain and, where the person
-- signs, in seals: one word for one person, or a maker could approve under a
-- second name.
CREATE TABLE console.account (
    id          text        PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9.-]{1,62}$'),
    name_vi     text        NOT NULL CHECK (name_vi <> ''),
    title_vi    text        NOT NULL,
    role        text        NOT NULL CHECK (role IN ('maker', 'approver', 'accountant', 'department', 'auditor', 'operator')),
    unit_code   text        NOT NULL DEFAULT '',     -- '' = all units
    signer      text        REFERENCES payout.signer (id) CHECK (signer = id),
    password    text        NOT NULL,                -- argon2id, with salt and cost
    made_by     text        NOT NULL,
    made_at     timestamptz NOT NULL,
    password_at timestamptz NOT NULL,
    closed_at   timestamptz                          -- nobody signs in with it any more
);

-- The person's own signing key, closed under a key made of their password. A
-- lost password is a lost key: nobody else can open it, the operator neither.
CREATE TABLE console.signing_key (
    account text  PRIMARY KEY REFERENCES console.account (id),
    closed  bytea NOT NULL
);

-- The browser holds the token, we hold its hash: who reads the table or its
-- backup cannot sign in with it.
CREATE TABLE console.session (
    token     bytea       PRIMARY KEY CHECK (octet_length(token) = 32),
    account   text        NOT NULL REFERENCES console.account (id),
    opened_at timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,
    ended_at  timestamptz
);
CREATE INDEX session_account ON console.session (account) WHERE ended_at IS NULL;

-- Wrong passwords, to slow down whoever guesses. The name is hashed: people
-- type passwords into the wrong field.
CREATE TABLE console.wrong_password (
    id     bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name   bytea       NOT NULL CHECK (octet_length(name) = 32),
    source text        NOT NULL,
    at     timestamptz NOT NULL
);
CREATE INDEX wrong_password_name ON console.wrong_password (name, at);
CREATE INDEX wrong_password_source ON console.wrong_password (source, at);

-- One-time links, for a database marked as demo only.
CREATE TABLE console.link (
    token      bytea       PRIMARY KEY CHECK (octet_length(token) = 32),
    account    text        NOT NULL REFERENCES console.account (id),
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

GRANT USAGE ON SCHEMA console TO ansinh_engine;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA console TO ansinh_engine;
GRANT UPDATE ON console.account, console.signing_key, console.session, console.link TO ansinh_engine;
SELECT guard.append_only('console.wrong_password');
