ALTER TABLE world ADD COLUMN planned_until TEXT COLLATE "C";

ALTER TABLE world ADD COLUMN past_until TEXT COLLATE "C";

ALTER TABLE world ADD COLUMN content TEXT COLLATE "C" DEFAULT '' NOT NULL;

ALTER TABLE world ADD COLUMN followed INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE world ADD COLUMN tended_until TEXT COLLATE "C";

DELETE FROM world_input WHERE lab NOT IN (SELECT slug FROM lab_directory WHERE dropped_at IS NULL);

DELETE FROM world_entry WHERE lab NOT IN (SELECT slug FROM lab_directory WHERE dropped_at IS NULL);

DELETE FROM world WHERE lab NOT IN (SELECT slug FROM lab_directory WHERE dropped_at IS NULL);

UPDATE world SET followed = (SELECT coalesce(max(seq), 0) FROM control_event);

CREATE TABLE world_content (
  digest TEXT COLLATE "C" NOT NULL,
  files BYTEA NOT NULL,
  CONSTRAINT pk_world_content PRIMARY KEY (digest)
);

CREATE TABLE world_snapshot (
  lab TEXT COLLATE "C" NOT NULL,
  origin TEXT COLLATE "C" NOT NULL,
  label TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  taken_at TEXT COLLATE "C" NOT NULL,
  by TEXT COLLATE "C" NOT NULL,
  inputs INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  events INTEGER NOT NULL,
  CONSTRAINT pk_world_snapshot PRIMARY KEY (lab)
);
