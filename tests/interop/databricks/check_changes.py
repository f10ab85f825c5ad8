# SPDX-License-Identifier: Apache-2.0
"""What clients make and change: clusters, warehouses, catalogs, schemas, permissions, grants; users
and groups; exports without a format. Each leaves the workspace as it was."""
import base64
import datetime
import io

from databricks.sdk.errors import (BadRequest, InvalidParameterValue, NotFound,
                                   ResourceAlreadyExists)
from databricks.sdk.service import catalog, compute, iam, sql, workspace

from checks import check, client, equal, refused

WAIT = datetime.timedelta(minutes=2)
NAME = "Prüfung 日本"


@check
def made_clusters():
    made = client.clusters.create_and_wait(
        spark_version="16.4.x-scala2.12", cluster_name=NAME, node_type_id="i3.xlarge",
        autoscale=compute.AutoScale(min_workers=1, max_workers=2), timeout=WAIT)
    equal((made.state, made.cluster_name), (compute.State.RUNNING, NAME))
    sized = client.clusters.resize_and_wait(made.cluster_id, num_workers=3, timeout=WAIT)
    equal((sized.num_workers, sized.autoscale), (3, None))
    edited = client.clusters.edit_and_wait(made.cluster_id, "17.1.x-scala2.13",
                                           node_type_id="m5d.large", num_workers=1, timeout=WAIT)
    equal(edited.spark_version, "17.1.x-scala2.13")
    types = [e.type for e in client.clusters.events(made.cluster_id)]
    assert compute.EventType.RESIZING in types and compute.EventType.EDITED in types, types
    client.clusters.permanent_delete(made.cluster_id)
    refused(InvalidParameterValue, client.clusters.create, "16.4.x-scala2.12")


@check
def made_warehouses():
    made = client.warehouses.create_and_wait(name=NAME, cluster_size="Small", max_num_clusters=2,
                                             auto_stop_mins=10, timeout=WAIT)
    equal((made.name, made.state, made.max_num_clusters), (NAME, sql.State.RUNNING, 2))
    answer = client.statement_execution.execute_statement("SELECT 40 + 2", made.id)
    equal(answer.result.data_array, [["42"]])
    refused(ResourceAlreadyExists, client.warehouses.create, name=NAME, cluster_size="Small")
    client.warehouses.delete(made.id)
    refused(NotFound, client.warehouses.get, made.id)


@check
def made_catalogs_and_schemas():
    made = client.catalogs.create("bücher", comment="o'brien's")
    equal((made.name, made.comment), ("bücher", "o'brien's"))
    refused(BadRequest, client.catalogs.create, "bücher")
    schema = client.schemas.create("regal", "bücher")
    equal([s.full_name for s in client.schemas.list("bücher") if s.name == "regal"],
          [schema.full_name])
    refused(NotFound, client.schemas.create, "x", "attic")
    client.schemas.delete("bücher.regal")
    client.catalogs.delete("bücher", force=True)
    refused(NotFound, client.catalogs.get, "bücher")


@check
def permissions_of_a_job():
    before = client.jobs.get_permissions("482911")
    owner = iam.AccessControlRequest(user_name="ann@example.com",
                                     permission_level=iam.PermissionLevel.IS_OWNER)
    viewer = iam.AccessControlRequest(group_name="users",
                                      permission_level=iam.PermissionLevel.CAN_VIEW)
    client.permissions.set("jobs", "482911", access_control_list=[owner, viewer])
    client.permissions.set("jobs", "482911", access_control_list=[owner])
    after = client.permissions.get("jobs", "482911")
    equal([(a.user_name, a.all_permissions[0].permission_level) for a in after.access_control_list],
          [("ann@example.com", iam.PermissionLevel.IS_OWNER)])
    equal(before.object_id, after.object_id)
    assert len(client.jobs.get_permission_levels("482911").permission_levels) > 2
    refused(BadRequest, client.permissions.set, "jobs", "482911", access_control_list=[viewer])


@check
def grants_on_a_table():
    table = ("table", "main.sales.orders")
    client.grants.update(*table, changes=[catalog.PermissionsChange(
        principal="Prüfer", add=[catalog.Privilege.SELECT])])
    granted = client.grants.get(*table).privilege_assignments
    equal([(g.principal, g.privileges) for g in granted], [("Prüfer", [catalog.Privilege.SELECT])])
    equal(client.grants.get_effective(*table).privilege_assignments[0].privileges[0].privilege,
          catalog.Privilege.SELECT)
    client.grants.update(*table, changes=[catalog.PermissionsChange(
        principal="Prüfer", remove=[catalog.Privilege.SELECT])])
    equal(client.grants.get(*table).privilege_assignments or [], [])


@check
def users_and_groups():
    names = [u.user_name for u in client.users.list()]
    assert "ann@example.com" in names and len(names) == len(set(names)), names
    found = list(client.users.list(filter='userName eq "bob@example.com"'))
    equal([u.user_name for u in found], ["bob@example.com"])
    equal(client.users.get(found[0].id).display_name, "Bob")
    assert "users" in [g.display_name for g in client.groups.list()]


@check
def exports_without_a_format():
    path = f"/Users/ann@example.com/{NAME}.txt"
    client.workspace.upload(path, io.BytesIO("größe\n".encode()),
                            format=workspace.ImportFormat.AUTO, overwrite=True)
    equal(base64.b64decode(client.workspace.export(path).content).decode(), "größe\n")
    with client.workspace.download(path, format=workspace.ExportFormat.AUTO) as file:
        equal(file.read().decode(), "größe\n")
    client.workspace.delete(path)


@check
def a_git_folder_has_one_id():
    for repo in client.repos.list(path_prefix="/Repos"):
        equal(client.workspace.get_status(repo.path).object_id, repo.id)
