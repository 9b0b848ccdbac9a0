-- Until when a rate lets no further request go to a destination, so that a restart does not forget it.
CREATE TABLE paces (
  destination_no INTEGER PRIMARY KEY REFERENCES destinations,
  not_before     INTEGER NOT NULL
);
