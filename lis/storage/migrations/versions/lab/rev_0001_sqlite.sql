CREATE TABLE catalog_version (
  id INTEGER NOT NULL,
  pack TEXT NOT NULL,
  version TEXT NOT NULL,
  digest TEXT NOT NULL,
  loaded_at TEXT NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_catalog_version PRIMARY KEY (id)
);

CREATE TABLE counter (
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  CONSTRAINT pk_counter PRIMARY KEY (name)
);

CREATE TABLE countersignature (
  id INTEGER NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  first TEXT NOT NULL,
  second TEXT NOT NULL,
  station TEXT NOT NULL,
  at TEXT NOT NULL,
  statement TEXT NOT NULL,
  CONSTRAINT pk_countersignature PRIMARY KEY (id)
);

CREATE INDEX ix_countersignature_subject ON countersignature (subject);

CREATE TABLE handoff (
  id INTEGER NOT NULL,
  at TEXT NOT NULL,
  "by" TEXT NOT NULL,
  "to" TEXT NOT NULL,
  counts TEXT NOT NULL,
  text TEXT NOT NULL,
  CONSTRAINT pk_handoff PRIMARY KEY (id)
);

CREATE TABLE inbound (
  id INTEGER NOT NULL,
  interface TEXT NOT NULL,
  peer TEXT NOT NULL,
  sender TEXT NOT NULL,
  control_id TEXT NOT NULL,
  message_type TEXT NOT NULL,
  digest TEXT NOT NULL,
  raw BLOB NOT NULL,
  received_at TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  ack_code TEXT NOT NULL,
  reply BLOB,
  duplicate_of INTEGER,
  accession TEXT NOT NULL,
  CONSTRAINT pk_inbound PRIMARY KEY (id),
  CONSTRAINT fk_inbound_duplicate_of FOREIGN KEY(duplicate_of) REFERENCES inbound (id)
);

CREATE INDEX ix_inbound_accession ON inbound (accession);

CREATE INDEX ix_inbound_interface_sender_control_id_digest ON inbound (interface, sender, control_id, digest);

CREATE INDEX ix_inbound_state ON inbound (state);

CREATE TABLE interface (
  code TEXT NOT NULL,
  kind TEXT NOT NULL,
  profile TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER,
  enabled BOOLEAN NOT NULL,
  settings TEXT NOT NULL,
  stopped_reason TEXT NOT NULL,
  held_tests TEXT NOT NULL,
  CONSTRAINT pk_interface PRIMARY KEY (code)
);

CREATE TABLE journal (
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  station TEXT NOT NULL,
  via TEXT NOT NULL,
  verb TEXT NOT NULL,
  subject TEXT NOT NULL,
  accession TEXT,
  data TEXT NOT NULL,
  reason TEXT,
  cause TEXT,
  CONSTRAINT pk_journal PRIMARY KEY (seq)
);

CREATE INDEX ix_journal_accession ON journal (accession);

CREATE INDEX ix_journal_subject ON journal (subject);

CREATE TABLE occurrence (
  id INTEGER NOT NULL,
  subject TEXT NOT NULL,
  accession TEXT NOT NULL,
  category TEXT NOT NULL,
  what TEXT NOT NULL,
  action TEXT NOT NULL,
  state TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  closed_at TEXT,
  closed_by TEXT NOT NULL,
  conclusion TEXT NOT NULL,
  CONSTRAINT pk_occurrence PRIMARY KEY (id)
);

CREATE INDEX ix_occurrence_state ON occurrence (state);

CREATE TABLE outbox (
  id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  peer TEXT NOT NULL,
  refs TEXT NOT NULL,
  accession TEXT NOT NULL,
  created_at TEXT NOT NULL,
  state TEXT NOT NULL,
  control_id TEXT NOT NULL,
  body BLOB,
  attempts INTEGER NOT NULL,
  next_try_at TEXT,
  last_error TEXT NOT NULL,
  sent_at TEXT,
  answered_at TEXT,
  answer_code TEXT NOT NULL,
  answer BLOB,
  CONSTRAINT pk_outbox PRIMARY KEY (id)
);

