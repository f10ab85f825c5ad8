"""Where the plugins differ from the service classes of the official SDK, and why that is right:
(METHOD, path, what): why."""
DIFFERENCES = {
    ('GET', '/api/2.0/workspace/export', 'query direct_download'):
        'the SDK sends it too, in WorkspaceExt.download() of databricks/sdk/mixins',
    ('GET', '/api/2.0/workspace/export', 'query outputs'):
        'REST API reference, workspace/export: outputs=ALL exports the results of notebook cells',
    ('POST', '/api/2.0/workspace-files/import-file/{+}', 'unknown path'):
        'not in the SDK; the official command line writes workspace files so '
        '(libs/filer/workspace_files_client.go of databricks/cli)',
}
