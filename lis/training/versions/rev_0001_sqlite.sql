CREATE TABLE world (
  lab TEXT NOT NULL,
  seed TEXT NOT NULL,
  pack TEXT NOT NULL,
  started_at TEXT NOT NULL,
  stood_at TEXT NOT NULL,
  prepared_at TEXT,
  CONSTRAINT pk_world PRIMARY KEY (lab)
);

CREATE TABLE world_entry (
  lab TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL,
  CONSTRAINT pk_world_entry PRIMARY KEY (lab, seq)
);

CREATE TABLE world_input (
  lab TEXT NOT NULL,
  seq INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  data TEXT,
  "by" TEXT NOT NULL,
  CONSTRAINT pk_world_input PRIMARY KEY (lab, seq)
);