CREATE INDEX ix_outbox_accession ON outbox (accession);

CREATE INDEX ix_outbox_control_id ON outbox (control_id);

CREATE INDEX ix_outbox_state_peer ON outbox (state, peer);

CREATE TABLE patient (
  id INTEGER NOT NULL,
  mrn TEXT NOT NULL,
  family TEXT NOT NULL,
  given TEXT NOT NULL,
  middle TEXT DEFAULT '' NOT NULL,
  birth_on TEXT,
  sex TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_patient PRIMARY KEY (id),
  CONSTRAINT uq_patient_mrn UNIQUE (mrn)
);

CREATE INDEX ix_patient_family_given ON patient (family, given);

CREATE TABLE staff (
  id INTEGER NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  initials TEXT NOT NULL,
  role TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  CONSTRAINT pk_staff PRIMARY KEY (id),
  CONSTRAINT uq_staff_code UNIQUE (code)
);

CREATE TABLE catalog_file (
  version_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  CONSTRAINT pk_catalog_file PRIMARY KEY (version_id, name),
  CONSTRAINT fk_catalog_file_version_id FOREIGN KEY(version_id) REFERENCES catalog_version (id)
);

CREATE TABLE control_observation (
  id INTEGER NOT NULL,
  inbound_id INTEGER,
  seq INTEGER NOT NULL,
  analyzer TEXT NOT NULL,
  test TEXT NOT NULL,
  material TEXT NOT NULL,
  lot TEXT NOT NULL,
  level INTEGER NOT NULL,
  run TEXT NOT NULL,
  value TEXT NOT NULL,
  number TEXT,
  unit TEXT NOT NULL,
  reagent_lot TEXT NOT NULL,
  observed_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  CONSTRAINT pk_control_observation PRIMARY KEY (id),
  CONSTRAINT fk_control_observation_inbound_id FOREIGN KEY(inbound_id) REFERENCES inbound (id)
);

CREATE INDEX ix_control_observation_analyzer_test_observed_at ON control_observation (analyzer, test, observed_at);

CREATE TABLE lab (
  id INTEGER NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  environment TEXT NOT NULL,
  catalog_version_id INTEGER,
  lab_anchor TEXT NOT NULL,
  wall_anchor TEXT NOT NULL,
  speed FLOAT NOT NULL,
  paused BOOLEAN NOT NULL,
  CONSTRAINT pk_lab PRIMARY KEY (id),
  CONSTRAINT ck_lab_one_row CHECK (id = 1),
  CONSTRAINT fk_lab_catalog_version_id FOREIGN KEY(catalog_version_id) REFERENCES catalog_version (id)
);

CREATE TABLE occurrence_note (
  id INTEGER NOT NULL,
  occurrence_id INTEGER NOT NULL,
  at TEXT NOT NULL,
  "by" TEXT NOT NULL,
  text TEXT NOT NULL,
  CONSTRAINT pk_occurrence_note PRIMARY KEY (id),
  CONSTRAINT fk_occurrence_note_occurrence_id FOREIGN KEY(occurrence_id) REFERENCES occurrence (id)
);

CREATE INDEX ix_occurrence_note_occurrence_id ON occurrence_note (occurrence_id);

CREATE TABLE visit (
  id INTEGER NOT NULL,
  patient_id INTEGER NOT NULL,
  number TEXT NOT NULL,
  patient_class TEXT NOT NULL,
  location TEXT NOT NULL,
  attending TEXT NOT NULL,
  admitted_at TEXT,
  discharged_at TEXT,
  CONSTRAINT pk_visit PRIMARY KEY (id),
  CONSTRAINT fk_visit_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
  CONSTRAINT uq_visit_number UNIQUE (number)
);

CREATE INDEX ix_visit_patient_id ON visit (patient_id);

