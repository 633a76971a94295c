CREATE TABLE catalog_version (
  id INTEGER NOT NULL,
  pack TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  loaded_at TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_catalog_version PRIMARY KEY (id)
);

CREATE TABLE counter (
  name TEXT COLLATE "C" NOT NULL,
  value INTEGER NOT NULL,
  CONSTRAINT pk_counter PRIMARY KEY (name)
);

CREATE TABLE countersignature (
  id INTEGER NOT NULL,
  act TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  first TEXT COLLATE "C" NOT NULL,
  second TEXT COLLATE "C" NOT NULL,
  station TEXT COLLATE "C" NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  statement TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_countersignature PRIMARY KEY (id)
);

CREATE INDEX ix_countersignature_subject ON countersignature (subject);

CREATE TABLE handoff (
  id INTEGER NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  by TEXT COLLATE "C" NOT NULL,
  "to" TEXT COLLATE "C" NOT NULL,
  counts TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_handoff PRIMARY KEY (id)
);

CREATE TABLE inbound (
  id INTEGER NOT NULL,
  interface TEXT COLLATE "C" NOT NULL,
  peer TEXT COLLATE "C" NOT NULL,
  sender TEXT COLLATE "C" NOT NULL,
  control_id TEXT COLLATE "C" NOT NULL,
  message_type TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  raw BYTEA NOT NULL,
  received_at TEXT COLLATE "C" NOT NULL,
  recorded_at TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C" NOT NULL,
  ack_code TEXT COLLATE "C" NOT NULL,
  reply BYTEA,
  duplicate_of INTEGER,
  accession TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_inbound PRIMARY KEY (id),
  CONSTRAINT fk_inbound_duplicate_of FOREIGN KEY(duplicate_of) REFERENCES inbound (id)
);

CREATE INDEX ix_inbound_accession ON inbound (accession);

CREATE INDEX ix_inbound_interface_sender_control_id_digest ON inbound (interface, sender, control_id, digest);

CREATE INDEX ix_inbound_state ON inbound (state);

CREATE TABLE interface (
  code TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  profile TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C" NOT NULL,
  port INTEGER,
  enabled BOOLEAN NOT NULL,
  settings TEXT COLLATE "C" NOT NULL,
  stopped_reason TEXT COLLATE "C" NOT NULL,
  held_tests TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_interface PRIMARY KEY (code)
);

CREATE TABLE journal (
  seq INTEGER NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  recorded_at TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  station TEXT COLLATE "C" NOT NULL,
  via TEXT COLLATE "C" NOT NULL,
  verb TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  accession TEXT COLLATE "C",
  data TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C",
  cause TEXT COLLATE "C",
  CONSTRAINT pk_journal PRIMARY KEY (seq)
);

CREATE INDEX ix_journal_accession ON journal (accession);

CREATE INDEX ix_journal_subject ON journal (subject);

CREATE TABLE occurrence (
  id INTEGER NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  accession TEXT COLLATE "C" NOT NULL,
  category TEXT COLLATE "C" NOT NULL,
  what TEXT COLLATE "C" NOT NULL,
  action TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  opened_at TEXT COLLATE "C" NOT NULL,
  opened_by TEXT COLLATE "C" NOT NULL,
  closed_at TEXT COLLATE "C",
  closed_by TEXT COLLATE "C" NOT NULL,
  conclusion TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_occurrence PRIMARY KEY (id)
);

CREATE INDEX ix_occurrence_state ON occurrence (state);

CREATE TABLE outbox (
  id INTEGER NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  peer TEXT COLLATE "C" NOT NULL,
  refs TEXT COLLATE "C" NOT NULL,
  accession TEXT COLLATE "C" NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  control_id TEXT COLLATE "C" NOT NULL,
  body BYTEA,
  attempts INTEGER NOT NULL,
  next_try_at TEXT COLLATE "C",
  last_error TEXT COLLATE "C" NOT NULL,
  sent_at TEXT COLLATE "C",
  answered_at TEXT COLLATE "C",
  answer_code TEXT COLLATE "C" NOT NULL,
  answer BYTEA,
  CONSTRAINT pk_outbox PRIMARY KEY (id)
);

CREATE INDEX ix_outbox_accession ON outbox (accession);

CREATE INDEX ix_outbox_control_id ON outbox (control_id);

