# SPDX-License-Identifier: Apache-2.0
"""Workspace objects, notebooks, Git folders."""
import base64
import io
import json

from databricks.sdk.errors import (
    BadRequest, DatabricksError, NotFound, PermissionDenied, ResourceAlreadyExists,
    ResourceDoesNotExist)
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType

from checks import check, client, equal, refused

HOME = "/Users/ann@example.com/"
SOURCE = b"# Databricks notebook source\nprint('sdk')\n"


@check
def list_recursively():
    found = {o.path: o for o in client.workspace.list(HOME, recursive=True)}
    equal(found[HOME + "etl/02_transform"].language, Language.SQL)
    equal(found[HOME + "notes.txt"].object_type, ObjectType.FILE)
    refused(ResourceDoesNotExist, list, client.workspace.list("/nowhere"))


@check
def upload_and_download():
    client.workspace.upload(HOME + "from_sdk.py", SOURCE, format=ImportFormat.AUTO, overwrite=True)
    equal(client.workspace.get_status(HOME + "from_sdk").object_type, ObjectType.NOTEBOOK)
    equal(client.workspace.download(HOME + "from_sdk").read(), SOURCE)
    refused(ResourceAlreadyExists, client.workspace.upload, HOME + "from_sdk.py", SOURCE,
            format=ImportFormat.AUTO)
    client.workspace.upload(HOME + "raw.bin", io.BytesIO(bytes(range(256))),
                            format=ImportFormat.AUTO, overwrite=True)
    equal(client.workspace.download(HOME + "raw.bin", format=ExportFormat.AUTO).read(),
          bytes(range(256)))


@check
def import_and_export():
    content = base64.b64encode(b"select 1").decode()
    client.workspace.import_(HOME + "q", content=content, format=ImportFormat.SOURCE,
                             language=Language.SQL, overwrite=True)
    exported = client.workspace.export(HOME + "q", format=ExportFormat.SOURCE)
    equal(base64.b64decode(exported.content), b"-- Databricks notebook source\nselect 1\n")
    refused(NotFound, client.workspace.import_, "/Users/nobody/x", content=content,
            format=ImportFormat.AUTO)
    refused(BadRequest, client.workspace.export, HOME + "notes.txt", format=ExportFormat.SOURCE)


@check
def outputs_of_a_notebook():
    def notebook(outputs):
        # SDK 0.162 has no argument for "outputs" any more; the REST API has.
        answer = client.api_client.do("GET", "/api/2.0/workspace/export", query={
            "path": HOME + "Revenue by country", "format": "JUPYTER", "outputs": outputs})
        return json.loads(base64.b64decode(answer["content"]))

    equal(any(c.get("outputs") for c in notebook("ALL")["cells"]), True)
    equal(any(c.get("outputs") for c in notebook("NONE")["cells"]), False)


@check
def folders():
    client.workspace.mkdirs(HOME + "sdk/a/b")
    refused(DatabricksError, client.workspace.delete, HOME + "sdk")
    client.workspace.delete(HOME + "sdk", recursive=True)
    refused(ResourceDoesNotExist, client.workspace.get_status, HOME + "sdk")
    refused(PermissionDenied, client.workspace.mkdirs, "/Shared/read-only/x")


@check
def repos():
    made = [client.repos.create(f"https://git.example.com/sdk/r{i}.git", "gitHub").id
            for i in range(25)]
    assert len(list(client.repos.list())) >= 27
    equal(len(list(client.repos.list(path_prefix="/Users"))), 1)
    client.repos.update(made[0], branch="dev")
    equal(client.repos.get(made[0]).branch, "dev")
    for repo in made:
        client.repos.delete(repo)
    refused(ResourceDoesNotExist, client.repos.get, made[0])