CREATE TABLE lab_order (
  id INTEGER NOT NULL,
  accession TEXT NOT NULL,
  patient_id INTEGER NOT NULL,
  visit_id INTEGER,
  peer TEXT NOT NULL,
  placer_group TEXT NOT NULL,
  priority TEXT NOT NULL,
  provider TEXT NOT NULL,
  provider_phone TEXT NOT NULL,
  location TEXT NOT NULL,
  condition TEXT NOT NULL,
  notes TEXT NOT NULL,
  state TEXT NOT NULL,
  ordered_at TEXT NOT NULL,
  placed_at TEXT NOT NULL,
  closed_at TEXT,
  CONSTRAINT pk_lab_order PRIMARY KEY (id),
  CONSTRAINT uq_lab_order_accession UNIQUE (accession),
  CONSTRAINT fk_lab_order_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
  CONSTRAINT fk_lab_order_visit_id FOREIGN KEY(visit_id) REFERENCES visit (id)
);

CREATE INDEX ix_lab_order_patient_id_placed_at ON lab_order (patient_id, placed_at);

CREATE INDEX ix_lab_order_state ON lab_order (state);

CREATE TABLE ordered_test (
  id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  code TEXT NOT NULL,
  placer_number TEXT NOT NULL,
  state TEXT NOT NULL,
  added BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  ordered_at TEXT NOT NULL,
  CONSTRAINT pk_ordered_test PRIMARY KEY (id),
  CONSTRAINT uq_ordered_test_order_id_seq UNIQUE (order_id, seq),
  CONSTRAINT fk_ordered_test_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id)
);

CREATE INDEX ix_ordered_test_placer_number ON ordered_test (placer_number);

CREATE INDEX ix_ordered_test_state ON ordered_test (state);

CREATE TABLE specimen (
  id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  collected_at TEXT,
  collected_by TEXT NOT NULL,
  received_at TEXT,
  CONSTRAINT pk_specimen PRIMARY KEY (id),
  CONSTRAINT fk_specimen_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id)
);

CREATE INDEX ix_specimen_order_id ON specimen (order_id);

CREATE TABLE container (
  id INTEGER NOT NULL,
  container_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  specimen_id INTEGER NOT NULL,
  parent_id INTEGER,
  replaces_id INTEGER,
  type TEXT NOT NULL,
  collection_number TEXT NOT NULL,
  state TEXT NOT NULL,
  received_at TEXT,
  received_by TEXT NOT NULL,
  labelled_at TEXT,
  clotting_at TEXT,
  spin_at TEXT,
  separated_at TEXT,
  condition TEXT NOT NULL,
  volume_ml TEXT,
  bench TEXT NOT NULL,
  position TEXT NOT NULL,
  reason TEXT NOT NULL,
  closed_at TEXT,
  CONSTRAINT pk_container PRIMARY KEY (id),
  CONSTRAINT uq_container_order_id_number UNIQUE (order_id, number),
  CONSTRAINT uq_container_container_id UNIQUE (container_id),
  CONSTRAINT fk_container_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id),
  CONSTRAINT fk_container_specimen_id FOREIGN KEY(specimen_id) REFERENCES specimen (id),
  CONSTRAINT fk_container_parent_id FOREIGN KEY(parent_id) REFERENCES container (id),
  CONSTRAINT fk_container_replaces_id FOREIGN KEY(replaces_id) REFERENCES container (id)
);

CREATE INDEX ix_container_collection_number ON container (collection_number);

CREATE INDEX ix_container_specimen_id ON container (specimen_id);

CREATE INDEX ix_container_state ON container (state);

CREATE TABLE analyzer_work (
  id INTEGER NOT NULL,
  container_pk INTEGER NOT NULL,
  analyzer TEXT NOT NULL,
  test TEXT NOT NULL,
  state TEXT NOT NULL,
  rerun BOOLEAN NOT NULL,
  sent_at TEXT NOT NULL,
  answer TEXT NOT NULL,
  CONSTRAINT pk_analyzer_work PRIMARY KEY (id),
  CONSTRAINT fk_analyzer_work_container_pk FOREIGN KEY(container_pk) REFERENCES container (id)
);

