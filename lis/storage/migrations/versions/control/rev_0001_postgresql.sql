CREATE TABLE account (
  id SERIAL NOT NULL,
  username TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  password_hash TEXT COLLATE "C" NOT NULL,
  card TEXT COLLATE "C",
  pin_hash TEXT COLLATE "C" NOT NULL,
  disabled BOOLEAN NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_account PRIMARY KEY (id),
  CONSTRAINT uq_account_username UNIQUE (username),
  CONSTRAINT uq_account_card UNIQUE (card)
);

CREATE TABLE control_event (
  seq SERIAL NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  verb TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  data TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_control_event PRIMARY KEY (seq)
);

CREATE TABLE lab_directory (
  slug TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  place TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  dropped_at TEXT COLLATE "C",
  CONSTRAINT pk_lab_directory PRIMARY KEY (slug)
);

CREATE TABLE throttle (
  key TEXT COLLATE "C" NOT NULL,
  failures INTEGER NOT NULL,
  blocked_until TEXT COLLATE "C",
  CONSTRAINT pk_throttle PRIMARY KEY (key)
);

CREATE TABLE membership (
  account_id INTEGER NOT NULL,
  lab TEXT COLLATE "C" NOT NULL,
  staff_code TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_membership PRIMARY KEY (account_id, lab),
  CONSTRAINT uq_membership_lab_staff_code UNIQUE (lab, staff_code),
  CONSTRAINT fk_membership_account_id FOREIGN KEY(account_id) REFERENCES account (id),
  CONSTRAINT fk_membership_lab FOREIGN KEY(lab) REFERENCES lab_directory (slug)
);

CREATE TABLE session (
  token_hash TEXT COLLATE "C" NOT NULL,
  account_id INTEGER NOT NULL,
  lab TEXT COLLATE "C" NOT NULL,
  station TEXT COLLATE "C" NOT NULL,
  csrf TEXT COLLATE "C" NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  seen_at TEXT COLLATE "C" NOT NULL,
  expires_at TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_session PRIMARY KEY (token_hash),
  CONSTRAINT fk_session_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_session_account_id ON session (account_id);

