-- A receiver may ask for time: an answer of 429, or of 503 with Retry-After, has the outcome 9 and spends no attempt.
ALTER TABLE deliveries ADD COLUMN throttled_since INTEGER;  -- its first outcome 9 since its last release; NULL: none

-- Destinations that are held back, or given work slowly, because they asked for time or were down.
CREATE TABLE throttles (
  destination_no INTEGER PRIMARY KEY REFERENCES destinations,
  hold_until     INTEGER NOT NULL,             -- no request before that
  millihertz     INTEGER NOT NULL,             -- thousandths of a request a second, at most; 0: no limit
  doubles        INTEGER NOT NULL              -- how the rate grows: 1 twofold, 0 by one
);