CREATE INDEX ix_analyzer_work_analyzer_state ON analyzer_work (analyzer, state);

CREATE INDEX ix_analyzer_work_container_pk ON analyzer_work (container_pk);

CREATE TABLE label_print (
  id INTEGER NOT NULL,
  container_pk INTEGER NOT NULL,
  copy INTEGER NOT NULL,
  printed_at TEXT NOT NULL,
  printed_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  voided_at TEXT,
  void_reason TEXT NOT NULL,
  CONSTRAINT pk_label_print PRIMARY KEY (id),
  CONSTRAINT uq_label_print_container_pk_copy UNIQUE (container_pk, copy),
  CONSTRAINT fk_label_print_container_pk FOREIGN KEY(container_pk) REFERENCES container (id)
);

CREATE TABLE recollection (
  id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  rejected_pk INTEGER NOT NULL,
  replacement_pk INTEGER,
  state TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  collected_at TEXT,
  received_at TEXT,
  requested_by TEXT NOT NULL,
  CONSTRAINT pk_recollection PRIMARY KEY (id),
  CONSTRAINT fk_recollection_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id),
  CONSTRAINT fk_recollection_rejected_pk FOREIGN KEY(rejected_pk) REFERENCES container (id),
  CONSTRAINT fk_recollection_replacement_pk FOREIGN KEY(replacement_pk) REFERENCES container (id)
);

CREATE INDEX ix_recollection_state ON recollection (state);

CREATE TABLE rejection (
  id INTEGER NOT NULL,
  container_pk INTEGER NOT NULL,
  ordered_test_id INTEGER,
  reason_code TEXT NOT NULL,
  comment TEXT NOT NULL,
  rejected_at TEXT NOT NULL,
  rejected_by TEXT NOT NULL,
  CONSTRAINT pk_rejection PRIMARY KEY (id),
  CONSTRAINT fk_rejection_container_pk FOREIGN KEY(container_pk) REFERENCES container (id),
  CONSTRAINT fk_rejection_ordered_test_id FOREIGN KEY(ordered_test_id) REFERENCES ordered_test (id)
);

CREATE INDEX ix_rejection_container_pk ON rejection (container_pk);

CREATE TABLE result (
  id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  ordered_test_id INTEGER NOT NULL,
  patient_id INTEGER NOT NULL,
  container_pk INTEGER,
  test TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  collected_at TEXT,
  verified_at TEXT,
  verified_by TEXT NOT NULL,
  released_at TEXT,
  released_by TEXT NOT NULL,
  released_version INTEGER NOT NULL,
  rerun BOOLEAN NOT NULL,
  checks TEXT NOT NULL,
  CONSTRAINT pk_result PRIMARY KEY (id),
  CONSTRAINT uq_result_ordered_test_id_test UNIQUE (ordered_test_id, test),
  CONSTRAINT fk_result_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id),
  CONSTRAINT fk_result_ordered_test_id FOREIGN KEY(ordered_test_id) REFERENCES ordered_test (id),
  CONSTRAINT fk_result_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
  CONSTRAINT fk_result_container_pk FOREIGN KEY(container_pk) REFERENCES container (id)
);

CREATE INDEX ix_result_container_pk ON result (container_pk);

CREATE INDEX ix_result_order_id ON result (order_id);

CREATE INDEX ix_result_patient_id_test_collected_at ON result (patient_id, test, collected_at);

CREATE INDEX ix_result_state ON result (state);

CREATE TABLE report_note (
  id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  result_id INTEGER,
  text TEXT NOT NULL,
  noted_at TEXT NOT NULL,
  noted_by TEXT NOT NULL,
  CONSTRAINT pk_report_note PRIMARY KEY (id),
  CONSTRAINT fk_report_note_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id),
  CONSTRAINT fk_report_note_result_id FOREIGN KEY(result_id) REFERENCES result (id)
);

