-- Why: communes were redrawn twice; people of an undivided commune follow it by the table, the others wait for a person's answer and nobody is moved by guess.

CREATE TABLE registry.unit_change (
    old_code       text    NOT NULL,
    old_valid_from date    NOT NULL,
    new_code       text    NOT NULL,
    new_valid_from date    NOT NULL,
    divided        boolean NOT NULL,                  -- the old unit went to several
    origin         text    NOT NULL,
    PRIMARY KEY (old_code, old_valid_from, new_code, new_valid_from)
);
SELECT guard.append_only('registry.unit_change');
GRANT SELECT, INSERT ON registry.unit_change TO ansinh_engine;
GRANT SELECT ON registry.unit_change TO ansinh_reader;
