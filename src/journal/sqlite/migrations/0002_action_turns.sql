-- The turn that committed the action; NULL where a program of version 1 wrote it.
ALTER TABLE actions ADD COLUMN turn INTEGER;
