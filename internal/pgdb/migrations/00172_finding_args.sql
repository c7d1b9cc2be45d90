-- Why: what was found in a list that was taken is told with its numbers and names, not with dots: what the words are filled with is kept beside them.

-- The words stand in the program, in two languages; this is what goes into their
-- places, as text. Ids, accounts and phones are never among them. NULL = of a list
-- taken before they were kept.
ALTER TABLE registry.list_refusal ADD COLUMN args jsonb CHECK (jsonb_typeof(args) = 'array');
ALTER TABLE registry.list_warning ADD COLUMN args jsonb CHECK (jsonb_typeof(args) = 'array');
