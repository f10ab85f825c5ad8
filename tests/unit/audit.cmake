lakehost_unit_test(audit SOURCES test_audit.c audit_rig.c folder.c CORE audit base LABELS concurrency)
lakehost_unit_test(audit_verify SOURCES test_audit_verify.c audit_rig.c folder.c CORE audit base)
