# SPDX-License-Identifier: Apache-2.0
"""Who we are, clusters, warehouses, statements, Unity Catalog."""
import datetime
import json
import os

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceDoesNotExist, Unauthenticated
from databricks.sdk.service import compute, sql

from checks import check, client, equal, refused


@check
def current_user():
    equal(client.current_user.me().user_name, "ann@example.com")
    assert client.get_workspace_id() > 0


@check
def client_credentials():
    with open(os.environ["SANDBOX_DIR"] + "/oauth-client.json", encoding="utf-8") as file:
        secret = json.load(file)
    machine = WorkspaceClient(host=client.config.host, client_id=secret["client_id"],
                              client_secret=secret["client_secret"], auth_type="oauth-m2m")
    equal(machine.current_user.me().active, True)


@check
def refused_tokens():
    def me(token):
        return WorkspaceClient(host=client.config.host, token=token).current_user.me()

    refused((PermissionDenied, Unauthenticated), me, "dapi-invalid-token")


@check
def clusters_in_pages():
    everything = list(client.clusters.list())
    paged = list(client.clusters.list(page_size=5))
    equal([c.cluster_id for c in everything], [c.cluster_id for c in paged])
    running = list(client.clusters.list(filter_by=compute.ListClustersFilterBy(
        cluster_states=[compute.State.RUNNING])))
    assert 0 < len(running) < len(everything)


@check
def cluster_start_and_stop():
    cluster = client.clusters.start_and_wait(
        "sandbox-terminated", timeout=datetime.timedelta(minutes=2))
    equal(cluster.state, compute.State.RUNNING)
    cluster = client.clusters.delete_and_wait(
        "sandbox-terminated", timeout=datetime.timedelta(minutes=2))
    equal(cluster.state, compute.State.TERMINATED)
    client.clusters.ensure_cluster_is_running("sandbox-terminated")
    refused(ResourceDoesNotExist, client.clusters.get, "no-such-cluster")


@check
def warehouse_start_and_stop():
    stopped = next(w for w in client.warehouses.list() if w.state == sql.State.STOPPED)
    equal(client.warehouses.start_and_wait(stopped.id).state, sql.State.RUNNING)
    equal(client.warehouses.stop_and_wait(stopped.id).state, sql.State.STOPPED)


@check
def statement():
    warehouse = next(w for w in client.warehouses.list() if w.state == sql.State.RUNNING)
    answer = client.statement_execution.execute_statement(
        "SELECT COUNT(*) AS n FROM main.sales.orders WHERE status = :s", warehouse.id,
        parameters=[sql.StatementParameterListItem(name="s", value="PAID")])
    equal(answer.status.state, sql.StatementState.SUCCEEDED)
    equal(answer.manifest.schema.columns[0].name, "n")
    assert int(answer.result.data_array[0][0]) > 0
    refused(NotFound, client.statement_execution.get_statement, "01f00000-0000-0000-0000-000000000000")


@check
def catalog():
    names = [c.name for c in client.catalogs.list()]
    assert "main" in names, names
    schemas = [s.name for s in client.schemas.list("main")]
    assert "sales" in schemas, schemas
    tables = [t.name for t in client.tables.list("main", "sales")]
    assert "orders" in tables, tables
    columns = [c.name for c in client.tables.get("main.sales.orders").columns]
    assert "order_id" in columns, columns
    refused(NotFound, client.tables.get, "main.sales.nothing")
