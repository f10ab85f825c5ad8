#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks whether the parts of the Kustomize base fit together: what kustomization.yaml names is there, and
the selectors, ports, volumes and the scaled object name what exists.

    tests/packages/kubernetes.py FOLDER      with PyYAML
"""
import pathlib
import sys

import yaml


def faults(folder):
    base = yaml.safe_load((folder / "kustomization.yaml").read_text())
    files = set(base["resources"])
    there = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    for name in files ^ there:
        yield f"kustomization.yaml and the folder disagree about {name}"
    for generator in base["configMapGenerator"]:
        for name in generator["files"]:
            if not (folder / name).exists():
                yield f"{name} of the ConfigMap is missing"
    parts = {}
    for name in files & there:
        part = yaml.safe_load((folder / name).read_text())
        parts[part["kind"]] = part["spec"] if "spec" in part else part
        if part["metadata"]["name"] != "lakehost":
            yield f"{name}: every object has the name lakehost"
    pod = parts["Deployment"]["template"]
    labels = pod["metadata"]["labels"].items()
    for kind, selector in (("Deployment", parts["Deployment"]["selector"]["matchLabels"]),
                           ("Service", parts["Service"]["selector"]),
                           ("PodDisruptionBudget",
                            parts["PodDisruptionBudget"]["selector"]["matchLabels"]),
                           ("NetworkPolicy", parts["NetworkPolicy"]["podSelector"]["matchLabels"])):
        if not selector.items() <= labels:
            yield f"{kind}: its selector does not match the pods"
    scaled = parts["HorizontalPodAutoscaler"]["scaleTargetRef"]
    if (scaled["kind"], scaled["name"]) != ("Deployment", "lakehost"):
        yield "HorizontalPodAutoscaler: it does not scale the Deployment"
    if parts["PodDisruptionBudget"]["minAvailable"] >= parts["HorizontalPodAutoscaler"]["minReplicas"]:
        yield "PodDisruptionBudget: no pod could ever be moved"
    container = pod["spec"]["containers"][0]
    ports = {port["name"] for port in container["ports"]}
    used = {port["targetPort"] for port in parts["Service"]["ports"]}
    used |= {container[probe]["httpGet"]["port"]
             for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    if not used <= ports:
        yield f"the container has no port {used - ports}"
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    if {mount["name"] for mount in container["volumeMounts"]} != volumes:
        yield "the volumes of the pod are not those that its container mounts"


def main(folder):
    found = list(faults(pathlib.Path(folder)))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
