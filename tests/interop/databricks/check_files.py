# SPDX-License-Identifier: Apache-2.0
"""DBFS, volumes through the Files API, secrets."""
import base64
import io
import os
import tempfile

from databricks.sdk.errors import (
    AlreadyExists, BadRequest, InvalidParameterValue, NotFound, PermissionDenied,
    ResourceAlreadyExists, ResourceDoesNotExist)
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.workspace import AclPermission

from checks import check, client, equal, refused

VOLUME = "/Volumes/main/default/exports"


@check
def dbfs_streams():
    data = os.urandom(3 * 1024 * 1024 + 17)
    with client.dbfs.open("/sdk/data.bin", write=True, overwrite=True) as file:
        file.write(data)
    with client.dbfs.open("/sdk/data.bin", read=True) as file:
        equal(file.read(), data)
    equal(client.dbfs.get_status("/sdk/data.bin").file_size, len(data))
    refused(ResourceAlreadyExists, client.dbfs.create, "/sdk/data.bin")


@check
def dbfs_tree():
    client.dbfs.mkdirs("/sdk/a/b")
    client.dbfs.put("/sdk/a/f", contents=base64.b64encode(b"x").decode())
    equal([f.path for f in client.dbfs.list("/sdk/a")], ["/sdk/a/b", "/sdk/a/f"])
    equal([f.path for f in client.dbfs.list("/sdk", recursive=True)], ["/sdk/data.bin", "/sdk/a/f"])
    client.dbfs.move("/sdk/a/f", "/sdk/g")
    assert client.dbfs.exists("/sdk/g")
    client.dbfs.delete("/sdk", recursive=True)
    refused(ResourceDoesNotExist, client.dbfs.get_status, "/sdk/g")


@check
def volume_files():
    client.files.upload(VOLUME + "/sdk/one.txt", io.BytesIO(b"one"), overwrite=False)
    refused(AlreadyExists, client.files.upload, VOLUME + "/sdk/one.txt", io.BytesIO(b"two"),
            overwrite=False)
    client.files.upload(VOLUME + "/sdk/one.txt", io.BytesIO(b"three"), overwrite=True)
    equal(client.files.download(VOLUME + "/sdk/one.txt").contents.read(), b"three")
    equal(client.files.get_metadata(VOLUME + "/sdk/one.txt").content_length, 5)
    refused(NotFound, client.files.get_metadata, VOLUME + "/sdk/none")
    refused(NotFound, client.files.download, VOLUME + "/sdk/none")


@check
def large_volume_file():
    data = os.urandom(1024 * 1024) * 52          # over the SDK's limit for one request
    client.files.upload(VOLUME + "/sdk/large.bin", io.BytesIO(data), overwrite=True)
    with tempfile.TemporaryDirectory() as folder:
        client.files.download_to(VOLUME + "/sdk/large.bin", folder + "/copy")
        with open(folder + "/copy", "rb") as file:
            equal(file.read() == data, True)
    client.files.delete(VOLUME + "/sdk/large.bin")


@check
def volume_folders():
    client.files.create_directory(VOLUME + "/sdk/d")
    client.files.get_directory_metadata(VOLUME + "/sdk/d")
    for i in range(7):
        client.files.upload(f"{VOLUME}/sdk/d/{i}.txt", io.BytesIO(b"x"))
    names = [e.name for e in client.files.list_directory_contents(VOLUME + "/sdk/d", page_size=3)]
    equal(names, [f"{i}.txt" for i in range(7)])
    error = refused(BadRequest, client.files.delete_directory, VOLUME + "/sdk/d")
    equal(error.get_error_info()[0].reason, "FILES_API_DIRECTORY_IS_NOT_EMPTY")
    for name in names:
        client.files.delete(f"{VOLUME}/sdk/d/{name}")
    client.files.delete_directory(VOLUME + "/sdk/d")
    refused(NotFound, client.files.get_directory_metadata, VOLUME + "/sdk/d")


@check
def one_interface_for_all_files():
    with client.dbfs.open(VOLUME + "/sdk/io.txt", write=True, overwrite=True) as file:
        file.write(b"through the mixin")
    with client.dbfs.download(VOLUME + "/sdk/io.txt") as file:
        equal(file.read(-1), b"through the mixin")


@check
def volumes():
    made = client.volumes.create("main", "default", "from_sdk", VolumeType.MANAGED, comment="c")
    equal(client.volumes.read("main.default.from_sdk").volume_id, made.volume_id)
    assert "from_sdk" in [v.name for v in client.volumes.list("main", "default", max_results=2)]
    equal(client.volumes.update("main.default.from_sdk", comment="d").comment, "d")
    client.volumes.delete("main.default.from_sdk")
    refused(NotFound, client.volumes.read, "main.default.from_sdk")


@check
def secrets():
    client.secrets.create_scope("sdk")
    client.secrets.put_secret("sdk", "text", string_value="valuable")
    client.secrets.put_secret("sdk", "bytes", bytes_value=base64.b64encode(b"\0\1").decode())
    equal(base64.b64decode(client.secrets.get_secret("sdk", "text").value), b"valuable")
    equal([s.key for s in client.secrets.list_secrets("sdk")], ["bytes", "text"])
    equal(client.secrets.get_acl("sdk", "ann@example.com").permission, AclPermission.MANAGE)
    client.secrets.delete_secret("sdk", "bytes")
    refused(ResourceDoesNotExist, client.secrets.get_secret, "sdk", "bytes")
    refused(ResourceAlreadyExists, client.secrets.create_scope, "sdk")
    refused(BadRequest, client.secrets.put_secret, "vault", "k", string_value="v")
    refused(InvalidParameterValue, client.secrets.put_secret, "sdk", "a b", string_value="v")
    client.secrets.delete_scope("sdk")