CREATE INDEX ix_report_note_order_id ON report_note (order_id);

CREATE TABLE result_version (
  id INTEGER NOT NULL,
  result_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  status TEXT NOT NULL,
  value TEXT NOT NULL,
  comparator TEXT NOT NULL,
  number TEXT,
  unit TEXT NOT NULL,
  sent_value TEXT NOT NULL,
  sent_unit TEXT NOT NULL,
  sent_flags TEXT NOT NULL,
  flags TEXT NOT NULL,
  critical BOOLEAN NOT NULL,
  interval_text TEXT NOT NULL,
  comment TEXT NOT NULL,
  source TEXT NOT NULL,
  analyzer TEXT NOT NULL,
  observed_at TEXT,
  container_id TEXT NOT NULL,
  catalog_version_id INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_result_version PRIMARY KEY (id),
  CONSTRAINT uq_result_version_result_id_n UNIQUE (result_id, n),
  CONSTRAINT fk_result_version_result_id FOREIGN KEY(result_id) REFERENCES result (id),
  CONSTRAINT fk_result_version_catalog_version_id FOREIGN KEY(catalog_version_id) REFERENCES catalog_version (id)
);

CREATE TABLE call (
  id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  order_id INTEGER,
  container_pk INTEGER,
  result_version_id INTEGER,
  what TEXT NOT NULL,
  state TEXT NOT NULL,
  read_back_needed BOOLEAN NOT NULL,
  opened_at TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  closed_at TEXT,
  CONSTRAINT pk_call PRIMARY KEY (id),
  CONSTRAINT fk_call_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id),
  CONSTRAINT fk_call_container_pk FOREIGN KEY(container_pk) REFERENCES container (id),
  CONSTRAINT fk_call_result_version_id FOREIGN KEY(result_version_id) REFERENCES result_version (id)
);

CREATE INDEX ix_call_order_id ON call (order_id);

CREATE INDEX ix_call_state_kind ON call (state, kind);

CREATE TABLE observation (
  id INTEGER NOT NULL,
  inbound_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  interface TEXT NOT NULL,
  analyzer TEXT NOT NULL,
  container_sent TEXT NOT NULL,
  patient_sent TEXT NOT NULL,
  code_sent TEXT NOT NULL,
  name_sent TEXT NOT NULL,
  value_sent TEXT NOT NULL,
  unit_sent TEXT NOT NULL,
  flags_sent TEXT NOT NULL,
  status_sent TEXT NOT NULL,
  observed_at TEXT,
  extra TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  test TEXT NOT NULL,
  result_version_id INTEGER,
  settled_at TEXT,
  settled_by TEXT NOT NULL,
  CONSTRAINT pk_observation PRIMARY KEY (id),
  CONSTRAINT uq_observation_inbound_id_seq UNIQUE (inbound_id, seq),
  CONSTRAINT fk_observation_inbound_id FOREIGN KEY(inbound_id) REFERENCES inbound (id),
  CONSTRAINT fk_observation_result_version_id FOREIGN KEY(result_version_id) REFERENCES result_version (id)
);

CREATE INDEX ix_observation_state ON observation (state);

CREATE TABLE call_attempt (
  id INTEGER NOT NULL,
  call_id INTEGER NOT NULL,
  at TEXT NOT NULL,
  "by" TEXT NOT NULL,
  whom TEXT NOT NULL,
  whom_role TEXT NOT NULL,
  phone TEXT NOT NULL,
  outcome TEXT NOT NULL,
  said TEXT NOT NULL,
  read_back TEXT NOT NULL,
  comment TEXT NOT NULL,
  CONSTRAINT pk_call_attempt PRIMARY KEY (id),
  CONSTRAINT fk_call_attempt_call_id FOREIGN KEY(call_id) REFERENCES call (id)
);

CREATE INDEX ix_call_attempt_call_id ON call_attempt (call_id);

