-- The tables of an iRODS 5.0.2 catalog. Widths are in characters as in a real one; indexed columns of 2,700 are
-- bounded in bytes there, by the size of an index page.

CREATE TABLE R_ZONE_MAIN (
    zone_id INTEGER NOT NULL,
    zone_name TEXT NOT NULL CHECK (length(zone_name) <= 250),
    zone_type_name TEXT NOT NULL CHECK (length(zone_type_name) <= 250),
    zone_conn_string TEXT CHECK (length(zone_conn_string) <= 1000),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_USER_MAIN (
    user_id INTEGER NOT NULL,
    user_name TEXT NOT NULL CHECK (length(user_name) <= 250),
    user_type_name TEXT NOT NULL CHECK (length(user_type_name) <= 250),
    zone_name TEXT NOT NULL CHECK (length(zone_name) <= 250),
    user_info TEXT CHECK (length(user_info) <= 1000),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_USER_GROUP (
    group_user_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_USER_PASSWORD (
    user_id INTEGER NOT NULL,
    rcat_password TEXT NOT NULL CHECK (length(rcat_password) <= 250),
    pass_expiry_ts TEXT NOT NULL CHECK (length(pass_expiry_ts) <= 32),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_USER_SESSION_KEY (
    user_id INTEGER NOT NULL,
    session_key TEXT NOT NULL CHECK (length(session_key) <= 1000),
    session_info TEXT CHECK (length(session_info) <= 1000),
    auth_scheme TEXT NOT NULL CHECK (length(auth_scheme) <= 250),
    session_expiry_ts TEXT NOT NULL CHECK (length(session_expiry_ts) <= 32),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_USER_AUTH (
    user_id INTEGER NOT NULL,
    user_auth_name TEXT CHECK (length(user_auth_name) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32)
);

CREATE TABLE R_RESC_MAIN (
    resc_id INTEGER NOT NULL,
    resc_name TEXT NOT NULL CHECK (length(resc_name) <= 250),
    zone_name TEXT NOT NULL CHECK (length(zone_name) <= 250),
    resc_type_name TEXT NOT NULL CHECK (length(resc_type_name) <= 250),
    resc_class_name TEXT NOT NULL CHECK (length(resc_class_name) <= 250),
    resc_net TEXT NOT NULL CHECK (length(resc_net) <= 250),
    resc_def_path TEXT NOT NULL CHECK (length(resc_def_path) <= 1000),
    free_space TEXT CHECK (length(free_space) <= 250),
    free_space_ts TEXT CHECK (length(free_space_ts) <= 32),
    resc_info TEXT CHECK (length(resc_info) <= 1000),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    resc_status TEXT CHECK (length(resc_status) <= 32),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32),
    resc_children TEXT CHECK (length(resc_children) <= 1000),
    resc_context TEXT CHECK (length(resc_context) <= 1000),
    resc_parent TEXT CHECK (length(resc_parent) <= 1000),
    resc_objcount INTEGER DEFAULT 0,
    resc_parent_context TEXT CHECK (length(resc_parent_context) <= 4000),
    modify_ts_millis TEXT DEFAULT '000' CHECK (length(modify_ts_millis) <= 3)
);

CREATE TABLE R_RESC_GROUP (
    resc_group_id INTEGER NOT NULL,
    resc_group_name TEXT NOT NULL CHECK (length(resc_group_name) <= 250),
    resc_id INTEGER NOT NULL,
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_COLL_MAIN (
    coll_id INTEGER NOT NULL,
    parent_coll_name TEXT NOT NULL CHECK (length(CAST(parent_coll_name AS BLOB)) <= 2700),
    coll_name TEXT NOT NULL CHECK (length(CAST(coll_name AS BLOB)) <= 2700),
    coll_owner_name TEXT NOT NULL CHECK (length(coll_owner_name) <= 250),
    coll_owner_zone TEXT NOT NULL CHECK (length(coll_owner_zone) <= 250),
    coll_map_id INTEGER DEFAULT 0,
    coll_inheritance TEXT CHECK (length(coll_inheritance) <= 1000),
    coll_type TEXT DEFAULT '0' CHECK (length(coll_type) <= 250),
    coll_info1 TEXT DEFAULT '0' CHECK (length(coll_info1) <= 2700),
    coll_info2 TEXT DEFAULT '0' CHECK (length(coll_info2) <= 2700),
    coll_expiry_ts TEXT CHECK (length(coll_expiry_ts) <= 32),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_DATA_MAIN (
    data_id INTEGER NOT NULL,
    coll_id INTEGER NOT NULL,
    data_name TEXT NOT NULL CHECK (length(data_name) <= 1000),
    data_repl_num INTEGER NOT NULL,
    data_version TEXT DEFAULT '0' CHECK (length(data_version) <= 250),
    data_type_name TEXT NOT NULL CHECK (length(data_type_name) <= 250),
    data_size INTEGER NOT NULL,
    resc_group_name TEXT CHECK (length(resc_group_name) <= 250),
    resc_name TEXT NOT NULL CHECK (length(resc_name) <= 250),
    data_path TEXT NOT NULL CHECK (length(CAST(data_path AS BLOB)) <= 2700),
    data_owner_name TEXT NOT NULL CHECK (length(data_owner_name) <= 250),
    data_owner_zone TEXT NOT NULL CHECK (length(data_owner_zone) <= 250),
    data_is_dirty INTEGER DEFAULT 0,
    data_status TEXT CHECK (length(data_status) <= 250),
    data_checksum TEXT CHECK (length(data_checksum) <= 1000),
    data_expiry_ts TEXT CHECK (length(data_expiry_ts) <= 32),
    data_map_id INTEGER DEFAULT 0,
    data_mode TEXT CHECK (length(data_mode) <= 32),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32),
    resc_hier TEXT CHECK (length(resc_hier) <= 1000),
    resc_id INTEGER,
    access_ts TEXT DEFAULT '0' CHECK (length(access_ts) <= 32)
);

CREATE TABLE R_META_MAIN (
    meta_id INTEGER NOT NULL,
    meta_namespace TEXT CHECK (length(meta_namespace) <= 250),
    meta_attr_name TEXT NOT NULL CHECK (length(CAST(meta_attr_name AS BLOB)) <= 2700),
    meta_attr_value TEXT NOT NULL CHECK (length(CAST(meta_attr_value AS BLOB)) <= 2700),
    meta_attr_unit TEXT CHECK (length(meta_attr_unit) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_OBJT_METAMAP (
    object_id INTEGER NOT NULL,
    meta_id INTEGER NOT NULL,
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_OBJT_ACCESS (
    object_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    access_type_id INTEGER NOT NULL,
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_OBJT_AUDIT (
    object_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    action_id INTEGER NOT NULL,
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_TOKN_MAIN (
    token_namespace TEXT NOT NULL CHECK (length(token_namespace) <= 250),
    token_id INTEGER NOT NULL,
    token_name TEXT NOT NULL CHECK (length(token_name) <= 250),
    token_value TEXT CHECK (length(token_value) <= 250),
    token_value2 TEXT CHECK (length(token_value2) <= 250),
    token_value3 TEXT CHECK (length(token_value3) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_RULE_MAIN (
    rule_id INTEGER NOT NULL,
    rule_version TEXT DEFAULT '0' CHECK (length(rule_version) <= 250),
    rule_base_name TEXT NOT NULL CHECK (length(rule_base_name) <= 250),
    rule_name TEXT NOT NULL CHECK (length(rule_name) <= 2700),
    rule_event TEXT NOT NULL CHECK (length(rule_event) <= 2700),
    rule_condition TEXT CHECK (length(rule_condition) <= 2700),
    rule_body TEXT NOT NULL CHECK (length(rule_body) <= 2700),
    rule_recovery TEXT NOT NULL CHECK (length(rule_recovery) <= 2700),
    rule_status INTEGER DEFAULT 1,
    rule_owner_name TEXT NOT NULL CHECK (length(rule_owner_name) <= 250),
    rule_owner_zone TEXT NOT NULL CHECK (length(rule_owner_zone) <= 250),
    rule_descr_1 TEXT CHECK (length(rule_descr_1) <= 2700),
    rule_descr_2 TEXT CHECK (length(rule_descr_2) <= 2700),
    input_params TEXT CHECK (length(input_params) <= 2700),
    output_params TEXT CHECK (length(output_params) <= 2700),
    dollar_vars TEXT CHECK (length(dollar_vars) <= 2700),
    icat_elements TEXT CHECK (length(icat_elements) <= 2700),
    sideeffects TEXT CHECK (length(sideeffects) <= 2700),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_RULE_BASE_MAP (
    map_version TEXT DEFAULT '0' CHECK (length(map_version) <= 250),
    map_base_name TEXT NOT NULL CHECK (length(map_base_name) <= 250),
    map_priority INTEGER NOT NULL,
    rule_id INTEGER NOT NULL,
    map_owner_name TEXT NOT NULL CHECK (length(map_owner_name) <= 250),
    map_owner_zone TEXT NOT NULL CHECK (length(map_owner_zone) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_RULE_DVM (
    dvm_id INTEGER NOT NULL,
    dvm_version TEXT DEFAULT '0' CHECK (length(dvm_version) <= 250),
    dvm_base_name TEXT NOT NULL CHECK (length(dvm_base_name) <= 250),
    dvm_ext_var_name TEXT NOT NULL CHECK (length(dvm_ext_var_name) <= 250),
    dvm_condition TEXT CHECK (length(dvm_condition) <= 2700),
    dvm_int_map_path TEXT NOT NULL CHECK (length(dvm_int_map_path) <= 2700),
    dvm_status INTEGER DEFAULT 1,
    dvm_owner_name TEXT NOT NULL CHECK (length(dvm_owner_name) <= 250),
    dvm_owner_zone TEXT NOT NULL CHECK (length(dvm_owner_zone) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_RULE_DVM_MAP (
    map_dvm_version TEXT DEFAULT '0' CHECK (length(map_dvm_version) <= 250),
    map_dvm_base_name TEXT NOT NULL CHECK (length(map_dvm_base_name) <= 250),
    dvm_id INTEGER NOT NULL,
    map_owner_name TEXT NOT NULL CHECK (length(map_owner_name) <= 250),
    map_owner_zone TEXT NOT NULL CHECK (length(map_owner_zone) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_RULE_FNM (
    fnm_id INTEGER NOT NULL,
    fnm_version TEXT DEFAULT '0' CHECK (length(fnm_version) <= 250),
    fnm_base_name TEXT NOT NULL CHECK (length(fnm_base_name) <= 250),
    fnm_ext_func_name TEXT NOT NULL CHECK (length(fnm_ext_func_name) <= 250),
    fnm_int_func_name TEXT NOT NULL CHECK (length(fnm_int_func_name) <= 2700),
    fnm_status INTEGER DEFAULT 1,
    fnm_owner_name TEXT NOT NULL CHECK (length(fnm_owner_name) <= 250),
    fnm_owner_zone TEXT NOT NULL CHECK (length(fnm_owner_zone) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_RULE_FNM_MAP (
    map_fnm_version TEXT DEFAULT '0' CHECK (length(map_fnm_version) <= 250),
    map_fnm_base_name TEXT NOT NULL CHECK (length(map_fnm_base_name) <= 250),
    fnm_id INTEGER NOT NULL,
    map_owner_name TEXT NOT NULL CHECK (length(map_owner_name) <= 250),
    map_owner_zone TEXT NOT NULL CHECK (length(map_owner_zone) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_MICROSRVC_MAIN (
    msrvc_id INTEGER NOT NULL,
    msrvc_name TEXT NOT NULL CHECK (length(msrvc_name) <= 250),
    msrvc_module_name TEXT NOT NULL CHECK (length(msrvc_module_name) <= 250),
    msrvc_signature TEXT NOT NULL CHECK (length(msrvc_signature) <= 2700),
    msrvc_doxygen TEXT NOT NULL CHECK (length(msrvc_doxygen) <= 2500),
    msrvc_variations TEXT NOT NULL CHECK (length(msrvc_variations) <= 2500),
    msrvc_owner_name TEXT NOT NULL CHECK (length(msrvc_owner_name) <= 250),
    msrvc_owner_zone TEXT NOT NULL CHECK (length(msrvc_owner_zone) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_MICROSRVC_VER (
    msrvc_id INTEGER NOT NULL,
    msrvc_version TEXT DEFAULT '0' CHECK (length(msrvc_version) <= 250),
    msrvc_host TEXT DEFAULT 'ALL' CHECK (length(msrvc_host) <= 250),
    msrvc_location TEXT CHECK (length(msrvc_location) <= 500),
    msrvc_language TEXT DEFAULT 'C' CHECK (length(msrvc_language) <= 250),
    msrvc_type_name TEXT DEFAULT 'IRODS COMPILED' CHECK (length(msrvc_type_name) <= 250),
    msrvc_status INTEGER DEFAULT 1,
    msrvc_owner_name TEXT NOT NULL CHECK (length(msrvc_owner_name) <= 250),
    msrvc_owner_zone TEXT NOT NULL CHECK (length(msrvc_owner_zone) <= 250),
    r_comment TEXT CHECK (length(r_comment) <= 1000),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_RULE_EXEC (
    rule_exec_id INTEGER NOT NULL,
    rule_name TEXT NOT NULL CHECK (length(rule_name) <= 2700),
    rei_file_path TEXT CHECK (length(rei_file_path) <= 2700),
    user_name TEXT CHECK (length(user_name) <= 250),
    exe_address TEXT CHECK (length(exe_address) <= 250),
    exe_time TEXT CHECK (length(exe_time) <= 32),
    exe_frequency TEXT CHECK (length(exe_frequency) <= 250),
    priority TEXT CHECK (length(priority) <= 32),
    estimated_exe_time TEXT CHECK (length(estimated_exe_time) <= 32),
    notification_addr TEXT CHECK (length(notification_addr) <= 250),
    last_exe_time TEXT CHECK (length(last_exe_time) <= 32),
    exe_status TEXT CHECK (length(exe_status) <= 32),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32),
    exe_context TEXT,
    lock_host TEXT DEFAULT '' CHECK (length(lock_host) <= 300),
    lock_host_pid TEXT DEFAULT '' CHECK (length(lock_host_pid) <= 16),
    lock_ts TEXT DEFAULT '' CHECK (length(lock_ts) <= 32)
);

CREATE TABLE R_SERVER_LOAD (
    host_name TEXT NOT NULL CHECK (length(host_name) <= 250),
    resc_name TEXT NOT NULL CHECK (length(resc_name) <= 250),
    cpu_used INTEGER,
    mem_used INTEGER,
    swap_used INTEGER,
    runq_load INTEGER,
    disk_space INTEGER,
    net_input INTEGER,
    net_output INTEGER,
    create_ts TEXT CHECK (length(create_ts) <= 32)
);

CREATE TABLE R_SERVER_LOAD_DIGEST (
    resc_name TEXT NOT NULL CHECK (length(resc_name) <= 250),
    load_factor INTEGER,
    create_ts TEXT CHECK (length(create_ts) <= 32)
);

CREATE TABLE R_QUOTA_MAIN (
    user_id INTEGER,
    resc_id INTEGER,
    quota_limit INTEGER,
    quota_over INTEGER,
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_QUOTA_USAGE (
    user_id INTEGER,
    resc_id INTEGER,
    quota_usage INTEGER,
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_SPECIFIC_QUERY (
    alias TEXT CHECK (length(alias) <= 1000),
    sqlStr TEXT CHECK (length(sqlStr) <= 2700),
    create_ts TEXT CHECK (length(create_ts) <= 32)
);

CREATE TABLE R_TICKET_MAIN (
    ticket_id INTEGER NOT NULL,
    ticket_string TEXT CHECK (length(ticket_string) <= 100),
    ticket_type TEXT CHECK (length(ticket_type) <= 20),
    user_id INTEGER NOT NULL,
    object_id INTEGER NOT NULL,
    object_type TEXT CHECK (length(object_type) <= 16),
    uses_limit INTEGER DEFAULT 0,
    uses_count INTEGER DEFAULT 0,
    write_file_limit INTEGER DEFAULT 10,
    write_file_count INTEGER DEFAULT 0,
    write_byte_limit INTEGER DEFAULT 0,
    write_byte_count INTEGER DEFAULT 0,
    ticket_expiry_ts TEXT CHECK (length(ticket_expiry_ts) <= 32),
    restrictions TEXT CHECK (length(restrictions) <= 16),
    create_ts TEXT CHECK (length(create_ts) <= 32),
    modify_ts TEXT CHECK (length(modify_ts) <= 32)
);

CREATE TABLE R_TICKET_ALLOWED_HOSTS (
    ticket_id INTEGER NOT NULL,
    host TEXT CHECK (length(host) <= 32)
);

CREATE TABLE R_TICKET_ALLOWED_USERS (
    ticket_id INTEGER NOT NULL,
    user_name TEXT NOT NULL CHECK (length(user_name) <= 250)
);

CREATE TABLE R_TICKET_ALLOWED_GROUPS (
    ticket_id INTEGER NOT NULL,
    group_name TEXT NOT NULL CHECK (length(group_name) <= 250)
);

CREATE TABLE R_GRID_CONFIGURATION (
    namespace TEXT CHECK (length(namespace) <= 2700),
    option_name TEXT CHECK (length(option_name) <= 2700),
    option_value TEXT CHECK (length(option_value) <= 2700)
);

-- One sequence numbers all objects.
CREATE TABLE R_OBJECTID (next_id INTEGER NOT NULL);
INSERT INTO R_OBJECTID VALUES (10000);

CREATE UNIQUE INDEX idx_zone_main1 ON R_ZONE_MAIN (zone_name);
CREATE UNIQUE INDEX idx_user_main1 ON R_USER_MAIN (user_id);
CREATE UNIQUE INDEX idx_user_main2 ON R_USER_MAIN (user_name, zone_name);
CREATE UNIQUE INDEX idx_user_group1 ON R_USER_GROUP (group_user_id, user_id);
CREATE INDEX idx_user_group2 ON R_USER_GROUP (user_id);
CREATE UNIQUE INDEX idx_resc_main1 ON R_RESC_MAIN (resc_id);
CREATE UNIQUE INDEX idx_resc_main2 ON R_RESC_MAIN (zone_name, resc_name);
CREATE UNIQUE INDEX idx_coll_main1 ON R_COLL_MAIN (coll_id);
CREATE UNIQUE INDEX idx_coll_main2 ON R_COLL_MAIN (coll_name);
CREATE UNIQUE INDEX idx_coll_main3 ON R_COLL_MAIN (parent_coll_name, coll_name);
CREATE INDEX idx_data_main1 ON R_DATA_MAIN (data_id);
CREATE UNIQUE INDEX idx_data_main2 ON R_DATA_MAIN (coll_id, data_name, data_repl_num, data_version);
CREATE INDEX idx_data_main3 ON R_DATA_MAIN (data_name);
CREATE INDEX idx_data_main4 ON R_DATA_MAIN (data_path);
CREATE INDEX idx_data_main5 ON R_DATA_MAIN (data_is_dirty);
CREATE UNIQUE INDEX idx_meta_main1 ON R_META_MAIN (meta_id);
CREATE INDEX idx_meta_main2 ON R_META_MAIN (meta_attr_name);
CREATE INDEX idx_meta_main3 ON R_META_MAIN (meta_attr_value);
CREATE UNIQUE INDEX idx_objt_metamap1 ON R_OBJT_METAMAP (object_id, meta_id);
CREATE INDEX idx_objt_metamap2 ON R_OBJT_METAMAP (meta_id);
CREATE UNIQUE INDEX idx_objt_access1 ON R_OBJT_ACCESS (object_id, user_id);
CREATE INDEX idx_tokn_main1 ON R_TOKN_MAIN (token_id);
CREATE INDEX idx_tokn_main2 ON R_TOKN_MAIN (token_namespace, token_name);
CREATE UNIQUE INDEX idx_rule_exec1 ON R_RULE_EXEC (rule_exec_id);
CREATE UNIQUE INDEX idx_ticket_main1 ON R_TICKET_MAIN (ticket_string);
CREATE UNIQUE INDEX idx_ticket_allowed_hosts1 ON R_TICKET_ALLOWED_HOSTS (ticket_id, host);
CREATE UNIQUE INDEX idx_ticket_allowed_users1 ON R_TICKET_ALLOWED_USERS (ticket_id, user_name);
CREATE UNIQUE INDEX idx_ticket_allowed_groups1 ON R_TICKET_ALLOWED_GROUPS (ticket_id, group_name);
CREATE UNIQUE INDEX idx_grid_configuration1 ON R_GRID_CONFIGURATION (namespace, option_name);

INSERT INTO R_TOKN_MAIN (token_namespace, token_id, token_name, token_value, token_value2, token_value3, r_comment,
                         create_ts, modify_ts) VALUES
    ('token_namespace', 0, 'zone_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 1, 'user_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 2, 'data_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 3, 'resc_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 4, 'action_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 5, 'rulexec_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 6, 'access_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 7, 'object_type', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 8, 'resc_class', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 9, 'coll_map', '', '', '', '', '1170000000', '1170000000'),
    ('token_namespace', 10, 'auth_scheme_type', '', '', '', '', '1170000000', '1170000000'),
    ('zone_type', 100, 'local', '', 'native zone of this iCAT', '', '', '1170000000', '1170000000'),
    ('zone_type', 101, 'remote', '', 'foreign zone', '', '', '1170000000', '1170000000'),
    ('user_type', 200, 'rodsgroup', '', 'rods group users', '', '', '1170000000', '1170000000'),
    ('user_type', 201, 'rodsadmin', '', 'rods administrators', '', '', '1170000000', '1170000000'),
    ('user_type', 202, 'rodsuser', '', 'normal rods user', '', '', '1170000000', '1170000000'),
    ('user_type', 204, 'groupadmin', '', 'user group administrators', '', '', '1170000000', '1170000000'),
    ('object_type', 300, 'data', '', '', '', '', '1170000000', '1170000000'),
    ('object_type', 301, 'resource', '', '', '', '', '1170000000', '1170000000'),
    ('object_type', 302, 'user', '', '', '', '', '1170000000', '1170000000'),
    ('object_type', 303, 'rule', '', '', '', '', '1170000000', '1170000000'),
    ('object_type', 304, 'metadata', '', '', '', '', '1170000000', '1170000000'),
    ('object_type', 305, 'zone', '', '', '', '', '1170000000', '1170000000'),
    ('object_type', 306, 'collection', '', '', '', '', '1170000000', '1170000000'),
    ('object_type', 307, 'token', '', '', '', '', '1170000000', '1170000000'),
    ('resc_type', 400, 'unixfilesystem', '', '', '', '', '1170000000', '1170000000'),
    ('resc_type', 401, 'hpss file system', '', '', '', '', '1170000000', '1170000000'),
    ('resc_type', 402, 'windows file system', '', '', '', '', '1170000000', '1170000000'),
    ('resc_type', 403, 's3', '', '', '', '', '1250100000', '1250100000'),
    ('resc_type', 404, 'MSS universal driver', '', '', '', '', '1250100000', '1250100000'),
    ('resc_type', 405, 'database', '', '', '', '', '1288631300', '1288631300'),
    ('resc_type', 406, 'mso', '', '', '', '', '1312910000', '1312910000'),
    ('rulexec_type', 600, 'immediate', '', '', '', '', '1170000000', '1170000000'),
    ('rulexec_type', 601, 'delayed', '', '', '', '', '1170000000', '1170000000'),
    ('rulexec_type', 602, 'queued', '', '', '', '', '1170000000', '1170000000'),
    ('rulexec_type', 603, 'before', '', '', '', '', '1170000000', '1170000000'),
    ('rulexec_type', 604, 'after', '', '', '', '', '1170000000', '1170000000'),
    ('rulexec_type', 605, 'concurrent', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1000, 'null', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1010, 'execute', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1020, 'read annotation', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1030, 'read system metadata', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1040, 'read_metadata', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1050, 'read_object', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1060, 'write annotation', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1070, 'create_metadata', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1080, 'modify_metadata', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1090, 'delete_metadata', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1100, 'administer object', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1110, 'create_object', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1120, 'modify_object', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1130, 'delete_object', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1140, 'create token', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1150, 'delete token', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1160, 'curate', '', '', '', '', '1170000000', '1170000000'),
    ('access_type', 1200, 'own', '', '', '', '', '1170000000', '1170000000'),
    ('coll_map', 1400, 'generic', '', '', '', '', '1170000000', '1170000000'),
    ('coll_map', 1401, 'direct', '', '', '', '', '1170000000', '1170000000'),
    ('coll_map', 1402, 'hard link', '', '', '', '', '1170000000', '1170000000'),
    ('coll_map', 1403, 'soft link', '', '', '', '', '1170000000', '1170000000'),
    ('auth_scheme_type', 1500, 'SPASSWORD', '', '', '', '', '1170000000', '1170000000'),
    ('auth_scheme_type', 1501, 'GSI', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1600, 'generic', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1601, 'text', 'text/text', '|.txt|', '', '', '1170000000', '1170000000'),
    ('data_type', 1602, 'ascii text', 'text/text', '|.txt|', '', '', '1170000000', '1170000000'),
    ('data_type', 1603, 'ascii compressed Lempel-Ziv', '', '|.z|.zip|.gz|', '', '', '1170000000', '1170000000'),
    ('data_type', 1604, 'ascii compressed Huffman', '', '|.z|.zip|.gz|', '', '', '1170000000', '1170000000'),
    ('data_type', 1605, 'ebcdic text', 'text/text', '|.txt|', '', '', '1170000000', '1170000000'),
    ('data_type', 1606, 'ebcdic compressed Lempel-Ziv', '', '|.z|.zip|.gz|', '', '', '1170000000', '1170000000'),
    ('data_type', 1607, 'ebcdic compressed Huffman', '', '|.z|.zip|.gz|', '', '', '1170000000', '1170000000'),
    ('data_type', 1608, 'image', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1609, 'tiff image', 'image/tiff', '|.tif|.tiff|', '', '', '1170000000', '1170000000'),
    ('data_type', 1610, 'uuencoded tiff', 'text/text', '|.uu|', '', '', '1170000000', '1170000000'),
    ('data_type', 1611, 'gif image', 'image/gif', '|.gif|', '', '', '1170000000', '1170000000'),
    ('data_type', 1612, 'jpeg image', 'image/jpeg', '|.jpeg|.jpg|', '', '', '1170000000', '1170000000'),
    ('data_type', 1613, 'pbm image', 'image/pbm', '|.pbm|', '', '', '1170000000', '1170000000'),
    ('data_type', 1614, 'fig image', 'image/fig', '|.fig|', '', '', '1170000000', '1170000000'),
    ('data_type', 1615, 'FITS image', 'application/x-fits', '|.fits|.fit|', '', '', '1170000000', '1170000000'),
    ('data_type', 1616, 'DICOM image', 'application/dicom', '|.IMA|.ima|', '', '', '1170000000', '1170000000'),
    ('data_type', 1617, 'print-format', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1618, 'LaTeX format', 'text/text', '|.tex|', '', '', '1170000000', '1170000000'),
    ('data_type', 1619, 'Troff format', 'text/text', '|.trf|.trof|', '', '', '1170000000', '1170000000'),
    ('data_type', 1620, 'Postscript format', 'application/postscript', '|.ps|', '', '', '1170000000', '1170000000'),
    ('data_type', 1621, 'DVI format', 'application/dvi', '|.dvi|', '', '', '1170000000', '1170000000'),
    ('data_type', 1622, 'Word format', 'application/msword', '|.doc|.rtf|', '', '', '1170000000', '1170000000'),
    ('data_type', 1623, 'program code', 'text/text', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1624, 'SQL script', 'text/text', '|.sql|', '', '', '1170000000', '1170000000'),
    ('data_type', 1625, 'C code', 'text/text', '|.c|', '', '', '1170000000', '1170000000'),
    ('data_type', 1626, 'C include file', 'text/text', '|.c|', '', '', '1170000000', '1170000000'),
    ('data_type', 1627, 'fortran code', 'text/text', '|.f|', '', '', '1170000000', '1170000000'),
    ('data_type', 1628, 'object code', '', '|.o|', '', '', '1170000000', '1170000000'),
    ('data_type', 1629, 'library code', '', '|.a|', '', '', '1170000000', '1170000000'),
    ('data_type', 1630, 'data file', '', '|.dat|', '', '', '1170000000', '1170000000'),
    ('data_type', 1631, 'html', 'text/html', '|.htm|.html|', '', '', '1170000000', '1170000000'),
    ('data_type', 1632, 'SGML File', 'text/sgml', '|.sgm|.sgml|', '', '', '1170000000', '1170000000'),
    ('data_type', 1633, 'Wave Audio', 'audio/x-wav', '|.wav|', '', '', '1170000000', '1170000000'),
    ('data_type', 1634, 'tar file', 'text/text', '|.tar|', '', '', '1170000000', '1170000000'),
    ('data_type', 1635, 'compressed tar file', '|.tz|.tgz|.zip|', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1636, 'java code', 'text/text', '|.jav|.java|', '', '', '1170000000', '1170000000'),
    ('data_type', 1637, 'perl script', 'text/text', '|.pl|', '', '', '1170000000', '1170000000'),
    ('data_type', 1638, 'tcl script', 'text/text', '|.tcl|', '', '', '1170000000', '1170000000'),
    ('data_type', 1639, 'link code', '', '|.o|', '', '', '1170000000', '1170000000'),
    ('data_type', 1640, 'shadow object', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1641, 'database shadow object', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1642, 'directory shadow object', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1643, 'database', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1644, 'streams', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1645, 'audio streams', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1646, 'realAudio', 'audio/x-pn-realaudio', '|.ra|', '', '', '1170000000', '1170000000'),
    ('data_type', 1647, 'video streams', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1648, 'realVideo', 'audio/x-pn-realaudio', '|.rv|', '', '', '1170000000', '1170000000'),
    ('data_type', 1649, 'MPEG', 'video/mpeg', '|.mpeg|.mpg|', '', '', '1170000000', '1170000000'),
    ('data_type', 1650, 'AVI', 'video/msvideo', '|.avi|', '', '', '1170000000', '1170000000'),
    ('data_type', 1651, 'PNG-Portable Network Graphics', 'image/png', '|.png|', '', '', '1170000000', '1170000000'),
    ('data_type', 1652, 'MP3 - MPEG Audio', 'audio/x-mpeg', '|.mp3|.mpa|', '', '', '1170000000', '1170000000'),
    ('data_type', 1653, 'WMV-Windows Media Video', 'video/x-wmv', '|.wmv|', '', '', '1170000000', '1170000000'),
    ('data_type', 1654, 'BMP -Bit Map', 'image/bmp', '|.bmp|', '', '', '1170000000', '1170000000'),
    ('data_type', 1655, 'CSS-Cascading Style Sheet', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1656, 'xml', 'text/xml', '|.xml|', '', '', '1170000000', '1170000000'),
    ('data_type', 1657, 'Slide', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1658, 'Power Point Slide', 'application/vnd.ms-powerpoint', '|.ppt|', '', '', '1170000000', '1170000000'),
    ('data_type', 1659, 'Spread Sheet', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1660, 'Excel Spread Sheet', 'application/x-msexcel', '|.xls|', '', '', '1170000000', '1170000000'),
    ('data_type', 1661, 'Document', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1622, 'MSWord Document', 'application/msword', '|.doc|.rtf|', '', '', '1170000000', '1170000000'),
    ('data_type', 1663, 'PDF Document', 'application/pdf', '|.pdf|', '', '', '1170000000', '1170000000'),
    ('data_type', 1664, 'Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1665, 'NT Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1666, 'Solaris Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1667, 'AIX Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1668, 'Mac Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1669, 'Mac OSX Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1670, 'Cray Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1671, 'SGI Executable', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1672, 'DLL', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1673, 'NT DLL', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1674, 'Solaris DLL', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1675, 'AIX DLL', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1676, 'Mac DLL', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1677, 'Cray DLL', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1678, 'SGI DLL', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1679, 'Movie', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1680, 'MPEG Movie', 'video/mpeg', '|.mpeg|.mpg|', '', '', '1170000000', '1170000000'),
    ('data_type', 1681, 'MPEG 3 Movie', 'video/mpeg', '|.mpeg|.mpg|', '', '', '1170000000', '1170000000'),
    ('data_type', 1682, 'Quicktime Movie', 'video/quicktime', '|.mov|', '', '', '1170000000', '1170000000'),
    ('data_type', 1683, 'compressed file', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1684, 'compressed mmCIF file', '', '|.cif|.mmcif|', '', '', '1170000000', '1170000000'),
    ('data_type', 1685, 'compressed PDB file', '', '|.pdb|', '', '', '1170000000', '1170000000'),
    ('data_type', 1686, 'binary file', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1687, 'URL', 'text/html', '|.htm|.html|', '', '', '1170000000', '1170000000'),
    ('data_type', 1688, 'NSF Award Abstracts', 'text/text', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1689, 'email', 'text/text', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1690, 'orb data', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1691, 'datascope data', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1692, 'DICOM header', '', '', '', '', '1170000000', '1170000000'),
    ('data_type', 1693, 'XML Schema', 'text/xml', '|.xsd|', '', '', '1170000000', '1170000000'),
    ('data_type', 1694, 'tar bundle', '', '', '', '', '1250100000', '1250100000'),
    ('data_type', 1695, 'database object', 'text', '', '', '', '1288631300', '1288631300'),
    ('data_type', 1696, 'mso', '', '', '', '', '1312910000', '1312910000'),
    ('data_type', 1697, 'gzipTar', '', '|.tar.gz|', '', '', '1324000000', '1324000000'),
    ('data_type', 1698, 'bzip2Tar', '', '|.tar.bz2|', '', '', '1324000000', '1324000000'),
    ('data_type', 1699, 'gzipFile', '', '|.gz|', '', '', '1324000000', '1324000000'),
    ('data_type', 1700, 'bzip2File', '', '|.bz2|', '', '', '1324000000', '1324000000'),
    ('data_type', 1701, 'zipFile', '', '|.zip|', '', '', '1324000000', '1324000000'),
    ('data_type', 1702, 'gzipTar bundle', '', '', '', '', '1324000000', '1324000000'),
    ('data_type', 1703, 'bzip2Tar bundle', '', '', '', '', '1324000000', '1324000000'),
    ('data_type', 1704, 'zipFile bundle', '', '', '', '', '1324000000', '1324000000'),
    ('data_type', 1705, 'msso file', '', '', '', '', '1324000000', '1324000000'),
    ('action_type', 1800, 'generic', '', '', '', '', '1170000000', '1170000000');
INSERT INTO R_SPECIFIC_QUERY (alias, sqlStr, create_ts) VALUES
    ('ls', 'select alias, sqlStr from R_SPECIFIC_QUERY', '01292940000'),
    ('lsl', 'select alias, sqlStr from R_SPECIFIC_QUERY where sqlStr like ?', '01292940000'),
    ('listQueryByAliasLike', 'SELECT alias, sqlStr FROM R_SPECIFIC_QUERY WHERE alias LIKE ?', '1388534400'),
    ('findQueryByAlias', 'SELECT alias, sqlStr FROM R_SPECIFIC_QUERY WHERE alias = ?', '1388534400'),
    ('ShowCollAcls',
     'select distinct u.user_name, u.zone_name, t.token_name, u.user_type_name from R_COLL_MAIN c join R_OBJT_ACCESS a on a.object_id = c.coll_id join R_USER_MAIN u on u.user_id = a.user_id join R_TOKN_MAIN t on t.token_id = a.access_type_id and t.token_namespace = ''access_type'' where c.coll_name = ?',
     '01342019000'),
    ('ilsLACollections',
     'select c.parent_coll_name, c.coll_name, c.create_ts, c.modify_ts, c.coll_id, c.coll_owner_name, c.coll_owner_zone, c.coll_type, u.user_name, u.zone_name, a.access_type_id, u.user_id from R_COLL_MAIN c join R_OBJT_ACCESS a on a.object_id = c.coll_id join R_USER_MAIN u on u.user_id = a.user_id where c.parent_coll_name = ? order by c.coll_name, u.user_name, a.access_type_id DESC LIMIT ? OFFSET ?',
     '1388534400'),
    ('ilsLADataObjects',
     'select c.coll_name, d.data_name, d.create_ts, d.modify_ts, d.data_id, d.data_size, d.data_repl_num, d.data_owner_name, d.data_owner_zone, u.user_name, u.user_id, a.access_type_id, u.user_type_name, u.zone_name from R_COLL_MAIN c join R_DATA_MAIN d on d.coll_id = c.coll_id join R_OBJT_ACCESS a on a.object_id = d.data_id join R_USER_MAIN u on u.user_id = a.user_id where c.coll_name = ? order by c.coll_name, d.data_name, u.user_name, a.access_type_id DESC LIMIT ? OFFSET ?',
     '1388534400'),
    ('listSharedCollectionsOwnedByUser',
     'select distinct c.coll_id, c.parent_coll_name, c.coll_name, c.coll_owner_name, c.coll_owner_zone, m.meta_attr_name, m.meta_attr_value, m.meta_attr_unit from R_COLL_MAIN c join R_OBJT_METAMAP o on o.object_id = c.coll_id join R_META_MAIN m on m.meta_id = o.meta_id where m.meta_attr_unit = ''iRODSUserTagging:Share'' and c.coll_owner_name = ? and c.coll_owner_zone = ? order by c.parent_coll_name, c.coll_name',
     '1388534400'),
    ('listSharedCollectionsSharedWithUser',
     'select distinct c.coll_id, c.parent_coll_name, c.coll_name, c.coll_owner_name, c.coll_owner_zone, m.meta_attr_name, m.meta_attr_value, m.meta_attr_unit, u.user_name, u.zone_name, a.access_type_id from R_COLL_MAIN c join R_OBJT_METAMAP o on o.object_id = c.coll_id join R_META_MAIN m on m.meta_id = o.meta_id join R_OBJT_ACCESS a on a.object_id = c.coll_id join R_USER_MAIN u on u.user_id = a.user_id where m.meta_attr_unit = ''iRODSUserTagging:Share'' and u.user_name = ? and u.zone_name = ? and c.coll_owner_name <> ? order by c.parent_coll_name, c.coll_name',
     '1388534400'),
    ('listUserACLForDataObjViaGroup',
     'select u.user_name, u.user_id, a.access_type_id, u.user_type_name, u.zone_name, c.coll_name, d.data_name, h.user_name, d.data_name, c.coll_name from R_DATA_MAIN d join R_COLL_MAIN c on c.coll_id = d.coll_id join R_OBJT_ACCESS a on a.object_id = d.data_id join R_USER_GROUP g on g.group_user_id = a.user_id join R_USER_MAIN h on h.user_id = g.group_user_id join R_USER_MAIN u on u.user_id = g.user_id where c.coll_name = ? and d.data_name = ? and u.user_name = ? order by c.coll_name, d.data_name, u.user_name, a.access_type_id desc',
     '1388534400'),
    ('listUserACLForCollectionViaGroup',
     'select u.user_name, u.user_id, a.access_type_id, u.user_type_name, u.zone_name, c.coll_name, h.user_name, c.coll_name from R_COLL_MAIN c join R_OBJT_ACCESS a on a.object_id = c.coll_id join R_USER_GROUP g on g.group_user_id = a.user_id join R_USER_MAIN h on h.user_id = g.group_user_id join R_USER_MAIN u on u.user_id = g.user_id where c.coll_name = ? and u.user_name = ? order by c.coll_name, u.user_name, a.access_type_id desc',
     '1388534400'),
    ('DataObjInCollReCur',
     'select distinct d.data_id, c.coll_name, d.data_name, d.data_repl_num, d.resc_name, d.data_path, d.resc_id from R_DATA_MAIN d join R_COLL_MAIN c on c.coll_id = d.coll_id where c.coll_name = ? or c.coll_name like ? order by c.coll_name, d.data_name, d.data_repl_num',
     '1388534400'),
    ('listGroupsForUser',
     'select g.group_user_id, u.user_name from R_USER_GROUP g join R_USER_MAIN u on u.user_id = g.group_user_id where u.user_type_name = ''rodsgroup'' and g.user_id = (select user_id from R_USER_MAIN where user_name = ? and user_type_name <> ''rodsgroup'')',
     '1580297960');

INSERT INTO R_GRID_CONFIGURATION VALUES
    ('database', 'schema_version', '12'),
    ('delay_server', 'leader', 'localhost'),
    ('delay_server', 'successor', ''),
    ('authentication', 'password_extend_lifetime', '1'),
    ('authentication', 'password_min_time', '121'),
    ('authentication', 'password_max_time', '1209600'),
    ('access_time', 'queue_name_prefix', 'irods_access_time_queue_'),
    ('access_time', 'queue_size', '20000'),
    ('access_time', 'batch_size', '20000'),
    ('access_time', 'resolution_in_seconds', '86400');