CREATE INDEX ix_outbox_state_peer ON outbox (state, peer);

CREATE TABLE patient (
  id INTEGER NOT NULL,
  mrn TEXT COLLATE "C" NOT NULL,
  family TEXT COLLATE "C" NOT NULL,
  given TEXT COLLATE "C" NOT NULL,
  middle TEXT COLLATE "C" DEFAULT '' NOT NULL,
  birth_on TEXT COLLATE "C",
  sex TEXT COLLATE "C" NOT NULL,
  registered_at TEXT COLLATE "C" NOT NULL,
  updated_at TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_patient PRIMARY KEY (id),
  CONSTRAINT uq_patient_mrn UNIQUE (mrn)
);

CREATE INDEX ix_patient_family_given ON patient (family, given);

CREATE TABLE staff (
  id INTEGER NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  initials TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  active BOOLEAN NOT NULL,
  CONSTRAINT pk_staff PRIMARY KEY (id),
  CONSTRAINT uq_staff_code UNIQUE (code)
);

CREATE TABLE catalog_file (
  version_id INTEGER NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  content TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_catalog_file PRIMARY KEY (version_id, name),
  CONSTRAINT fk_catalog_file_version_id FOREIGN KEY(version_id) REFERENCES catalog_version (id)
);

CREATE TABLE control_observation (
  id INTEGER NOT NULL,
  inbound_id INTEGER,
  seq INTEGER NOT NULL,
  analyzer TEXT COLLATE "C" NOT NULL,
  test TEXT COLLATE "C" NOT NULL,
  material TEXT COLLATE "C" NOT NULL,
  lot TEXT COLLATE "C" NOT NULL,
  level INTEGER NOT NULL,
  run TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  number TEXT COLLATE "C",
  unit TEXT COLLATE "C" NOT NULL,
  reagent_lot TEXT COLLATE "C" NOT NULL,
  observed_at TEXT COLLATE "C" NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_control_observation PRIMARY KEY (id),
  CONSTRAINT fk_control_observation_inbound_id FOREIGN KEY(inbound_id) REFERENCES inbound (id)
);

CREATE INDEX ix_control_observation_analyzer_test_observed_at ON control_observation (analyzer, test, observed_at);

CREATE TABLE lab (
  id INTEGER NOT NULL,
  slug TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  zone TEXT COLLATE "C" NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  catalog_version_id INTEGER,
  lab_anchor TEXT COLLATE "C" NOT NULL,
  wall_anchor TEXT COLLATE "C" NOT NULL,
  speed FLOAT NOT NULL,
  paused BOOLEAN NOT NULL,
  CONSTRAINT pk_lab PRIMARY KEY (id),
  CONSTRAINT ck_lab_one_row CHECK (id = 1),
  CONSTRAINT fk_lab_catalog_version_id FOREIGN KEY(catalog_version_id) REFERENCES catalog_version (id)
);

CREATE TABLE occurrence_note (
  id INTEGER NOT NULL,
  occurrence_id INTEGER NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  by TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_occurrence_note PRIMARY KEY (id),
  CONSTRAINT fk_occurrence_note_occurrence_id FOREIGN KEY(occurrence_id) REFERENCES occurrence (id)
);

CREATE INDEX ix_occurrence_note_occurrence_id ON occurrence_note (occurrence_id);

CREATE TABLE visit (
  id INTEGER NOT NULL,
  patient_id INTEGER NOT NULL,
  number TEXT COLLATE "C" NOT NULL,
  patient_class TEXT COLLATE "C" NOT NULL,
  location TEXT COLLATE "C" NOT NULL,
  attending TEXT COLLATE "C" NOT NULL,
  admitted_at TEXT COLLATE "C",
  discharged_at TEXT COLLATE "C",
  CONSTRAINT pk_visit PRIMARY KEY (id),
  CONSTRAINT fk_visit_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id),
  CONSTRAINT uq_visit_number UNIQUE (number)
);

CREATE INDEX ix_visit_patient_id ON visit (patient_id);

