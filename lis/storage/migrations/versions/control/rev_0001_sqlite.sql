CREATE TABLE account (
  id INTEGER NOT NULL,
  username TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  card TEXT,
  pin_hash TEXT NOT NULL,
  disabled BOOLEAN NOT NULL,
  created_at TEXT NOT NULL,
  CONSTRAINT pk_account PRIMARY KEY (id),
  CONSTRAINT uq_account_username UNIQUE (username),
  CONSTRAINT uq_account_card UNIQUE (card)
);

CREATE TABLE control_event (
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  verb TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL,
  CONSTRAINT pk_control_event PRIMARY KEY (seq)
);

CREATE TABLE lab_directory (
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  kind TEXT NOT NULL,
  parent TEXT NOT NULL,
  created_at TEXT NOT NULL,
  dropped_at TEXT,
  CONSTRAINT pk_lab_directory PRIMARY KEY (slug)
);

CREATE TABLE throttle (
  "key" TEXT NOT NULL,
  failures INTEGER NOT NULL,
  blocked_until TEXT,
  CONSTRAINT pk_throttle PRIMARY KEY ("key")
);

CREATE TABLE membership (
  account_id INTEGER NOT NULL,
  lab TEXT NOT NULL,
  staff_code TEXT NOT NULL,
  CONSTRAINT pk_membership PRIMARY KEY (account_id, lab),
  CONSTRAINT uq_membership_lab_staff_code UNIQUE (lab, staff_code),
  CONSTRAINT fk_membership_account_id FOREIGN KEY(account_id) REFERENCES account (id),
  CONSTRAINT fk_membership_lab FOREIGN KEY(lab) REFERENCES lab_directory (slug)
);

CREATE TABLE session (
  token_hash TEXT NOT NULL,
  account_id INTEGER NOT NULL,
  lab TEXT NOT NULL,
  station TEXT NOT NULL,
  csrf TEXT NOT NULL,
  created_at TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  CONSTRAINT pk_session PRIMARY KEY (token_hash),
  CONSTRAINT fk_session_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_session_account_id ON session (account_id);

