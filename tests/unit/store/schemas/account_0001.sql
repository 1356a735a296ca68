CREATE TABLE action (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	plan_id VARCHAR NOT NULL, 
	plan_item_id VARCHAR, 
	measure VARCHAR NOT NULL, 
	method VARCHAR(12) NOT NULL, 
	owner_id VARCHAR, 
	supervisor_id VARCHAR, 
	starts_on DATE, 
	due_on DATE, 
	status VARCHAR(12) NOT NULL, 
	position INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE action_progress (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	plan_id VARCHAR NOT NULL, 
	action_id VARCHAR NOT NULL, 
	author_id VARCHAR, 
	at DATETIME, 
	percent INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	attendees JSON NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE action_request (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	plan_id VARCHAR NOT NULL, 
	action_id VARCHAR NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	author_id VARCHAR, 
	at DATETIME, 
	reason VARCHAR NOT NULL, 
	due_before DATE, 
	due_wanted DATE, 
	status VARCHAR(12) NOT NULL, 
	due_granted DATE, 
	decided_by VARCHAR, 
	decided_at DATETIME, 
	decision VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO "alembic_version" VALUES('account_0001');
CREATE TABLE answer (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	visit_id VARCHAR NOT NULL, 
	question VARCHAR(40) NOT NULL, 
	repeat INTEGER NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	value JSON, 
	comment VARCHAR NOT NULL, 
	answered_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "answer" VALUES('0193a000-0000-7000-8000-0000000000ab',0,'0193a000-0000-7000-8000-0000000000aa','F1',0,'answered','"yes"','',NULL);
CREATE TABLE appeal (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	visit_id VARCHAR NOT NULL, 
	dealer_id VARCHAR NOT NULL, 
	question VARCHAR(40) NOT NULL, 
	repeat INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	new_state VARCHAR(10) NOT NULL, 
	new_value JSON, 
	decision_note VARCHAR NOT NULL, 
	author_id VARCHAR, 
	filed_at DATETIME, 
	due_at DATETIME, 
	visit_date DATE, 
	wording VARCHAR NOT NULL, 
	wording_en VARCHAR NOT NULL, 
	old_state VARCHAR(10) NOT NULL, 
	old_value JSON, 
	decided_by VARCHAR, 
	decided_at DATETIME, 
	score_before VARCHAR(24), 
	score_after VARCHAR(24), 
	PRIMARY KEY (id)
);
CREATE TABLE assignment (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	dealer_id VARCHAR NOT NULL, 
	template_version_id VARCHAR NOT NULL, 
	person_id VARCHAR NOT NULL, 
	window_start DATE NOT NULL, 
	window_end DATE NOT NULL, 
	scenario VARCHAR NOT NULL, 
	scenario_en VARCHAR NOT NULL, 
	purchase_profile VARCHAR NOT NULL, 
	purchase_profile_en VARCHAR NOT NULL, 
	announced BOOLEAN NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	decline_reason VARCHAR NOT NULL, 
	call_id VARCHAR(36) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE attachment (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	visit_id VARCHAR, 
	plan_id VARCHAR, 
	appeal_id VARCHAR, 
	question VARCHAR(40) NOT NULL, 
	repeat INTEGER NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	mime VARCHAR(60) NOT NULL, 
	taken_at DATETIME, 
	place JSON, 
	label VARCHAR NOT NULL, 
	original_sha256 VARCHAR(64) NOT NULL, 
	marks JSON NOT NULL, 
	removed BOOLEAN NOT NULL, 
	stored_at DATETIME, 
	PRIMARY KEY (id)
);
CREATE TABLE cached_view (
	"key" VARCHAR NOT NULL, 
	body JSON NOT NULL, 
	fetched_at VARCHAR(30) NOT NULL, 
	PRIMARY KEY ("key")
);
CREATE TABLE call_attempt (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	assignment_id VARCHAR NOT NULL, 
	person_id VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	day_part VARCHAR(12) NOT NULL, 
	disposition VARCHAR(16) NOT NULL, 
	call_again_at DATETIME, 
	note VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE call_task (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	dealer_id VARCHAR NOT NULL, 
	person_id VARCHAR NOT NULL, 
	customer_id VARCHAR(36) NOT NULL, 
	vehicle_id VARCHAR(36) NOT NULL, 
	name VARCHAR NOT NULL, 
	phone VARCHAR(32) NOT NULL, 
	plate VARCHAR(17) NOT NULL, 
	model VARCHAR NOT NULL, 
	employee VARCHAR NOT NULL, 
	reason VARCHAR(16) NOT NULL, 
	event_day DATE NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE cause (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	plan_id VARCHAR NOT NULL, 
	plan_item_id VARCHAR NOT NULL, 
	category VARCHAR(24) NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	text VARCHAR NOT NULL, 
	evidence JSON NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE correction (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	visit_id VARCHAR NOT NULL, 
	question VARCHAR(40) NOT NULL, 
	repeat INTEGER NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	value JSON, 
	revision INTEGER NOT NULL, 
	reason VARCHAR NOT NULL, 
	author_id VARCHAR, 
	made_at DATETIME, 
	before_state VARCHAR(10) NOT NULL, 
	before_value JSON, 
	score_before VARCHAR(24), 
	score_after VARCHAR(24), 
	appeal_id VARCHAR(36) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE dealer (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	code VARCHAR(20) NOT NULL, 
	name VARCHAR NOT NULL, 
	name_en VARCHAR NOT NULL, 
	region_id VARCHAR NOT NULL, 
	city VARCHAR NOT NULL, 
	city_en VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	latitude FLOAT, 
	longitude FLOAT, 
	active BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE employee (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	dealer_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	position VARCHAR(20) NOT NULL, 
	active BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE focus (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	assignment_id VARCHAR NOT NULL, 
	dealer_id VARCHAR NOT NULL, 
	person_id VARCHAR NOT NULL, 
	items JSON NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE item (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	name VARCHAR NOT NULL, 
	name_en VARCHAR NOT NULL, 
	short VARCHAR NOT NULL, 
	short_en VARCHAR NOT NULL, 
	stage VARCHAR(24) NOT NULL, 
	rater VARCHAR(16) NOT NULL, 
	target VARCHAR(24), 
	causes JSON NOT NULL, 
	active BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE kept_op (
	place INTEGER NOT NULL, 
	op_id VARCHAR(36) NOT NULL, 
	epoch VARCHAR(36) NOT NULL, 
	seq INTEGER NOT NULL, 
	aggregate_id VARCHAR(36) NOT NULL, 
	entity VARCHAR(24) NOT NULL, 
	row_id VARCHAR(36) NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	base_version INTEGER NOT NULL, 
	fields JSON NOT NULL, 
	hlc VARCHAR(64) NOT NULL, 
	template_version VARCHAR(36), 
	schema_version INTEGER NOT NULL, 
	wall_time VARCHAR(30) NOT NULL, 
	utc_offset INTEGER NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	attempts INTEGER NOT NULL, 
	problem JSON, 
	confirmed_at VARCHAR(30) NOT NULL, 
	PRIMARY KEY (place)
);
CREATE TABLE media_file (
	sha256 VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	mime VARCHAR(60) NOT NULL, 
	created_at VARCHAR(30) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	upload_url TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_try VARCHAR(30) NOT NULL, 
	problem JSON, 
	stored_at VARCHAR(30) NOT NULL, 
	PRIMARY KEY (sha256)
);
INSERT INTO "media_file" VALUES('abababababababababababababababababababababababababababababababab',10,'image/jpeg','2026-11-03T02:00:00.000Z','pending','',0,'',NULL,'');
CREATE TABLE outbox_op (
	op_id VARCHAR(36) NOT NULL, 
	epoch VARCHAR(36) NOT NULL, 
	seq INTEGER NOT NULL, 
	aggregate_id VARCHAR(36) NOT NULL, 
	entity VARCHAR(24) NOT NULL, 
	row_id VARCHAR(36) NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	base_version INTEGER NOT NULL, 
	fields JSON NOT NULL, 
	hlc VARCHAR(64) NOT NULL, 
	template_version VARCHAR(36), 
	schema_version INTEGER NOT NULL, 
	wall_time VARCHAR(30) NOT NULL, 
	utc_offset INTEGER NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	attempts INTEGER NOT NULL, 
	problem JSON, 
	confirmed_at VARCHAR(30) NOT NULL, 
	PRIMARY KEY (op_id), 
	UNIQUE (epoch, seq)
);
INSERT INTO "outbox_op" VALUES('01a19f22-7d00-7414-9fb5-355e1e2feb89','01a19f22-7d00-7cd6-8409-f134c386bbc4',1,'0193a000-0000-7000-8000-0000000000aa','visit','0193a000-0000-7000-8000-0000000000aa','create',0,'{"assignment_id": null, "dealer_id": "0193a000-0000-7000-8000-000000000002", "template_version_id": "0193a000-0000-7000-8000-000000000005", "person_id": "0193a000-0000-7000-8000-000000000001", "source": "shop", "visit_date": null, "started_at": null, "ended_at": null, "zone": "", "start_place": null, "end_place": null, "consultant": "", "note": ""}','1793671200000.00000.01a19f22-7d00-7cd6-8409-f134c386bbc4',NULL,3,'2026-11-03T02:00:00.000Z',480,'pending',1,NULL,'');
INSERT INTO "outbox_op" VALUES('01a19f22-7d00-7c2c-9e39-44187311d8a3','01a19f22-7d00-7cd6-8409-f134c386bbc4',2,'0193a000-0000-7000-8000-0000000000aa','answer','0193a000-0000-7000-8000-0000000000ab','create',0,'{"visit_id": "0193a000-0000-7000-8000-0000000000aa", "question": "F1", "repeat": 0, "state": "answered", "value": "yes", "comment": "", "answered_at": null}','1793671200000.00001.01a19f22-7d00-7cd6-8409-f134c386bbc4',NULL,3,'2026-11-03T02:00:00.000Z',480,'pending',1,NULL,'');
INSERT INTO "outbox_op" VALUES('01a19f22-7d00-7a6c-b27a-7185612e7696','01a19f22-7d00-7cd6-8409-f134c386bbc4',3,'0193a000-0000-7000-8000-0000000000aa','visit','0193a000-0000-7000-8000-0000000000aa','update',0,'{"note": "unsent"}','1793671200000.00002.01a19f22-7d00-7cd6-8409-f134c386bbc4',NULL,3,'2026-11-03T02:00:00.000Z',480,'pending',0,NULL,'');
CREATE TABLE person (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	position VARCHAR NOT NULL, 
	home_dealer_id VARCHAR, 
	active BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE "plan" (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	number VARCHAR(24) NOT NULL, 
	dealer_id VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	trigger_month VARCHAR(7) NOT NULL, 
	author_id VARCHAR, 
	created_at DATETIME, 
	published_at DATETIME, 
	closed_at DATETIME, 
	summary VARCHAR NOT NULL, 
	approval_note VARCHAR NOT NULL, 
	approved_by VARCHAR, 
	approved_at DATETIME, 
	PRIMARY KEY (id)
);
CREATE TABLE plan_item (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	plan_id VARCHAR NOT NULL, 
	item_id VARCHAR NOT NULL, 
	finding JSON NOT NULL, 
	verdict VARCHAR(16) NOT NULL, 
	evaluation JSON, 
	PRIMARY KEY (id)
);
CREATE TABLE region (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	code VARCHAR(20) NOT NULL, 
	name VARCHAR NOT NULL, 
	name_en VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "region" VALUES('0193a000-0000-7000-8000-000000000003',1,'N','北区','North');
CREATE TABLE reminder (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	person_id VARCHAR NOT NULL, 
	dealer_id VARCHAR NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	subject_id VARCHAR(36) NOT NULL, 
	plan_id VARCHAR, 
	action_id VARCHAR, 
	step VARCHAR(12) NOT NULL, 
	due_on DATE NOT NULL, 
	days_late INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE review_note (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	visit_id VARCHAR NOT NULL, 
	question VARCHAR(40) NOT NULL, 
	text VARCHAR NOT NULL, 
	author_id VARCHAR, 
	created_at DATETIME, 
	reply VARCHAR NOT NULL, 
	replied_at DATETIME, 
	PRIMARY KEY (id)
);
CREATE TABLE role_grant (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	person_id VARCHAR NOT NULL, 
	role VARCHAR(12) NOT NULL, 
	scope_kind VARCHAR(8) NOT NULL, 
	scope_id VARCHAR(36) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE shadow_row (
	entity VARCHAR(24) NOT NULL, 
	row_id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	deleted BOOLEAN NOT NULL, 
	fields JSON, 
	PRIMARY KEY (entity, row_id)
);
CREATE TABLE snapshot_seen (
	entity VARCHAR(24) NOT NULL, 
	row_id VARCHAR(36) NOT NULL, 
	PRIMARY KEY (entity, row_id)
);
CREATE TABLE sync_state (
	id INTEGER NOT NULL, 
	device_id VARCHAR(36) NOT NULL, 
	epoch VARCHAR(36) NOT NULL, 
	seq INTEGER NOT NULL, 
	hlc VARCHAR(64) NOT NULL, 
	cursor TEXT NOT NULL, 
	snapshot BOOLEAN NOT NULL, 
	skew_ms INTEGER NOT NULL, 
	digest_after VARCHAR(36) NOT NULL, 
	last_success VARCHAR(30) NOT NULL, 
	counters JSON NOT NULL, 
	server_epoch VARCHAR(36) NOT NULL, 
	safe_until VARCHAR(30) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "sync_state" VALUES(1,'01a19f22-7d00-7226-b63c-5ab791b7584a','01a19f22-7d00-7cd6-8409-f134c386bbc4',3,'1793671200000.00002.01a19f22-7d00-7cd6-8409-f134c386bbc4','1',0,0,'','','{"rows_received": 1, "unreadable": 0}','','');
CREATE TABLE template (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	title VARCHAR NOT NULL, 
	title_en VARCHAR NOT NULL, 
	source VARCHAR(12) NOT NULL, 
	retired BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE template_version (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	template_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	status VARCHAR(10) NOT NULL, 
	document JSON NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	published_at DATETIME, 
	PRIMARY KEY (id)
);
CREATE TABLE test_drive (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	visit_id VARCHAR NOT NULL, 
	offered VARCHAR(12) NOT NULL, 
	car_model VARCHAR NOT NULL, 
	plate VARCHAR(16) NOT NULL, 
	mileage_km INTEGER, 
	car_clean VARCHAR(4) NOT NULL, 
	car_equipped VARCHAR(4) NOT NULL, 
	fuel_enough VARCHAR(4) NOT NULL, 
	licence_checked VARCHAR(4) NOT NULL, 
	agreement_signed VARCHAR(4) NOT NULL, 
	route_explained VARCHAR(4) NOT NULL, 
	consultant_drove_first VARCHAR(4) NOT NULL, 
	safe_change_over VARCHAR(4) NOT NULL, 
	route VARCHAR NOT NULL, 
	demonstrated JSON NOT NULL, 
	impressions VARCHAR NOT NULL, 
	debrief VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE test_drive_event (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	visit_id VARCHAR NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	at DATETIME, 
	first_at DATETIME, 
	correction_reason VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE visit (
	id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	assignment_id VARCHAR, 
	dealer_id VARCHAR NOT NULL, 
	template_version_id VARCHAR NOT NULL, 
	person_id VARCHAR NOT NULL, 
	source VARCHAR(12) NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	visit_date DATE, 
	started_at DATETIME, 
	ended_at DATETIME, 
	submitted_at DATETIME, 
	zone VARCHAR NOT NULL, 
	start_place JSON, 
	end_place JSON, 
	consultant VARCHAR NOT NULL, 
	note VARCHAR NOT NULL, 
	score VARCHAR(24), 
	revision INTEGER NOT NULL, 
	moves JSON NOT NULL, 
	manifest JSON, 
	evidence_complete BOOLEAN NOT NULL, 
	reviewed_by VARCHAR, 
	reviewed_at DATETIME, 
	review_note VARCHAR NOT NULL, 
	reply_due_at DATETIME, 
	final_score VARCHAR(24), 
	PRIMARY KEY (id)
);
INSERT INTO "visit" VALUES('0193a000-0000-7000-8000-0000000000aa',0,NULL,'0193a000-0000-7000-8000-000000000002','0193a000-0000-7000-8000-000000000005','0193a000-0000-7000-8000-000000000001','shop','draft',NULL,NULL,NULL,NULL,'',NULL,NULL,'','unsent',NULL,0,'[]',NULL,0,NULL,NULL,'',NULL,NULL);
CREATE INDEX ix_outbox_op_state ON outbox_op (state);
CREATE INDEX ix_outbox_op_aggregate_id ON outbox_op (aggregate_id);
CREATE INDEX outbox_op_row ON outbox_op (entity, row_id, seq);
CREATE INDEX ix_media_file_state ON media_file (state);
CREATE INDEX ix_dealer_region_id ON dealer (region_id);
CREATE INDEX ix_person_home_dealer_id ON person (home_dealer_id);
CREATE INDEX ix_role_grant_person_id ON role_grant (person_id);
CREATE INDEX ix_employee_dealer_id ON employee (dealer_id);
CREATE INDEX ix_item_stage ON item (stage);
CREATE INDEX ix_template_version_template_id ON template_version (template_id);
CREATE INDEX ix_assignment_dealer_id ON assignment (dealer_id);
CREATE INDEX ix_assignment_person_id ON assignment (person_id);
CREATE INDEX ix_call_task_dealer_id ON call_task (dealer_id);
CREATE INDEX ix_call_task_customer_id ON call_task (customer_id);
CREATE INDEX ix_call_task_person_id ON call_task (person_id);
CREATE INDEX ix_call_task_status ON call_task (status);
CREATE INDEX ix_call_attempt_assignment_id ON call_attempt (assignment_id);
CREATE INDEX ix_focus_dealer_id ON focus (dealer_id);
CREATE INDEX ix_visit_dealer_id ON visit (dealer_id);
CREATE INDEX ix_visit_status ON visit (status);
CREATE INDEX ix_visit_assignment_id ON visit (assignment_id);
CREATE INDEX ix_visit_person_id ON visit (person_id);
CREATE INDEX ix_test_drive_visit_id ON test_drive (visit_id);
CREATE INDEX ix_test_drive_event_visit_id ON test_drive_event (visit_id);
CREATE INDEX ix_review_note_visit_id ON review_note (visit_id);
CREATE INDEX ix_correction_visit_id ON correction (visit_id);
CREATE INDEX ix_appeal_status ON appeal (status);
CREATE INDEX ix_appeal_dealer_id ON appeal (dealer_id);
CREATE INDEX ix_appeal_visit_id ON appeal (visit_id);
CREATE INDEX ix_plan_dealer_id ON "plan" (dealer_id);
CREATE INDEX ix_plan_status ON "plan" (status);
CREATE INDEX ix_attachment_visit_id ON attachment (visit_id);
CREATE INDEX ix_attachment_sha256 ON attachment (sha256);
CREATE INDEX ix_attachment_plan_id ON attachment (plan_id);
CREATE INDEX ix_attachment_appeal_id ON attachment (appeal_id);
CREATE INDEX ix_plan_item_plan_id ON plan_item (plan_id);
CREATE INDEX ix_plan_item_item_id ON plan_item (item_id);
CREATE INDEX ix_cause_plan_id ON cause (plan_id);
CREATE INDEX ix_cause_plan_item_id ON cause (plan_item_id);
CREATE INDEX ix_action_plan_item_id ON action (plan_item_id);
CREATE INDEX ix_action_status ON action (status);
CREATE INDEX ix_action_plan_id ON action (plan_id);
CREATE INDEX ix_action_owner_id ON action (owner_id);
CREATE INDEX ix_action_supervisor_id ON action (supervisor_id);
CREATE INDEX ix_action_progress_action_id ON action_progress (action_id);
CREATE INDEX ix_action_progress_plan_id ON action_progress (plan_id);
CREATE INDEX ix_action_request_status ON action_request (status);
CREATE INDEX ix_action_request_action_id ON action_request (action_id);
CREATE INDEX ix_action_request_plan_id ON action_request (plan_id);
CREATE INDEX ix_reminder_person_id ON reminder (person_id);
CREATE INDEX ix_reminder_action_id ON reminder (action_id);