CREATE TABLE lab_order (
  id INTEGER NOT NULL,
  accession TEXT COLLATE "C" NOT NULL,
  patient_id INTEGER NOT NULL,
  visit_id INTEGER,
  peer TEXT COLLATE "C" NOT NULL,
  placer_group TEXT COLLATE "C" NOT NULL,
  priority TEXT COLLATE "C" NOT NULL,
  provider TEXT COLLATE "C" NOT NULL,
  provider_phone TEXT COLLATE "C" NOT NULL,
  location TEXT COLLATE "C" NOT NULL,
  condition TEXT COLLATE "C" NOT NULL,
  notes TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  ordered_at TEXT COLLATE "C" NOT NULL,
  placed_at TEXT COLLATE "C" NOT NULL,
  closed_at TEXT COLLATE "C",
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
  code TEXT COLLATE "C" NOT NULL,
  placer_number TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  added BOOLEAN NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  ordered_at TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_ordered_test PRIMARY KEY (id),
  CONSTRAINT uq_ordered_test_order_id_seq UNIQUE (order_id, seq),
  CONSTRAINT fk_ordered_test_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id)
);

CREATE INDEX ix_ordered_test_placer_number ON ordered_test (placer_number);

CREATE INDEX ix_ordered_test_state ON ordered_test (state);

CREATE TABLE specimen (
  id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  collected_at TEXT COLLATE "C",
  collected_by TEXT COLLATE "C" NOT NULL,
  received_at TEXT COLLATE "C",
  CONSTRAINT pk_specimen PRIMARY KEY (id),
  CONSTRAINT fk_specimen_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id)
);

CREATE INDEX ix_specimen_order_id ON specimen (order_id);

CREATE TABLE container (
  id INTEGER NOT NULL,
  container_id TEXT COLLATE "C" NOT NULL,
  number INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  specimen_id INTEGER NOT NULL,
  parent_id INTEGER,
  replaces_id INTEGER,
  type TEXT COLLATE "C" NOT NULL,
  collection_number TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  received_at TEXT COLLATE "C",
  received_by TEXT COLLATE "C" NOT NULL,
  labelled_at TEXT COLLATE "C",
  clotting_at TEXT COLLATE "C",
  spin_at TEXT COLLATE "C",
  separated_at TEXT COLLATE "C",
  condition TEXT COLLATE "C" NOT NULL,
  volume_ml TEXT COLLATE "C",
  bench TEXT COLLATE "C" NOT NULL,
  position TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  closed_at TEXT COLLATE "C",
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
  analyzer TEXT COLLATE "C" NOT NULL,
  test TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  rerun BOOLEAN NOT NULL,
  sent_at TEXT COLLATE "C" NOT NULL,
  answer TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_analyzer_work PRIMARY KEY (id),
  CONSTRAINT fk_analyzer_work_container_pk FOREIGN KEY(container_pk) REFERENCES container (id)
);

CREATE INDEX ix_analyzer_work_analyzer_state ON analyzer_work (analyzer, state);

CREATE INDEX ix_analyzer_work_container_pk ON analyzer_work (container_pk);

CREATE TABLE label_print (
  id INTEGER NOT NULL,
  container_pk INTEGER NOT NULL,
  copy INTEGER NOT NULL,
  printed_at TEXT COLLATE "C" NOT NULL,
  printed_by TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  voided_at TEXT COLLATE "C",
  void_reason TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_label_print PRIMARY KEY (id),
  CONSTRAINT uq_label_print_container_pk_copy UNIQUE (container_pk, copy),
  CONSTRAINT fk_label_print_container_pk FOREIGN KEY(container_pk) REFERENCES container (id)
);

CREATE TABLE recollection (
  id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  rejected_pk INTEGER NOT NULL,
  replacement_pk INTEGER,
  state TEXT COLLATE "C" NOT NULL,
  requested_at TEXT COLLATE "C" NOT NULL,
  collected_at TEXT COLLATE "C",
  received_at TEXT COLLATE "C",
  requested_by TEXT COLLATE "C" NOT NULL,
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
  reason_code TEXT COLLATE "C" NOT NULL,
  comment TEXT COLLATE "C" NOT NULL,
  rejected_at TEXT COLLATE "C" NOT NULL,
  rejected_by TEXT COLLATE "C" NOT NULL,
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
  test TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  version INTEGER NOT NULL,
  collected_at TEXT COLLATE "C",
  verified_at TEXT COLLATE "C",
  verified_by TEXT COLLATE "C" NOT NULL,
  released_at TEXT COLLATE "C",
  released_by TEXT COLLATE "C" NOT NULL,
  released_version INTEGER NOT NULL,
  rerun BOOLEAN NOT NULL,
  checks TEXT COLLATE "C" NOT NULL,
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
  text TEXT COLLATE "C" NOT NULL,
  noted_at TEXT COLLATE "C" NOT NULL,
  noted_by TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_report_note PRIMARY KEY (id),
  CONSTRAINT fk_report_note_order_id FOREIGN KEY(order_id) REFERENCES lab_order (id),
  CONSTRAINT fk_report_note_result_id FOREIGN KEY(result_id) REFERENCES result (id)
);

