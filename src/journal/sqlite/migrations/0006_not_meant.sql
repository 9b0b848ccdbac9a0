-- Outcomes 7 local_failure (not sent: this machine had no memory, process or descriptor) and 8 not_meant (not sent: the
-- subscription's filter excludes the event, and its delivery is failed).
CREATE INDEX attempts_not_meant ON attempts (position) WHERE outcome = 8;