CREATE INDEX ix_report_note_order_id ON report_note (order_id);

CREATE TABLE result_version (
  id INTEGER NOT NULL,
  result_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  comparator TEXT COLLATE "C" NOT NULL,
  number TEXT COLLATE "C",
  unit TEXT COLLATE "C" NOT NULL,
  sent_value TEXT COLLATE "C" NOT NULL,
  sent_unit TEXT COLLATE "C" NOT NULL,
  sent_flags TEXT COLLATE "C" NOT NULL,
  flags TEXT COLLATE "C" NOT NULL,
  critical BOOLEAN NOT NULL,
  interval_text TEXT COLLATE "C" NOT NULL,
  comment TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  analyzer TEXT COLLATE "C" NOT NULL,
  observed_at TEXT COLLATE "C",
  container_id TEXT COLLATE "C" NOT NULL,
  catalog_version_id INTEGER NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  created_by TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_result_version PRIMARY KEY (id),
  CONSTRAINT uq_result_version_result_id_n UNIQUE (result_id, n),
  CONSTRAINT fk_result_version_result_id FOREIGN KEY(result_id) REFERENCES result (id),
  CONSTRAINT fk_result_version_catalog_version_id FOREIGN KEY(catalog_version_id) REFERENCES catalog_version (id)
);

CREATE TABLE call (
  id INTEGER NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  order_id INTEGER,
  container_pk INTEGER,
  result_version_id INTEGER,
  what TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  read_back_needed BOOLEAN NOT NULL,
  opened_at TEXT COLLATE "C" NOT NULL,
  opened_by TEXT COLLATE "C" NOT NULL,
  closed_at TEXT COLLATE "C",
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
  interface TEXT COLLATE "C" NOT NULL,
  analyzer TEXT COLLATE "C" NOT NULL,
  container_sent TEXT COLLATE "C" NOT NULL,
  patient_sent TEXT COLLATE "C" NOT NULL,
  code_sent TEXT COLLATE "C" NOT NULL,
  name_sent TEXT COLLATE "C" NOT NULL,
  value_sent TEXT COLLATE "C" NOT NULL,
  unit_sent TEXT COLLATE "C" NOT NULL,
  flags_sent TEXT COLLATE "C" NOT NULL,
  status_sent TEXT COLLATE "C" NOT NULL,
  observed_at TEXT COLLATE "C",
  extra TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C" NOT NULL,
  test TEXT COLLATE "C" NOT NULL,
  result_version_id INTEGER,
  settled_at TEXT COLLATE "C",
  settled_by TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_observation PRIMARY KEY (id),
  CONSTRAINT uq_observation_inbound_id_seq UNIQUE (inbound_id, seq),
  CONSTRAINT fk_observation_inbound_id FOREIGN KEY(inbound_id) REFERENCES inbound (id),
  CONSTRAINT fk_observation_result_version_id FOREIGN KEY(result_version_id) REFERENCES result_version (id)
);

CREATE INDEX ix_observation_state ON observation (state);

CREATE TABLE call_attempt (
  id INTEGER NOT NULL,
  call_id INTEGER NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  by TEXT COLLATE "C" NOT NULL,
  whom TEXT COLLATE "C" NOT NULL,
  whom_role TEXT COLLATE "C" NOT NULL,
  phone TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  said TEXT COLLATE "C" NOT NULL,
  read_back TEXT COLLATE "C" NOT NULL,
  comment TEXT COLLATE "C" NOT NULL,
  CONSTRAINT pk_call_attempt PRIMARY KEY (id),
  CONSTRAINT fk_call_attempt_call_id FOREIGN KEY(call_id) REFERENCES call (id)
);

CREATE INDEX ix_call_attempt_call_id ON call_attempt (call_id);

